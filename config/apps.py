"""The project's own app: it only brings the system checks."""

from django.apps import AppConfig


class ParleyConfig(AppConfig):
    name = "config"
    label = "parley"

    def ready(self) -> None:
        from config import celery, checks  # noqa: F401  (the app that wake-ups use; the checks register themselves)
