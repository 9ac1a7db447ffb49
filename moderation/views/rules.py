"""The policy for editors: what is in force, what a change would do, every version and the way back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation import colleagues, reasons, rejudging, roles, rules
from moderation.filters import Filters
from moderation.models import Policy
from moderation.views.access import DeskRequest, desk, refused
from moderation.views.queues import frame


@desk(methods=("GET", "HEAD", "POST"))
def page(request: DeskRequest) -> HttpResponse:
    """Everybody at the desk reads the policy; editors try a change out, or put it in force."""
    in_force = Policy.objects.in_force()
    may_edit = roles.may(request.user, roles.EDIT_POLICY)
    context: dict[str, Any] = {"may_edit": may_edit, "note": request.POST.get("note", "")}
    proposed = in_force.rules
    if request.method == "POST":
        if reason := roles.why_not(request.user, roles.EDIT_POLICY):
            return refused(request, reason)
        try:
            proposed = in_force.rules | rules.read(request.POST.dict())
            Policy(version=in_force.version + 1, rules=proposed).clean()
            if request.POST.get("do") == "save":
                return _save(request, proposed)
            context["tried"] = rules.effect(proposed)
            context["changes"] = list(rules.differences(in_force.rules, proposed))
        except ValidationError as error:
            context["problems"] = error.messages
    context |= _form(proposed) | {"in_force": in_force, "now": rules.effect(in_force.rules), "versions": _versions()}
    if may_edit:
        context["outdated"] = rejudging.outdated(in_force).count()
    context["seen"] = request.POST.get("seen") or in_force.version
    status = 422 if "problems" in context else 200
    return render(request, "moderation/rules.html", frame(request, "rules", Filters()) | context, status=status)


def _save(request: DeskRequest, proposed: dict[str, Any]) -> HttpResponse:
    try:
        made = rules.change(
            proposed,
            by=request.user,
            note=request.POST.get("note", "").strip(),
            seen_version=_number(request.POST.get("seen", "")),
        )
    except rules.Outdated as error:
        messages.error(request, _outdated(error))
    else:
        messages.success(
            request, " ".join([_("Version %(n)d is in force.") % {"n": made.version}, *_left_behind(made)])
        )
    return redirect("desk_rules")


def _left_behind(made: Policy) -> list[str]:
    """A sentence about what waits under earlier versions, where anything does."""
    n = rejudging.outdated(made).count()
    words = ngettext(
        "%(n)s waiting comment was judged by an earlier version.",
        "%(n)s waiting comments were judged by earlier versions.",
        n,
    )
    return [words % {"n": f"{n:,}"}] if n else []


@desk(roles.EDIT_POLICY, methods=("POST",))
def go_back(request: DeskRequest, version: int) -> HttpResponse:
    """Put an earlier version's rules in force again."""
    try:
        made = rules.go_back_to(version, by=request.user, seen_version=_number(request.POST.get("seen", "")))
    except Policy.DoesNotExist:
        raise Http404 from None
    except rules.Outdated as error:
        messages.error(request, _outdated(error))
    else:
        messages.success(
            request, " ".join([_("The rules of version %(old)d are in force, as version %(new)d.")
            % {"old": version, "new": made.version}, *_left_behind(made)]),
        )  # fmt: skip
    return redirect("desk_rules")


@desk(roles.EDIT_POLICY, methods=("POST",))
def judge_again(request: DeskRequest, version: int) -> HttpResponse:
    """Have what waits under an earlier version judged again by this one, which must be in force."""
    try:
        n = rejudging.ask(by=request.user, seen_version=version)
    except rules.Outdated as error:
        messages.error(request, _outdated(error))
    else:
        words = ngettext(
            "%(n)s waiting comment is being judged again.", "%(n)s waiting comments are being judged again.", n
        )
        messages.success(request, words % {"n": f"{n:,}"})
    return redirect("desk_rules")


def _outdated(error: rules.Outdated) -> str:
    who = colleagues.name_of(error.latest.by) if error.latest.by_name else _("somebody")
    return _("Not saved: %(who)s has put version %(n)d in force meanwhile. Look at it, then change it again.") % {
        "who": who,
        "n": error.latest.version,
    }


def _form(shown: dict[str, Any]) -> dict[str, Any]:
    limits = shown.get("thresholds", {})
    return {
        "labels": [
            (label, words, limits.get(label, {}).get("hold"), limits.get(label, {}).get("reject"))
            for label, words in reasons.LABELS.items()
        ],
        "rules": shown,
        "banned": "\n".join(shown.get("banned_words", [])),
        "suspect": "\n".join(shown.get("suspect_words", [])),
    }


def _versions() -> list[dict[str, Any]]:
    found = list(Policy.objects.select_related("by__reader").order_by("-version")[:30])
    return [
        {"policy": policy, "changes": list(rules.differences(before.rules, policy.rules)) if before else []}
        for policy, before in zip(found, [*found[1:], None], strict=True)
    ]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
