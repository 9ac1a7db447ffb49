from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring import folding, texts
from moderation.scoring.folding import fold

WORDS = "you are an idiot a complete moron and nobody likes stupid people so shut up scum cool good the kill fucking"
LEXICON = {word: rank for rank, word in enumerate(WORDS.split())}

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e"
LOOKS = str.maketrans("aeopcyxi", "аеорсухі")
DECORATED = str.maketrans({chr(ord("a") + i): chr(0x1D41A + i) for i in range(26)})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("y0u аre a f.u.c.k.i.n.g 1d1ot", "you are a fucking idiot"),
        ("y o u a r e a n i d i o t", "you are an idiot"),
        ("y o u  a r e  s c u m", "you are scum"),
        ("you are s-t-u-p-i-d", "you are stupid"),
        ("idiooooot, so coool", "idiot, so cool"),
        ("f**k you, a$$hole, sh!t!", "fuck you, asshole, shit!"),
        ("iDiOt", "idiot"),
        ("i\u200bd\u00adi\u2060o\u202et", "idiot"),
        ("ｉｄｉｏｔ 𝐢𝐝𝐢𝐨𝐭 🅘🅓🅘🅞🅣 ɪᴅɪᴏᴛ", "idiot idiot idiot idiot"),
        ("ì̷d̴i̸o̵t̶", "idiot"),
        ("k1ll y0urs3lf", "kill yourself"),
        ("s(t(u(p(i(d i—d—i—o—t s·t·u·p·i·d", "stupid idiot stupid"),
        ("s    t    u    p    i    d", "stupid"),
        ("s_t_u_p_i_d", "stupid"),
        ("m**or**on st[](http://a.de)upid id<b></b>iot", "moron stupid idiot"),
        ("mo\"ron id/iot stu'pid sc.um", "moron idiot stupid scum"),
        ("f--k d…mb m?r?n", "fuck dumb moron"),
        ("&#115;&#116;upid", "stupid"),
        ("#YouAreAStupidMoronShutUp", "#you are a stupid moron shut up"),
        ("youareastupidmoronshutup", "you are a stupid moron shut up"),
        ("s\u0640t\u0640upid", "stupid"),
    ],
)
def test_a_disguise_comes_off(written: str, meant: str) -> None:
    assert fold(written, LEXICON) == meant


@pytest.mark.parametrize(
    "text",
    [
        "In 2nd place after 90 minutes: 3-2, says @johnsmith.",
        "covid19 cost us $100 or 5k, not 1,000 | 2 + 2 = 4!",
        "The book is good, cool and free.",
        "Привет друзья, как дела?",
        "Das ist ganz normal.",
        "مرحبا بالعالم",
        "See https://t.co/5h1t4Ss or write to s.h.it@example.org",
        "c*nt*nt",
        "He said so - and left; she'd be well-read, they're e-mailing.",
    ],
)
def test_what_is_no_disguise_stays(text: str) -> None:
    assert fold(text, LEXICON) == text


def test_an_unknown_emoji_does_not_hide_the_word_beside_it() -> None:
    assert fold("idiot😂", {}).split() == ["idiot"]
    assert fold("you 🐷", {}).split() == ["you", "pig"]


def test_an_emoji_that_the_model_knows_stays() -> None:
    assert fold("you 🐷", {"🐷": 1}) == "you 🐷"


@given(
    st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=12),
    st.sampled_from(["invisible", "looks", "decorated", "stretched"]),
    st.data(),
)
def test_letter_disguises_come_off_any_sentence(words: list[str], trick: str, data: st.DataObject) -> None:
    disguised = " ".join(disguise(word, trick, data) for word in words)
    assert fold(disguised, LEXICON) == " ".join(words)


def disguise(word: str, trick: str, data: st.DataObject) -> str:
    if trick == "invisible":
        return "".join(letter + data.draw(st.sampled_from(ZERO_WIDTH)) for letter in word)
    if trick == "stretched":
        at = data.draw(st.integers(0, len(word) - 1))
        return word[:at] + word[at] * data.draw(st.integers(3, 9)) + word[at + 1 :]
    return word.translate(LOOKS if trick == "looks" else DECORATED)


@given(st.text(max_size=400))
def test_any_text_can_be_folded_twice_without_an_error(text: str) -> None:
    folded = fold(texts.clean(text), LEXICON)
    assert isinstance(fold(folded, LEXICON), str)


def test_the_time_grows_with_the_length_only() -> None:
    import time

    for hostile in ("a " * 10_000, "a-" * 10_000, "a" * 20_000, "*" * 20_000, "1a" * 10_000, "f*" * 10_000):
        start = time.process_time()
        fold(hostile, LEXICON)
        assert time.process_time() - start < 2


def test_cleaning_keeps_the_length() -> None:
    assert texts.clean("a\x00b\ud800c") == "a b\ufffdc"


def test_a_quotation_is_told_from_ones_own_words() -> None:
    found = texts.quotation("> you idiot\n>> and more\nI do not agree with that at all")
    assert found is not None
    assert found.own == "I do not agree with that at all"
    assert "you idiot" in found.quoted


def test_a_mark_in_front_of_everything_is_no_quotation() -> None:
    assert texts.quotation("> you idiot\nlol") is None
    assert texts.quotation("5 > 3 is true, my dear friend") is None


@pytest.mark.parametrize(
    ("text", "parent"),
    [
        ("> Well said.\n\nRude!", "Well said. And more."),
        ("> One thing.\n\nYes.\n\n> Another thing.\n\nNo.", "One thing. Something else. Another thing."),
        ("> One thing [...] the end\n\nNo.", "One thing, then more, then the end."),
        (">well SAID", "Well said."),
    ],
)
def test_what_stands_in_the_parent_is_a_quotation(text: str, parent: str) -> None:
    assert texts.quotation(text, parent) is not None


@pytest.mark.parametrize(
    ("text", "parent"),
    [
        ("> Go away, you idiot\n\nI fully agree with this.", ""),
        ("> cunt\n\nThat is what you are to me", "Scunthorpe is nice."),
        ("> 🖕🖕\n\nThat is what I think", "Anything."),
        ("> Well said.\n> you idiot\n\nI fully agree with this.", "Well said."),
    ],
)
def test_what_does_not_is_none(text: str, parent: str) -> None:
    assert texts.quotation(text, parent) is None


def test_the_fewest_words_decide_how_a_run_is_cut() -> None:
    assert folding.segment("youareanidiot", LEXICON) == ["you", "are", "an", "idiot"]
