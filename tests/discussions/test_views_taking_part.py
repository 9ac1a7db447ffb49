"""What readers do, over HTTP: as a browser without JavaScript does it."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote_plus

import pytest
from django.core import signing
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from discussions.models import Article, Comment, Notice, Reader, Report, Revision, State, Vote
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, UserFactory, move, post

pytestmark = pytest.mark.django_db

PERSON = {"name": "Ada Brook", "email": "ada@example.org"}


class FirstWritingForm(HTMLParser):
    """The first form with a textarea: its address and fields, as any program would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str], bool]] = []
        self.feed(page)
        self.action, self.fields, _writes = next(form for form in self.forms if form[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}, False))
        elif self.forms and tag in {"input", "textarea"} and "name" in given:
            action, fields, writes = self.forms[-1]
            fields[given["name"]] = given.get("value", "")
            self.forms[-1] = (action, fields, writes or tag == "textarea")


def fill(client: Client, article: Article, text: str, **fields: str):
    form = FirstWritingForm(client.get(article.get_absolute_url()).content.decode())
    return client.post(form.action, {**form.fields, "text": text, **PERSON, **fields})


def test_the_first_form_with_a_textarea_posts_a_comment(strict: Client, article: Article) -> None:
    answer = fill(strict, article, "A good idea, at night.")
    comment = Comment.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"#c{comment.pk}")
    assert (comment.state, comment.reader.name) == (State.PENDING, "Ada Brook")
    assert "A good idea, at night." in strict.get(article.get_absolute_url()).content.decode()


def test_without_the_token_nothing_is_saved_and_the_words_come_back(strict: Client, article: Article) -> None:
    answer = strict.post(f"/articles/{article.slug}/comments/", {"text": "Kept <b>words</b>", **PERSON})
    assert answer.status_code == 403
    assert "Kept &lt;b&gt;words&lt;/b&gt;" in answer.content.decode()
    assert Comment.objects.count() == 0


def test_others_do_not_see_what_is_pending(client: Client, article: Article) -> None:
    fill(client, article, "Not yet for all.")
    assert "Not yet for all." not in Client().get(article.get_absolute_url()).content.decode()


def test_a_guest_comes_back_as_the_same_reader(client: Client, article: Article) -> None:
    fill(client, article, "First thought.")
    fill(client, article, "Second thought.")
    assert Reader.objects.count() == 1
    assert Comment.objects.count() == 2


def test_another_name_is_another_guest(client: Client, article: Article) -> None:
    fill(client, article, "First thought.")
    fill(client, article, "Second thought.", name="Bo Lind")
    assert sorted(Reader.objects.values_list("name", flat=True)) == ["Ada Brook", "Bo Lind"]


def test_a_guest_who_came_first_cannot_go_on_under_the_name_of_an_account(client: Client, article: Article) -> None:
    fill(client, article, "First words.")
    AccountFactory(name="Ada Brook")
    answer = fill(client, article, "Second words.")
    assert answer.status_code == 422
    back = quote_plus(f"{article.get_absolute_url()}#write")
    words = f'goes by this name. Choose another, or <a href="/accounts/login/?next={back}">log in</a>.'
    assert words in answer.content.decode()
    assert Comment.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [("name", {"name": "Moderator"}), ("email", {"email": "ada"}), ("text", {"text": " "})],
)
def test_the_field_that_is_wrong_is_the_one_that_is_marked(
    client: Client, article: Article, field: str, typed: dict[str, str]
) -> None:
    sent = {"text": "First words.", "name": "Ada Brook", "email": "ada@example.org", **typed}
    answer = client.post(f"{article.get_absolute_url()}comments/", sent).content.decode()
    marked = re.findall(r"<(?:input|textarea)[^>]* aria-invalid=[^>]*>", answer)
    assert [re.search(r' name="(\w+)"', tag)[1] for tag in marked] == [field]
    assert all("autofocus" in tag for tag in marked)


def test_a_forged_cookie_makes_nobody(client: Client, article: Article) -> None:
    other = ReaderFactory()
    post(article, "Somebody else's pending words.", reader=other, state=State.PENDING)
    client.cookies["reader"] = str(other.pk)
    assert "Somebody else" not in client.get(article.get_absolute_url()).content.decode()


def test_sending_a_form_twice_posts_once(client: Client, article: Article) -> None:
    form = FirstWritingForm(client.get(article.get_absolute_url()).content.decode())
    sent = {**form.fields, "text": "Once.", **PERSON}
    client.post(form.action, sent)
    client.post(form.action, sent)
    assert Comment.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": "   "}, "nothing to post yet"),
        ({"text": "x" * 8001}, "8001 characters"),
        ({"name": "Moderator"}, "kept for the people who run the site"),
        ({"name": ""}, "Give a name"),
        ({"email": "nonsense"}, "e-mail address like"),
        ({"parent": "999999"}, "no longer there"),
        ({"parent": "x' OR 1=1"}, "no longer there"),
    ],
)
def test_what_is_refused_says_why_and_keeps_the_words(
    client: Client, article: Article, fields: dict[str, str], says: str
) -> None:
    answer = fill(client, article, **{"text": "Words worth keeping.", **fields})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert says in body
    assert fields.get("text", "Words worth keeping.").strip() in body
    assert Comment.objects.count() == 0
    assert Reader.objects.count() == 0 or "name" not in fields


def test_a_closed_article_keeps_the_words(client: Client, article: Article) -> None:
    form = FirstWritingForm(client.get(article.get_absolute_url()).content.decode())
    Article.objects.update(mode=Article.Mode.CLOSED)
    answer = client.post(form.action, {**form.fields, "text": "Too late for this.", **PERSON})
    assert answer.status_code == 422
    assert "Too late for this." in answer.content.decode()
    assert "closed" in answer.content.decode()


def test_nobody_is_led_to_write_under_a_closed_article(client: Client, article: Article) -> None:
    account = AccountFactory()
    client.force_login(account.user)
    root = post(article)
    mine, held = post(article, parent=root, reader=account), post(article, reader=account, state=State.HELD)
    pages = [article.get_absolute_url(), root.get_absolute_url(), mine.get_absolute_url(), "/me/"]
    places = [f"/comments/{root.pk}/reply/", f"/comments/{mine.pk}/edit/", f"/comments/{held.pk}/edit/"]
    for is_open in (True, False):
        read = "".join(client.get(page).content.decode() for page in pages)
        assert [f'href="{place}"' in read for place in places] == [is_open] * 3
        assert ("You can edit it" in read) is is_open
        assert ("This discussion is closed" in read) is not is_open
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(places[0], headers=headers).content.decode()
            assert ("<textarea" in answer) is is_open
            assert ("This discussion is closed" in answer) is not is_open
        Article.objects.update(mode=Article.Mode.CLOSED)


@override_settings(POSTS_PER_MINUTE=3)
def test_the_pace_is_limited_and_the_words_are_kept(client: Client, article: Article) -> None:
    from discussions import limits

    limits._own.cache_clear()
    answers = [
        client.post(
            f"/articles/{article.slug}/comments/",
            {"text": f"Number {number} of many.", **PERSON},
            REMOTE_ADDR="198.51.100.7",
        )
        for number in range(5)
    ]
    assert answers[0].status_code == 302
    assert answers[-1].status_code == 429
    assert "Number 4 of many." in answers[-1].content.decode()


def test_a_reply_without_javascript(client: Client, article: Article) -> None:
    root = post(article, "Who wants tea?")
    form = FirstWritingForm(client.get(f"/comments/{root.pk}/reply/").content.decode())
    answer = client.post(form.action, {**form.fields, "text": "I do.", **PERSON})
    reply = Comment.objects.get(parent=root)
    assert answer.headers["Location"] == f"/comments/{reply.pk}/"
    assert "Who wants tea?" in client.get(answer.headers["Location"]).content.decode()


def test_a_reply_with_htmx_gives_back_only_the_comment(client: Client, article: Article) -> None:
    root = post(article)
    sent = {"text": "Quietly.", "parent": root.pk, **PERSON}
    answer = client.post(f"/articles/{article.slug}/comments/", sent, headers={"HX-Request": "true"})
    body = answer.content.decode()
    assert "<html" not in body
    assert "Quietly." in body
    assert "Only you see this yet" in body


def item_of(page: str, comment: Comment) -> str:
    """A comment without answers as a page or a fragment has it, from its list item's attributes to its end."""
    found = re.search(rf'<li class="c"[^>]* id="c{comment.pk}".*?</li>', page.replace(' new" tabindex="-1"', '"'), re.S)
    assert found is not None
    return found[0]


def test_what_was_just_posted_stands_as_it_does_after_a_reload(client: Client) -> None:
    account = AccountFactory(user=UserFactory(is_staff=True))
    article = ArticleFactory(author=AccountFactory())
    client.force_login(account.user)
    htmx = {"HX-Request": "true"}
    sent = {"text": "The figures were checked on Monday."}
    posted = client.post(f"/articles/{article.slug}/comments/", sent, headers=htmx).content.decode()
    comment = Comment.objects.get()
    waiting = re.compile(rf'<li class="c own pending" id="c{comment.pk}".*?</li>', re.S)
    assert waiting.findall(posted) == waiting.findall(client.get(article.get_absolute_url()).content.decode()) != []
    move(comment, State.PUBLISHED)
    now = client.get(f"/comments/{comment.pk}/mine/", headers=htmx).content.decode()
    assert item_of(now, comment) == item_of(client.get(article.get_absolute_url()).content.decode(), comment)
    for word in ("Staff", "Reply", "Edit", "Delete"):
        assert f">{word}<" in now
    same = client.post(f"/comments/{comment.pk}/edit/", sent, headers=htmx).content.decode()
    assert item_of(same, comment) == item_of(now, comment)


def test_no_reply_reaches_into_another_article(client: Client, article: Article) -> None:
    elsewhere = post(ArticleFactory())
    answer = fill(client, article, "Across the fence.", parent=str(elsewhere.pk))
    assert answer.status_code == 422
    assert not Comment.objects.filter(parent=elsewhere).exists()


def test_hostile_words_stay_words(client: Client, article: Article) -> None:
    text = "<script>alert(1)</script> [x](javascript:alert(1)) \u202egnp"
    fill(client, article, text)
    move(Comment.objects.get(), State.PUBLISHED)
    body = client.get(article.get_absolute_url()).content.decode()
    assert "<script>alert" not in body
    assert 'href="javascript' not in body
    assert "\u202e" not in body


def test_a_name_is_never_markup(client: Client, article: Article) -> None:
    fill(client, article, "Hello there.", name="<b>Bo</b>")
    assert "<b>Bo</b>" not in client.get(article.get_absolute_url()).content.decode()


def test_a_held_comment_says_why_to_its_author_only(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, "Doubtful words.", reader=account, state=State.HELD)
    Notice.objects.create(reader=account, comment=comment, outcome="held", words="insult .83, held above .80")
    client.force_login(account.user)
    for address in (article.get_absolute_url(), comment.get_absolute_url(), "/me/"):
        # in its own direction: it is in the language of the writing, whatever the page is read in
        assert '<p dir="auto">insult .83, held above .80</p>' in client.get(address).content.decode()
    assert "held above" not in Client().get(article.get_absolute_url()).content.decode()


def test_a_withdrawn_statement_is_not_shown(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account, state=State.HELD)
    Notice.objects.create(
        reader=account, comment=comment, outcome="held", words="an old reason", withdrawn_at=timezone.now()
    )
    client.force_login(account.user)
    assert "an old reason" not in client.get("/me/").content.decode()


def test_editing_scores_again_and_keeps_every_revision(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, "The first wording.", reader=account)
    client.force_login(account.user)
    assert "The first wording." in client.get(f"/comments/{comment.pk}/edit/").content.decode()
    client.post(f"/comments/{comment.pk}/edit/", {"text": "The second wording."})
    comment.refresh_from_db()
    assert (comment.state, comment.revision) == (State.PENDING, 2)
    assert Revision.objects.filter(comment=comment).count() == 2
    assert "The first wording." in Client().get(article.get_absolute_url()).content.decode()


def test_after_the_window_the_edit_is_refused_with_the_words_kept(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account)
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=2))
    client.force_login(account.user)
    answer = client.post(f"/comments/{comment.pk}/edit/", {"text": "Much later."})
    assert answer.status_code == 422
    assert "Much later." in answer.content.decode()


def test_a_refused_comment_can_be_repaired_by_its_author(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account, state=State.REJECTED)
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=2))
    client.force_login(account.user)
    client.post(f"/comments/{comment.pk}/edit/", {"text": "Put more kindly."})
    comment.refresh_from_db()
    assert comment.state == State.PENDING


def test_deleting_asks_first_and_leaves_a_tombstone(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, "Words I regret.", reader=account)
    post(article, "An answer.", parent=comment)
    client.force_login(account.user)
    assert "Delete this comment?" in client.get(f"/comments/{comment.pk}/delete/").content.decode()
    client.post(f"/comments/{comment.pk}/delete/")
    body = Client().get(article.get_absolute_url()).content.decode()
    assert "Deleted by its author." in body
    assert "Words I regret." not in body


@pytest.mark.parametrize("what", ["edit", "delete", "mine"])
def test_nobody_touches_the_comment_of_another(client: Client, article: Article, what: str) -> None:
    comment = post(article, reader=AccountFactory())
    client.force_login(AccountFactory().user)
    assert client.get(f"/comments/{comment.pk}/{what}/").status_code == 404
    if what != "mine":
        assert client.post(f"/comments/{comment.pk}/{what}/", {"text": "Not mine."}).status_code == 404
    comment.refresh_from_db()
    assert (comment.state, comment.revision) == (State.PUBLISHED, 1)


def test_a_recommendation_counts_once_and_can_be_taken_back(client: Client, article: Article) -> None:
    comment = post(article)
    client.force_login(AccountFactory().user)
    address, as_json = f"/comments/{comment.pk}/vote/", {"Accept": "application/json"}
    assert client.post(address, headers=as_json).json() == {"voted": True, "votes": 1}
    assert client.post(address, headers=as_json).json() == {"voted": False, "votes": 0}
    assert client.post(address).status_code == 302
    assert Vote.objects.filter(comment=comment).count() == 1


def vote_as(reader: Reader, comment: Comment, address: str = "198.51.100.40") -> int:
    """The number of recommendations after one more, from an address."""
    who = Client()
    if reader.user:
        who.force_login(reader.user)
    else:
        who.cookies["reader"] = signing.dumps(reader.pk, salt="parley.guest")
    answer = who.post(f"/comments/{comment.pk}/vote/", headers={"Accept": "application/json"}, REMOTE_ADDR=address)
    return int(answer.json()["votes"])


def test_many_names_at_one_address_are_one_voice(article: Article) -> None:
    comment, other = post(article), post(article)
    guests = [ReaderFactory() for _number in range(3)]
    assert [vote_as(guest, comment) for guest in guests] == [1, 1, 1]
    assert vote_as(ReaderFactory(), comment, "198.51.100.41") == 2
    assert vote_as(guests[0], other) == 1
    assert vote_as(guests[0], comment) == 2  # taken back: the next of them is heard
    assert vote_as(guests[1], comment) == 2
    assert vote_as(guests[2], comment) == 1


def test_a_household_with_accounts_is_heard_up_to_three(article: Article) -> None:
    comment = post(article)
    assert [vote_as(AccountFactory(), comment) for _number in range(5)] == [1, 2, 3, 3, 3]
    assert vote_as(ReaderFactory(), comment) == 3


@override_settings(SIGNAL_DAYS=0)
def test_where_no_signals_are_wanted_none_is_kept(article: Article) -> None:
    comment = post(article)
    assert [vote_as(ReaderFactory(), comment) for _number in range(2)] == [1, 2]
    assert not Vote.objects.exclude(origin="").exists()


def test_where_a_vote_came_from_cannot_be_followed_to_another_comment(article: Article) -> None:
    guest = ReaderFactory()
    for comment in (post(article), post(article)):
        vote_as(guest, comment)
    origins = set(Vote.objects.values_list("origin", flat=True))
    assert len(origins) == 2
    assert all(len(origin) == 32 for origin in origins)


def test_strangers_and_authors_do_not_recommend(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account)
    stranger = client.post(f"/comments/{comment.pk}/vote/")
    assert stranger.status_code == 422
    log_in = f"/accounts/login/?next={quote_plus(article.get_absolute_url())}%23c{comment.pk}"
    words = f'<a href="{log_in}">Log in</a>, or <a href="{article.get_absolute_url()}#write">post once under a name</a>'
    assert words in stranger.content.decode()
    told = client.post(f"/comments/{comment.pk}/vote/", headers={"Accept": "application/json"}).json()
    assert told["error"] == "Log in, or post once under a name, to recommend comments."
    assert words in told["html"]
    client.force_login(account.user)
    assert client.post(f"/comments/{comment.pk}/vote/").status_code == 422
    assert Vote.objects.count() == 0


def test_a_report_reaches_the_desk(client: Client, article: Article) -> None:
    comment = post(article)
    assert re.search(r'<textarea[^>]* dir="auto"', client.get(f"/comments/{comment.pk}/report/").content.decode())
    answer = client.post(f"/comments/{comment.pk}/report/", {"reason": "insult", "words": "Look at the end."})
    assert "Thank you" in answer.content.decode()
    report = Report.objects.get()
    assert (report.reason, report.words, report.revision) == ("insult", "Look at the end.", 1)


def test_strangers_reports_are_kept_apart_and_the_same_one_is_kept_once(client: Client, article: Article) -> None:
    comment = post(article)
    address = f"/comments/{comment.pk}/report/"
    for form in ({"reason": "spam"}, {"reason": "spam"}, {"reason": "illegal", "words": "A threat.", "honest": "on"}):
        Client().post(address, form)
    assert sorted(Report.objects.values_list("reason", flat=True)) == ["illegal", "spam"]
    Report.objects.update(handled_at=timezone.now())
    Client().post(address, {"reason": "spam"})
    assert Report.objects.filter(handled_at=None).count() == 1


def test_a_notice_of_illegal_content_needs_its_statement(client: Client, article: Article) -> None:
    comment = post(article)
    answer = client.post(f"/comments/{comment.pk}/report/", {"reason": "illegal", "words": ""})
    assert answer.status_code == 422
    assert Report.objects.count() == 0
    signed = {"notifier_name": "Ada Marsh", "notifier_email": "ada@example.org"}
    whole = {"reason": "illegal", "words": "A threat.", "honest": "on", **signed}
    refused = client.post(f"/comments/{comment.pk}/report/", whole | {"notifier_email": "ada"})
    assert refused.status_code == 422
    client.post(f"/comments/{comment.pk}/report/", whole)
    assert Report.objects.values("reason", *signed).get() == {"reason": "illegal", **signed}


def test_who_reports_anything_else_is_not_kept(client: Client, article: Article) -> None:
    comment = post(article)
    typed = {"reason": "spam", "notifier_name": "Ada Marsh", "notifier_email": "ada"}
    assert client.post(f"/comments/{comment.pk}/report/", typed).status_code == 200
    assert Report.objects.values_list("notifier_name", "notifier_email").get() == ("", "")


@pytest.mark.parametrize("what", ["vote", "report"])
def test_what_cannot_be_read_cannot_be_judged(client: Client, article: Article, what: str) -> None:
    comment = post(article, state=State.HELD)
    assert client.post(f"/comments/{comment.pk}/{what}/", {"reason": "spam"}).status_code == 404


def test_ones_own_page_shows_every_comment_with_its_state(client: Client, article: Article) -> None:
    account = AccountFactory()
    for state in (State.PUBLISHED, State.HELD, State.REJECTED, State.PENDING):
        post(article, f"This one is {state}.", reader=account, state=state)
    client.force_login(account.user)
    body = client.get("/me/").content.decode()
    for state in (State.PUBLISHED, State.HELD, State.REJECTED, State.PENDING):
        assert f"This one is {state}." in body


def test_ones_own_page_asks_strangers_to_log_in(client: Client) -> None:
    assert client.get("/me/").headers["Location"].startswith("/accounts/login/")


def test_when_the_database_is_away_the_words_come_back(client: Client, article: Article, monkeypatch) -> None:
    from django.db import OperationalError

    def away(**_kwargs: object) -> None:
        raise OperationalError("the server is gone")

    monkeypatch.setattr("discussions.posting.post", away)
    answer = client.post(f"/articles/{article.slug}/comments/", {"text": "Do not lose me.", **PERSON})
    assert answer.status_code == 503
    assert "Do not lose me." in answer.content.decode()
    assert connection.is_usable()


def test_a_newcomers_form_sent_twice_makes_one_comment_that_is_theirs(article: Article) -> None:
    form = FirstWritingForm(Client().get(article.get_absolute_url()).content.decode())
    sent = {**form.fields, "text": "Pressed twice.", **PERSON}
    sent.pop("csrfmiddlewaretoken")
    Client().post(form.action, sent)  # its answer never arrived
    again = Client()
    answer = again.post(form.action, sent)
    comment = Comment.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"#c{comment.pk}")
    assert Reader.objects.count() == 1
    assert again.get(f"/comments/{comment.pk}/edit/").status_code == 200


def test_a_guest_whose_words_are_refused_is_not_kept(client: Client, article: Article) -> None:
    Article.objects.update(mode="closed")
    assert fill_closed(client, article).status_code == 422
    assert not Reader.objects.exists()


def fill_closed(client: Client, article: Article):
    return client.post(f"/articles/{article.slug}/comments/", {"text": "Too late.", **PERSON})
