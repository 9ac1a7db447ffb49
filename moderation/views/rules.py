"""The policy for editors: what is in force, what a change would do, every version and the way back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain
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

_OUTCOMES = ("hold", "reject")
_LISTS = ("banned_words", "suspect_words")
_CHECKED = [*(f"{outcome}-{label}" for label in reasons.LABELS for outcome in _OUTCOMES), *_LISTS, *rules.NUMBERS]


@desk(methods=("GET", "HEAD", "POST"))
def page(request: DeskRequest) -> HttpResponse:
    """Everybody at the desk reads the policy; editors try a change out, or put it in force."""
    in_force = Policy.objects.in_force()
    may_edit = roles.may(request.user, roles.EDIT_POLICY)
    context: dict[str, Any] = {"may_edit": may_edit, "note": request.POST.get("note", "")}
    typed = _as_form(in_force.rules)
    if request.method == "POST":
        if reason := roles.why_not(request.user, roles.EDIT_POLICY):
            return refused(request, reason)
        typed = request.POST.dict()
        if wrong := _wrong(typed):
            context |= {"problems": list(chain(*wrong.values())), "wrong": wrong}
        else:
            proposed = rules.read(typed)
            changes = list(rules.differences(rules.read(_as_form(in_force.rules)), proposed))
            try:
                if typed.get("do") == "save":
                    return _save(request, in_force, proposed, changes)
            except rules.Outdated as error:  # what was typed stays, to be compared with what is in force now
                in_force = error.latest
                context |= {"problems": [_outdated(error)], "seen": in_force.version}
                changes = list(rules.differences(rules.read(_as_form(in_force.rules)), proposed))
            context |= {"tried": rules.effect(proposed), "changes": changes}
            typed = _as_form(proposed)
    context |= _form(typed, context.get("wrong", ()))
    context |= {"in_force": in_force, "now": rules.effect(in_force.rules), "versions": _versions()}
    if may_edit:
        context["outdated"] = rejudging.outdated(in_force).count()
    context.setdefault("seen", request.POST.get("seen") or in_force.version)
    status = 422 if "problems" in context else 200
    return render(request, "moderation/rules.html", frame(request, "rules", Filters()) | context, status=status)


def _save(request: DeskRequest, in_force: Policy, proposed: dict[str, Any], changes: list[str]) -> HttpResponse:
    seen = _number(request.POST.get("seen", ""))
    if seen == in_force.version and not changes:
        messages.info(request, _unchanged(in_force))
        return redirect("desk_rules")
    made = rules.change(proposed, by=request.user, note=request.POST.get("note", "").strip(), seen_version=seen)
    messages.success(request, " ".join([_("Version %(n)d is in force.") % {"n": made.version}, *_left_behind(made)]))
    return redirect("desk_rules")


def _unchanged(in_force: Policy) -> str:
    return _("Nothing was changed: version %(n)d stays in force.") % {"n": in_force.version}


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
        seen = _number(request.POST.get("seen", ""))
        made = rules.go_back_to(version, by=request.user, seen_version=seen)
    except Policy.DoesNotExist:
        raise Http404 from None
    except rules.Outdated as error:
        messages.error(request, _outdated(error))
    else:
        if made.version == seen:
            messages.info(request, _unchanged(made))
            return redirect("desk_rules")
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
    return _("Not saved: %(who)s has put version %(n)d in force meanwhile. Look at it, then save again.") % {
        "who": who,
        "n": error.latest.version,
    }


def _as_form(shown: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields as they stand for these rules, so what an older version leaves out reads as what it means."""
    limits = shown.get("thresholds", {})
    fields = {
        f"{outcome}-{label}": str(value)
        for label in reasons.LABELS
        for outcome in _OUTCOMES
        if (value := limits.get(label, {}).get(outcome)) is not None
    }
    fields |= {name: "\n".join(shown.get(name, [])) for name in _LISTS}
    fields |= {name: str(shown.get(name) or 0) for name in rules.NUMBERS}
    return fields | {name: "on" for name in rules.SWITCHES if shown.get(name)}


def _wrong(typed: Mapping[str, str]) -> dict[str, list[str]]:
    """Field → what is wrong with it, in words. Of two thresholds that do not go together the first one tells."""
    wrong = {name: found for name in _CHECKED if (found := _problems({name: typed.get(name, "")}))}
    for label in reasons.LABELS:
        pair = {name: typed.get(name, "") for name in _thresholds_of(label)}
        if not pair.keys() & wrong.keys() and (found := _problems(pair)):
            wrong |= dict(zip(pair, (found, []), strict=True))
    return wrong


def _problems(fields: Mapping[str, str]) -> list[str]:
    """What is wrong with these fields alone."""
    for name in rules.NUMBERS:
        text = fields.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 6):
            return [_("“%(text)s” is not a whole number from 0 to 99999.") % {"text": text[:20]}]
    try:
        Policy(version=1, rules=rules.read(fields)).clean()
    except ValidationError as error:
        return error.messages
    return []


def _thresholds_of(label: str) -> list[str]:
    return [f"{outcome}-{label}" for outcome in _OUTCOMES]


def _form(typed: Mapping[str, str], wrong: Collection[str]) -> dict[str, Any]:
    """The form's fields with what is typed in them; thresholds as (name, text, whether it is wrong)."""
    return {
        "labels": [
            (label, words, [(name, typed.get(name, ""), name in wrong) for name in _thresholds_of(label)])
            for label, words in reasons.LABELS.items()
        ],
        "typed": typed,
        "wrong": wrong,
    }


def _versions() -> list[dict[str, Any]]:
    found = list(Policy.objects.select_related("by__reader").order_by("-version")[:30])
    return [
        {"policy": policy, "changes": list(rules.differences(before.rules, policy.rules)) if before else []}
        for policy, before in zip(found, [*found[1:], None], strict=True)
    ]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
