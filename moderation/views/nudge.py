"""Before posting: a word to the writer when the text is likely to be held or refused. It never stands in the way."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from discussions import limits, markup, posting
from moderation import ask, marks, policy, signals
from moderation.models import Policy

PER_MINUTE = 120
CHARS = 500  # a text that is so many times as long is as much work for the workers, and counts as often
_SPANS_PATIENCE = 1.5  # seconds; asked for only where there is something to mark


@never_cache
@require_POST
def nudge(request: HttpRequest) -> HttpResponse:
    """An HTML fragment: empty where nothing is to be said, in time or at all."""
    text = request.POST.get("text", "")
    if len(text) > posting.MOST_TO_CLEAN * settings.COMMENT_MAX_CHARS:
        return HttpResponse("")
    text = markup.clean(text)
    address = limits.client_address(request)
    known = bool(text.strip()) and len(text) <= settings.COMMENT_MAX_CHARS
    cost = 1 + len(text) // CHARS
    if not known or not limits.allowed("nudge", address, per_minute=PER_MINUTE, cost=cost):
        return HttpResponse("")
    verdict = verdict_on(text)
    if verdict is None or verdict.outcome == "publish":
        return HttpResponse("")
    context = {"outcome": verdict.outcome, "pieces": _pieces(text, verdict)}
    return render(request, "discussions/parts/nudge.html", context)


def verdict_on(text: str) -> policy.Verdict | None:
    """What the policy in force would make of the words alone, or None when scoring is too slow to say."""
    rules = Policy.objects.in_force().rules
    try:
        labels = ask.scores([ask.Question(text, policy.turning_points(rules))])[0]["labels"]
    except ask.Unavailable:
        return None
    words_alone = policy.Signals(
        banned=signals.matches(text, rules.get("banned_words", [])),
        suspect=signals.matches(text, rules.get("suspect_words", [])),
        links=len(markup.links(text)),
        published_before=10**6,
        address_confirmed=True,
        language=None,
        language_known=True,
        duplicates_by_others=0,
        premoderated=False,
        refused_before=False,
    )
    return policy.decide(labels, words_alone, rules)


def _pieces(text: str, verdict: policy.Verdict) -> list[marks.Piece]:
    """The text with what caused it marked: the words on a list, else the spans that drove the score."""
    listed = {word for r in verdict.reasons if r["rule"] in {"banned_word", "suspect_word"} for word in r["value"]}
    if listed:
        return marks.pieces(text, listed=listed)
    try:
        answer: dict[str, Any] = ask.scores([text], patience=_SPANS_PATIENCE, spans=True)[0]
    except ask.Unavailable:
        return marks.pieces(text)
    # How much each weighs is for the desk: the writer sees one mark where two meet.
    return marks.pieces(text, spans=[(begin, end, 1.0) for begin, end, weight in answer.get("spans", []) if weight > 0])
