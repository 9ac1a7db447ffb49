"""Whether somebody may take part. Who decides that stands above this floor and is named in the settings."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from discussions.models import Reader


def is_barred(reader: Reader) -> bool:
    """Whether the reader is shut out at present. READERS_BARRED_BY names the function that knows; "" bars nobody."""
    name = settings.READERS_BARRED_BY
    return bool(name and import_string(name)(reader))
