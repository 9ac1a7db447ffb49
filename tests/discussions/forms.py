"""The form for a comment, found and filled in as a browser without JavaScript does it."""

from __future__ import annotations

from html.parser import HTMLParser

from django.test import Client

from discussions.models import Article

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
