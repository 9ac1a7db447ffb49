"""The desk's pages on scoring for other systems: keys and their use, and what old thresholds mean on our scores."""

from __future__ import annotations

from datetime import timedelta
from io import TextIOWrapper
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import F, Q, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation import ask, roles, scoring
from moderation.models import ApiKey, Score, Suggestion, ThresholdTable, Worker
from moderation.perspective import keys, thresholds
from moderation.perspective.attributes import SERVED
from moderation.perspective.service import primary
from moderation.views.access import DeskRequest, desk

MOST_UPLOADED = 500  # texts that are scored while somebody waits; more is for `manage.py map_thresholds`
RECENT_SCORES = 20_000
_POSTED = ("GET", "HEAD", "POST")


class KeyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Who will use it"), max_length=100)
    per_second = forms.IntegerField(label=gettext_lazy("Requests per second"), min_value=1, initial=100)
    per_day = forms.IntegerField(
        label=gettext_lazy("Requests per day"), min_value=1, required=False, help_text=gettext_lazy("Empty: no limit.")
    )


class ThresholdForm(forms.Form):
    """Either a CSV with old scores, or the share that an old threshold held."""

    attribute = forms.ChoiceField(label=gettext_lazy("Attribute"), choices=[(name, name) for name in SERVED])
    old = forms.CharField(label=gettext_lazy("Old thresholds"), initial="0.7, 0.8, 0.9", max_length=100)
    share = forms.FloatField(
        label=gettext_lazy("Share of comments that reached it, in percent"),
        min_value=0.01,
        max_value=99.99,
        required=False,
        help_text=gettext_lazy("For one threshold. Compared with the site's own scored comments."),
    )
    csv = forms.FileField(
        label=gettext_lazy("Or a CSV of texts and their old scores"),
        required=False,
        help_text=gettext_lazy("Columns text and score, at most 500 texts; for more: manage.py map_thresholds."),
    )


@desk(roles.ADMINISTER, methods=_POSTED)
def key_page(request: DeskRequest) -> HttpResponse:
    """Every key with its use; a new one is shown once, in the answer to the form."""
    form, fresh = KeyForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            _row, fresh = keys.create(**form.cleaned_data, by=request.user.email)
            form = KeyForm()
        except keys.KeyProblem as error:
            form.add_error("name", str(error))
    context = {
        "title": _("Scoring for others"),
        "name": "perspective",
        "form": form,
        "fresh": fresh,
        "keys": _with_use(),
        "address": f"{settings.SITE_URL.rstrip('/')}/v1alpha1",
        "unknown_languages": unknown_languages(),
        "drops": settings.PERSPECTIVE_DROP_UNSERVABLE,
        "suggestions": Suggestion.objects.count(),
    }
    return render(request, "moderation/perspective/keys.html", context)


@desk(roles.ADMINISTER, methods=("POST",))
def revoke(request: DeskRequest, key_id: int) -> HttpResponse:
    """End a key's use."""
    key = ApiKey.objects.filter(pk=key_id, revoked_at__isnull=True).first()
    if key is not None:
        keys.revoke(name=key.name)
    return redirect("desk_perspective")


@desk(roles.ADMINISTER, methods=_POSTED)
def threshold_page(request: DeskRequest) -> HttpResponse:
    """The newest table of each attribute, and the form that makes one."""
    form = ThresholdForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _make_table(form.cleaned_data)
            return redirect("desk_perspective_thresholds")
        except thresholds.CsvProblem as error:
            form.add_error(None, str(error))
        except ask.Unavailable:
            form.add_error(None, _("No scoring worker answered in time. Try again, or with fewer texts."))
    evidence = [one for one in Suggestion.objects.evidence(newest=RECENT_SCORES) if one.ours is not None]
    newest = ThresholdTable.objects.order_by("attribute", "-id").distinct("attribute")
    context = {"title": _("Thresholds"), "name": "perspective", "form": form, "tables": newest}
    context["judged"] = len(evidence)
    context["verdicts"] = thresholds.verdicts([one.ours or 0.0 for one in evidence], [one.said for one in evidence])
    return render(request, "moderation/perspective/thresholds.html", context)


def _with_use() -> list[ApiKey]:
    """Keys in use first, each with what it was asked today and in the last 30 days."""
    today = timezone.now().date()
    month = Q(usage__day__gt=today - timedelta(days=30))
    return list(
        ApiKey.objects.annotate(
            today=Sum("usage__answered", filter=Q(usage__day=today), default=0),
            month=Sum("usage__answered", filter=month, default=0),
            refused=Sum("usage__refused", filter=month, default=0),
        ).order_by(F("revoked_at").asc(nulls_first=True), "id")
    )


def unknown_languages() -> list[str]:
    """Languages that are accepted by setting though the checkpoint at work was not trained on them."""
    workers = Worker.objects.ready()
    if not settings.PERSPECTIVE_LANGUAGES or not workers:
        return list(settings.PERSPECTIVE_LANGUAGES)
    try:
        known = ask.languages(workers[0].checkpoint)
    except scoring.CheckpointError:
        return list(settings.PERSPECTIVE_LANGUAGES)
    return [code for code in settings.PERSPECTIVE_LANGUAGES if primary(code) not in known]


def _make_table(given: dict[str, Any]) -> None:
    """Raises CsvProblem with words for the form, or ask.Unavailable."""
    limits = thresholds.parse_thresholds(given["old"])
    if given["csv"] is not None:
        rows, count, checkpoint = _from_csv(given, limits)
    elif given["share"] is not None:
        if len(limits) != 1:
            raise thresholds.CsvProblem(_("Name one old threshold, the one whose share you know."))
        rows, count, checkpoint = _from_share(given, limits[0])
    else:
        raise thresholds.CsvProblem(_("Give the share that the threshold held, or a CSV."))
    ThresholdTable.objects.create(
        attribute=given["attribute"],
        rows=[row.as_json() for row in rows],
        texts=count,
        checkpoint=checkpoint,
        source=given["csv"].name[:200] if given["csv"] is not None else _("this site's comments"),
    )


def _from_csv(given: dict[str, Any], limits: list[float]) -> tuple[list[thresholds.Row], int, str]:
    stream = TextIOWrapper(given["csv"].file, encoding="utf-8-sig", newline="")
    texts, old = thresholds.read_csv(stream, most=MOST_UPLOADED)
    label = SERVED[given["attribute"]]
    found = [one for start in range(0, len(texts), 16) for one in ask.scores(texts[start : start + 16], patience=10)]
    if label not in found[0]["labels"]:
        raise thresholds.CsvProblem(_("The loaded checkpoint does not score this attribute."))
    ours = [one["labels"][label] for one in found]
    return thresholds.table(old, ours, limits), len(texts), str(found[0]["checkpoint"])


def _from_share(given: dict[str, Any], old: float) -> tuple[list[thresholds.Row], int, str]:
    label = SERVED[given["attribute"]]
    recent = Score.objects.order_by("-id").values_list(f"labels__{label}", "checkpoint")[:RECENT_SCORES]
    known = [(value, checkpoint) for value, checkpoint in recent if isinstance(value, float)]
    ours = [value for value, checkpoint in known if checkpoint == known[0][1]]
    if len(ours) < 100:
        raise thresholds.CsvProblem(
            _("Only %(count)d comments here have a score for this attribute; 100 are needed.") % {"count": len(ours)}
        )
    row = thresholds.from_share(ours, old=old, share=given["share"] / 100)
    return [row], len(ours), known[0][1]
