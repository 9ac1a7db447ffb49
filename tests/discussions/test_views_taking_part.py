"""What readers do, over HTTP: as a browser without JavaScript does it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client, override_settings

from discussions.models import Article, Comment, Reader, State
from tests.discussions.forms import PERSON, FirstWritingForm, fill
from tests.factories.discussions import AccountFactory, ArticleFactory, UserFactory, move, post

pytestmark = pytest.mark.django_db


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
    assert Reader.objects.count() == 0


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


def test_when_the_database_is_away_the_words_come_back(client: Client, article: Article, monkeypatch) -> None:
    from django.db import OperationalError

    def away(**_kwargs: object) -> None:
        raise OperationalError("the server is gone")

    monkeypatch.setattr("discussions.posting.post", away)
    answer = client.post(f"/articles/{article.slug}/comments/", {"text": "Do not lose me.", **PERSON})
    assert answer.status_code == 503
    assert "Do not lose me." in answer.content.decode()
    assert connection.is_usable()
