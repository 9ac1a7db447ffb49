"""What an append-only table refuses besides UPDATE and DELETE: being emptied at a stroke."""

from __future__ import annotations

import pgtrigger


def never_emptied(name: str) -> pgtrigger.Trigger:
    """A trigger against TRUNCATE, which no trigger on rows sees. Its owner can still drop a table; the seals tell."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'pgtrigger: Cannot empty % table', TG_TABLE_NAME;",
    )
