"""Shares as percentages."""

from __future__ import annotations

from django import template
from django.template.defaultfilters import floatformat

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """0.123 -> "12.3 %" (0..1)."""
    return f"{floatformat(100 * share, 1)}\N{NO-BREAK SPACE}%"
