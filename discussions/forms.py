"""What readers fill in. Rules live in posting.py; these only carry what was typed there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from discussions import languages, mail, markup, names, traces
from discussions.models import Article, Comment, Reader, Report, User


@dataclass(slots=True)
class Draft:
    """The comment form: what was typed, by whom, in answer to what, and what was wrong with it."""

    article: Article
    text: str = ""
    name: str = ""
    email: str = ""
    parent: Comment | None = None
    form_key: str = ""
    error: str = ""
    code: str = ""
    reader: Reader | None = None
    lacks_account: bool = False  # the form was made for an account that is no longer logged in

    @classmethod
    def blank(cls, article: Article, reader: Reader | None, parent: Comment | None = None) -> Draft:
        """An empty form with a key of its own, so that sending it twice posts once."""
        return cls(
            article,
            name=reader.name if reader else "",
            email=reader.email if reader else "",
            parent=parent,
            form_key=str(uuid4()),
            reader=reader,
        )

    @classmethod
    def typed(cls, request: HttpRequest, article: Article, reader: Reader | None) -> Draft:
        """What a request brings; nothing is checked yet. Browsers send line ends as CRLF."""
        sent = request.POST
        return cls(
            article,
            text=sent.get("text", "").replace("\r\n", "\n"),
            name=sent.get("name", ""),
            email=sent.get("email", ""),
            form_key=sent.get("form_key", ""),
            reader=reader,
            lacks_account=reader is None and "name" not in sent,
        )

    @property
    def key(self) -> UUID | None:
        try:
            return UUID(self.form_key)
        except ValueError:
            return None

    @property
    def needs_name(self) -> bool:
        """Whether the form asks for name and address: from everybody but accounts."""
        if self.lacks_account:
            return False
        return self.reader is None or self.reader.kind != Reader.Kind.ACCOUNT

    @property
    def wrong_field(self) -> str:
        """The field that the error is about: "name", "email", or "text" where it is about neither; "" without one."""
        named = self.code.partition("_")[0]
        return (named if named in {"name", "email"} else "text") if self.error else ""

    @property
    def most_chars(self) -> int:
        return int(settings.COMMENT_MAX_CHARS)

    @property
    def field_id(self) -> str:
        """Tells the forms of one page apart."""
        return f"reply-{self.parent.pk}" if self.parent else "write"


class ReportForm(forms.Form):
    """A reader's report. For illegal content the law (EU 2022/2065, Article 16) asks for more than a reason."""

    reason = forms.ChoiceField(label=_("What is wrong?"), choices=Report.Reason, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your words"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("For illegal content: say why it is illegal."),
    )
    notifier_name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    notifier_email = forms.EmailField(
        label=_("Your e-mail address"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("The law asks who reports. Leave both empty where it is about the abuse of children."),
    )
    honest = forms.BooleanField(
        label=_("I believe in good faith that what I report is true and complete."), required=False
    )

    @classmethod
    def about(cls, comment: Comment, sent: QueryDict | None = None) -> ReportForm:
        """The form for one comment: several stand open on a page, so each has ids of its own."""
        return cls(sent, auto_id=f"report-{comment.pk}-%s")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("reason") == Report.Reason.ILLEGAL:
            if not data.get("words", "").strip():
                self.add_error("words", _("Say why you think it is illegal, so that it can be judged."))
            if not data.get("honest"):
                self.add_error("honest", _("A notice of illegal content needs this statement."))
            if address := data.get("notifier_email"):
                try:
                    mail.check_sendable(address)
                except ValidationError as error:
                    self.add_error("notifier_email", error)
        else:  # nobody is asked who they are for anything else
            for name in ("notifier_name", "notifier_email"):
                data[name] = ""
                self.errors.pop(name, None)
        return data


class SignupForm(forms.Form):
    """The public name, asked for beside address and password. allauth builds its own form on this one."""

    name = forms.CharField(
        label=_("Public name"),
        max_length=60,
        help_text=_("Stands above everything you write."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )

    def clean_name(self) -> str:
        name = " ".join(markup.clean(self.cleaned_data["name"]).split())
        if not names.key(name):
            raise ValidationError(_("Give a name with letters or digits in it."))
        if names.is_reserved(name):
            raise ValidationError(_("This name is kept for the people who run the site. Choose another."))
        if Reader.objects.filter(name_key__in=names.keys(name), kind=Reader.Kind.ACCOUNT).exists():
            raise ValidationError(_("Somebody already goes by this name. Choose another."))
        return name

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account is saved."""
        reader, _new = Reader.objects.get_or_create(
            user=user, defaults={"kind": Reader.Kind.ACCOUNT, "name": self.cleaned_data["name"]}
        )
        traces.leave(request, reader)
        languages.note(reader)
