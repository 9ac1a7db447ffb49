"""The door with the real checkpoint behind it, and the double held to the same contract."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation import scoring
from moderation.scoring import checkpoints
from tests.doubles import scoring as double
from tests.moderation.scoring.contract import KIND, ODD, RUDE, DoorContract


class TestTheRealDoor(DoorContract):
    @pytest.fixture
    def door(self) -> ModuleType:
        return scoring


class TestTheDouble(DoorContract):
    @pytest.fixture
    def door(self) -> ModuleType:
        return double


def toxicity(text: str) -> float:
    return scoring.score([text])[0].labels["toxicity"]


def test_toxicity_in_the_last_sentence_of_a_long_comment_counts() -> None:
    long = KIND * 60 + " " + RUDE
    (answer,) = scoring.score([long])
    assert answer.windows > 1
    assert answer.labels["toxicity"] > 0.5


@pytest.mark.parametrize(
    "disguised",
    [
        "y0u 4r3 4n 1d10t, 4 c0mpl3t3 1d10t.",
        "Yоu аrе аn іdіоt, а соmрlеtе іdіоt.",
        "You are an i\u200bd\u200bi\u200bo\u200bt, a complete i\u200bd\u200bi\u200bo\u200bt.",
        "You are an i d i o t, a complete i d i o t.",
        "You are an i.d.i.o.t, a complete i-d-i-o-t.",
        "YOU ARE AN IDIOT, A COMPLETE IDIOT.",
        "yOu ArE aN iDiOt, A cOmPlEtE iDiOt.",
        "You are an idiooooot, a complete idiiiiiot.",
        "𝐘𝐨𝐮 𝐚𝐫𝐞 𝐚𝐧 𝐢𝐝𝐢𝐨𝐭, 𝐚 𝐜𝐨𝐦𝐩𝐥𝐞𝐭𝐞 𝐢𝐝𝐢𝐨𝐭.",
    ],
)
def test_a_disguise_does_not_lower_a_verdict_to_publish(disguised: str) -> None:
    assert toxicity(RUDE) > 0.5
    assert toxicity(disguised) > 0.5


def test_the_folded_copy_is_kept_beside_the_text_as_written() -> None:
    (answer,) = scoring.score(["You are an 1d1ot, a complete 1d1ot."])
    assert answer.folded is not None
    highest = {label: max(answer.plain[label], answer.folded[label]) for label in answer.plain}
    assert answer.labels == highest


def test_nothing_is_folded_where_nothing_is_hidden() -> None:
    assert scoring.score([RUDE])[0].folded is None


def test_quoted_abuse_counts_less_than_ones_own() -> None:
    answer = f"> {RUDE}\n\nThat is no way to talk to each other here."
    assert toxicity(answer) < 0.5 < scoring.score([answer])[0].plain["toxicity"] + 0.5


def test_an_invented_quotation_counts_in_full() -> None:
    text = f"> {RUDE}\n\nThat is no way to talk to each other here."
    invented, real = scoring.score([text, text], parents=[KIND, f"Hello! {RUDE}"])
    assert invented.labels == invented.plain
    assert real.labels["toxicity"] < invented.labels["toxicity"]


def test_the_text_is_also_scored_after_its_parent() -> None:
    (answer,) = scoring.score([KIND], parents=[RUDE])
    assert answer.context is not None
    assert answer.labels == answer.plain


@pytest.mark.parametrize(
    "text",
    [
        "Ты просто идиот и больше никто.",
        "Das ist doch alles Quatsch, was du da schreibst, du Vollidiot.",
        "你是一个白痴",
        "Ce gouvernement est nul et les ministres sont des menteurs.",
    ],
)
def test_a_language_the_checkpoint_does_not_know_is_said_so(text: str) -> None:
    (answer,) = scoring.score([text])
    assert answer.language != "en"
    assert not answer.language_known


@pytest.mark.parametrize("text", ["hello", "", "😀😀", "lol wtf", "12345", "https://example.org/über"])
def test_a_text_too_short_to_tell_counts_as_known(text: str) -> None:
    (answer,) = scoring.score([text])
    assert answer.language is None
    assert answer.language_known


def test_english_is_recognised() -> None:
    assert scoring.score(["I think the mayor was right about this one."])[0].language == "en"


def test_a_text_that_is_not_read_to_its_end_says_so() -> None:
    (answer,) = scoring.score(["word " * 30_000])
    assert not answer.complete


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.text(max_size=300), st.sampled_from(ODD)), min_size=1, max_size=4))
def test_no_text_crashes_or_stalls_the_engine(texts: list[str]) -> None:
    start = time.process_time()
    answers = scoring.score(texts)
    assert len(answers) == len(texts)
    assert time.process_time() - start < 5


def test_twenty_kilobytes_take_bounded_time() -> None:
    scoring.warm_up()
    for text in ("a " * 10_000, "你" * 6_800, "🖕" * 5_000, "x" * 20_480, "\u0300" * 10_000, "> a\n" * 5_000):
        start = time.process_time()
        scoring.score([text])
        assert time.process_time() - start < 30


def test_a_checkpoint_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(scoring.CheckpointError, match="There is no checkpoint called 'nowhere'"):
        scoring.score([KIND], checkpoint="nowhere")


def test_a_label_the_checkpoint_does_not_have_cannot_be_explained() -> None:
    with pytest.raises(ValueError, match="sexual_explicit"):
        scoring.explain(RUDE, label="sexual_explicit")


@pytest.mark.parametrize("label", ["toxicity", "insult"])
def test_explaining_a_rude_sentence_marks_the_rude_word(label: str) -> None:
    text = f"{KIND} {RUDE}"
    marked = {text[span.begin : span.end] for span in scoring.explain(text, label=label)}
    assert any("idiot" in passage for passage in marked)
    assert not any("article" in passage for passage in marked)


def test_the_bundled_checkpoint_holds_no_pickle_and_is_small() -> None:
    files = list((checkpoints.BUNDLED / "compact").iterdir())
    assert {file.suffix for file in files} <= {".json", ".safetensors", ".txt", ".md"}
    assert sum(file.stat().st_size for file in files) <= 50_000_000


def test_a_cascade_asks_the_large_checkpoint_about_the_band_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large"
    shutil.copytree(checkpoints.BUNDLED / "compact", large)
    monkeypatch.setenv("PARLEY_CHECKPOINT", f"{large}/")
    monkeypatch.setenv("PARLEY_CASCADE", "compact")
    (settled,) = scoring.score([KIND])
    assert settled.checkpoint == "compact"
    monkeypatch.setenv("PARLEY_CASCADE_BAND", "0,1")
    (asked,) = scoring.score([KIND])
    assert asked.checkpoint == f"{large}/"
    monkeypatch.setenv("PARLEY_CASCADE_BAND", "wide")
    with pytest.raises(scoring.CheckpointError, match="two numbers"):
        scoring.score([KIND])


def test_a_mark_in_front_hides_nothing_where_nothing_is_answered() -> None:
    quoted, plain = scoring.score([f"> {RUDE}\n\nI fully agree with this.", RUDE], parents=["", ""])
    assert quoted.labels["toxicity"] == quoted.plain["toxicity"] > 0.6 < plain.labels["toxicity"]


@pytest.mark.parametrize("text", ["Он говно и сука", "нет, он говно"])
def test_foreign_words_whose_letters_look_latin_are_no_english(text: str) -> None:
    assert not scoring.score([text])[0].language_known


def test_one_character_that_stands_for_many_does_not_make_a_text_endless() -> None:
    (answer,) = scoring.score(["\ufdfa" * 2_000])
    assert not answer.complete


@pytest.mark.parametrize("text", ["vaffanculo stronzo", "siktir lan orospu cocugu", "fils de pute"])
def test_a_foreign_text_too_short_to_name_is_not_known(text: str) -> None:
    (answer,) = scoring.score([text])
    assert (answer.language, answer.foreign, answer.language_known) == (None, "und", False)


def test_a_foreign_part_of_an_english_text_is_named() -> None:
    padding = "The council met on Tuesday to discuss the budget for parks and libraries. " * 2
    hidden = "Du bist ein dummes Arschloch und deine Mutter ist eine Hure, verpiss dich endlich."
    (answer,) = scoring.score([padding + hidden])
    assert (answer.language, answer.foreign, answer.language_known) == ("en", "de", False)


@pytest.mark.parametrize(
    "text",
    [
        "lol",
        "OK, thanks!",
        "Scunthorpe!",
        "¯\\_(ツ)_/¯",
        "The Kunsthalle in Hamburg shows Beckmann and Dix.",
        "👍👍",
    ],
)
def test_names_and_short_words_are_not_foreign(text: str) -> None:
    assert scoring.score([text])[0].language_known


@pytest.mark.parametrize(
    "code", ["cddfdfdc5f88759012243470aa81afa5", "4f0e941d0e6aee1f91c14142b706ae84", "B1TCH-55-XQ7ZWQ"]
)
def test_codes_are_in_no_language(code: str) -> None:
    assert scoring.score([f"You idiot, {code}. Really, {code}!"])[0].language_known
