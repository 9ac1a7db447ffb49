"""Reasons for a refusal: a code for the record, words for the author, and sentences for the desk."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

# Code → (key at the desk, what the moderator sees, what the author reads).
REFUSALS: dict[str, tuple[str, Promise, Promise]] = {
    "insult": (
        "1",
        gettext_lazy("Insult"),
        gettext_lazy("It insults somebody. Say what you think of the matter, not of the person."),
    ),
    "hate": (
        "2",
        gettext_lazy("Hate"),
        gettext_lazy("It attacks people for who they are."),
    ),
    "threat": (
        "3",
        gettext_lazy("Threat"),
        gettext_lazy("It threatens somebody or calls for violence."),
    ),
    "obscene": (
        "4",
        gettext_lazy("Obscene"),
        gettext_lazy("Its language is not fit for this page. The same thought in other words is welcome."),
    ),
    "spam": (
        "5",
        gettext_lazy("Spam"),
        gettext_lazy("It advertises something, or it was posted many times."),
    ),
    "off_topic": (
        "6",
        gettext_lazy("Beside the point"),
        gettext_lazy("It has nothing to do with this article."),
    ),
    "personal_data": (
        "7",
        gettext_lazy("Personal data"),
        gettext_lazy("It makes somebody's private details public."),
    ),
    "illegal": (
        "8",
        gettext_lazy("Illegal"),
        gettext_lazy("Its content is against the law."),
    ),
    "other": (
        "9",
        gettext_lazy("Other"),
        gettext_lazy("It breaks the rules of this discussion."),
    ),
}

LABELS: dict[str, Promise] = {
    "toxicity": gettext_lazy("toxicity"),
    "severe_toxicity": gettext_lazy("severe toxicity"),
    "obscene": gettext_lazy("obscenity"),
    "threat": gettext_lazy("threat"),
    "insult": gettext_lazy("insult"),
    "identity_attack": gettext_lazy("attack on a group"),
    "sexual_explicit": gettext_lazy("sexual content"),
}

RULES: dict[str, Promise] = {
    "score": gettext_lazy("score above its threshold"),
    "banned_word": gettext_lazy("banned word"),
    "suspect_word": gettext_lazy("suspect word"),
    "links": gettext_lazy("links"),
    "duplicate": gettext_lazy("same words by others"),
    "newcomer": gettext_lazy("newcomer"),
    "language": gettext_lazy("unknown language"),
    "address_unconfirmed": gettext_lazy("address not confirmed"),
    "premoderated": gettext_lazy("pre-moderated article"),
    "refused_before": gettext_lazy("edited after a refusal"),
    "sanction": gettext_lazy("sanction on the reader"),
    "trusted": gettext_lazy("trusted reader"),
    "incomplete": gettext_lazy("too long to score"),
    "unscored": gettext_lazy("not scored"),
    "unscorable": gettext_lazy("could not be scored"),
}

OF_A_LABEL = ("score", "trusted")  # the rules that name a label policy acted on (migration 0013 tags by them too)

_CODE_OF_LABEL = {
    "threat": "threat", "insult": "insult", "identity_attack": "hate", "obscene": "obscene",
    "toxicity": "insult", "severe_toxicity": "insult", "sexual_explicit": "obscene",
}  # fmt: skip


def code_of(reasons: list[dict[str, Any]]) -> str:
    """The refusal code that says best why policy refused."""
    refused = [r for r in reasons if r.get("rule") == "score" and r.get("outcome") == "reject"]
    labels = {r["label"]: r["value"] / r["threshold"] for r in refused}
    if any(r.get("rule") == "sanction" and r.get("outcome") == "reject" for r in reasons):
        return "sanctioned"
    specific = {label: over for label, over in labels.items() if label not in {"toxicity", "severe_toxicity"}}
    best = max(specific or labels, key=lambda label: (specific or labels)[label], default=None)
    return _CODE_OF_LABEL.get(best, "other") if best else "other"


def why_held(found: list[dict[str, Any]]) -> str:
    """For the author of a held comment: why a person looks at it. Names what was seen, gives no numbers to aim at."""
    labels = [str(LABELS.get(r["label"], r["label"])) for r in found if r.get("rule") == "score"]
    lines = [_("It may contain: %(labels)s.") % {"labels": ", ".join(labels)}] if labels else []
    told: dict[str, Promise | str] = {
        "banned_word": _("It contains a word that is checked here."),
        "suspect_word": _("It contains a word that is checked here."),
        "links": _("It contains several links."),
        "duplicate": _("The same words were posted by somebody else."),
        "newcomer": _("First comments are looked at before they appear."),
        "address_unconfirmed": _("Your address is not confirmed yet."),
        "premoderated": _("On this article a person looks at every comment."),
        "refused_before": _("An earlier version was refused."),
        "language": _("It is in a language that a person has to read."),
    }
    return "\n".join([*lines, *dict.fromkeys(str(told[r["rule"]]) for r in found if r["rule"] in told)])


def for_author(code: str, own_words: str = "", *, automatic: bool = False) -> str:
    """The statement of reasons, one line each: what the code stands for, then the moderator's own words.

    `automatic` says that no person decided (EU 2022/2065, Article 17(3)(c)). In the language in use: callers speak the
    author's.
    """
    if code == "sanctioned":
        standard = _("You cannot take part in the discussion at present.")
    else:
        standard = str(REFUSALS.get(code, REFUSALS["other"])[2])
    how = _("This was decided automatically, by software; no person has looked at it.") if automatic else ""
    return "\n".join(line for line in (standard, own_words.strip(), how) if line)


def sentence(reason: dict[str, Any]) -> str:
    """One reason as a sentence: which rule or label, the value, the threshold."""
    rule, value = reason["rule"], reason.get("value")
    if rule in {"score", "clear"} and "label" in reason:
        words = {
            "reject": _("%(label)s %(value).2f, refused from %(threshold).2f"),
            "hold": _("%(label)s %(value).2f, held from %(threshold).2f"),
            "publish": _("nothing stands out: %(label)s %(value).2f is nearest, held from %(threshold).2f"),
        }[reason["outcome"]]
        label = LABELS.get(reason["label"], reason["label"])
        return words % {"label": label, "value": value, "threshold": reason["threshold"]}
    if rule == "trusted":
        why = _("a colleague trusts the reader") if reason.get("trust") == "hand" else _("the reader’s record is good")
        return _("%(label)s %(value).2f would be held from %(threshold).2f, published because %(why)s") % {
            "label": LABELS.get(reason["label"], reason["label"]),
            "value": value,
            "threshold": reason["threshold"],
            "why": why,
        }
    return _signal_sentence(rule, value, reason.get("threshold"))


def _signal_sentence(rule: str, value: Any, threshold: Any) -> str:
    if rule in {"banned_word", "suspect_word"}:
        listed = ", ".join(f"“{word}”" for word in value)
        which = _("banned words") if rule == "banned_word" else _("suspect words")
        return _("word list “%(list)s” matched: %(words)s") % {"list": which, "words": listed}
    if rule == "links":
        return ngettext("%(n)d link, held above %(most)d", "%(n)d links, held above %(most)d", value) % {
            "n": value,
            "most": threshold,
        }
    if rule == "duplicate":
        return ngettext(
            "the same words by %(n)d other reader within a day",
            "the same words by %(n)d other readers within a day",
            value,
        ) % {"n": value}
    if rule == "newcomer":
        return _("newcomer: %(n)d published comments, held below %(least)d") % {"n": value, "least": threshold}
    if rule == "language":
        return _("written in a language the checkpoint does not know (%(language)s)") % {"language": value or "?"}
    return {
        "address_unconfirmed": _("the e-mail address is not confirmed"),
        "premoderated": _("every comment on this article is decided by a person"),
        "refused_before": _("edited after a person had refused it"),
        "unscored": _("it could not be scored"),
        "incomplete": _("too long to be scored to its end"),
        "unscorable": _("scoring this text failed every time it was tried"),
        "clear": _("nothing stands out"),
        "sanction/premoderate": _("every comment of this reader is looked at first"),
        "sanction/suspend": _("the reader is suspended"),
        "sanction/ban": _("the reader is banned"),
    }.get(f"{rule}/{value}" if rule == "sanction" else rule, rule)
