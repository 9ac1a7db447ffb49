"""People: login accounts, and the readers who speak."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from discussions import names


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Save a login account. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Save an administrator: every right at the desk and in Django's admin.

        Whoever can do this holds the machine, so the address counts as confirmed: the first administrator must be able
        to log in before any mail is sent.
        """
        from allauth.account.models import EmailAddress  # its models need this one first

        with transaction.atomic(using=self._db):
            user = self.create_user(email, password, is_staff=True, is_superuser=True, **extra)
            EmailAddress.objects.using(self._db).create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A login account, known by its e-mail address. What it may do at the desk is said by moderation's roles."""

    email = models.EmailField(_("e-mail"), unique=True)
    is_staff = models.BooleanField(_("works for the site"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_whatever_the_case")]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()


class Reader(models.Model):
    """Whoever speaks under an article: an account's public face, a guest, or a name from an imported page."""

    class Kind(models.TextChoices):
        ACCOUNT = "account", _("account")
        GUEST = "guest", _("guest")
        IMPORTED = "imported", _("imported")

    kind = models.CharField(max_length=8, choices=Kind)
    user = models.OneToOneField(User, models.CASCADE, null=True, blank=True, related_name="reader")
    name = models.CharField(_("name"), max_length=60)
    name_key = models.CharField(max_length=60, editable=False)
    email = models.EmailField(_("e-mail"), blank=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    # In which they last took part; mails are written in it. Empty while it is not known.
    language = models.CharField(_("language"), max_length=8, blank=True, default="", db_default="")
    # When the last mail about all that is followed once a day was saved.
    digest_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("reader")
        verbose_name_plural = _("readers")
        indexes = [
            models.Index(fields=["name_key"], name="reader_name_key"),
            models.Index(Lower("email"), name="reader_email", condition=~models.Q(email="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="account", user__isnull=False)
                | models.Q(kind__in=["guest", "imported"], user__isnull=True),
                name="reader_account_has_a_user",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="reader_has_a_name"),
            models.UniqueConstraint(
                fields=["name_key"],
                condition=models.Q(kind="account"),
                name="reader_account_names_are_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = names.key(self.name)[:60]
        super().save(*args, **kwargs)

    @property
    def is_staff(self) -> bool:
        """Whether the name stands for the site itself (shown as a badge)."""
        return self.user is not None and self.user.is_staff
