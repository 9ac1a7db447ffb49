"""How allauth behaves here: links from the settings, no word about who has an account."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from discussions import languages, limits, mail
from discussions.models import Reader, User


def used_second_factor(request: HttpRequest) -> bool:
    """A second factor is set up, and this very session was opened with it."""
    methods = request.session.get("account_authentication_methods") or []
    return is_mfa_enabled(request.user) and any(record.get("method") == "mfa" for record in methods)


def runs_the_site(request: HttpRequest) -> bool:
    """Whether somebody with an office asks, with the second factor where the settings want one."""
    if not (request.user.is_authenticated and request.user.is_staff):
        return False
    return not settings.STAFF_NEED_SECOND_FACTOR or used_second_factor(request)


def gave_password_lately(request: HttpRequest) -> bool:
    """Whether the account's password, or its second factor, was asked for again within the last five minutes."""
    return bool(did_recently_reauthenticate(request))


def log_in_address(back: str) -> str:
    """Where to log in, and then to come back to a page of this site."""
    return reverse("account_login", query={"next": back})


def public_name(user: User) -> str:
    """What the account pages and mails call somebody: the name that stands above what they write."""
    name = Reader.objects.filter(user=user).values_list("name", flat=True).first()
    return name or user.email


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's door to this site."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True

    def clean_email(self, email: str) -> str:
        """Addresses are compared and stored in lower case."""
        cleaned = str(super().clean_email(email)).lower()
        mail.check_sendable(cleaned)
        return cleaned

    def get_client_ip(self, request: HttpRequest) -> str:
        """Log-in limits count the same address as all others do: behind a proxy not the proxy's, and no forged one."""
        return limits.client_address(request)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Absolute links come from the settings, never from the Host a request claims.

        The link leads on to the page from which somebody joined: the browser that signed up is logged in by it, another
        one comes to the log-in first.
        """
        back = get_next_redirect_url(request)
        query = {"next": log_in_address(back)} if back else None
        return f"{settings.SITE_URL}" + reverse("account_confirm_email", args=[emailconfirmation.key], query=query)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """As above, for the link that resets a password."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.SITE_URL}" + path.replace("UID-KEY", quote(key))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails name the site, and its doors, as the settings do, whatever host a request claimed.

        They speak the reader's language.
        """
        doors = {
            name: settings.SITE_URL + reverse(view)
            for name, view in (
                ("join_link", "account_signup"),
                ("log_in_link", "account_login"),
                ("reset_link", "account_reset_password"),
            )
        }
        user = context.get("user")
        reader = Reader.objects.filter(user=user).first() if user is not None else None
        with languages.speaking_to(reader or Reader(), otherwise=languages.active()):
            super().send_mail(template_prefix, email, {**context, **doors, "site_name": settings.SITE_NAME})
