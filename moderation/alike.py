"""Near-duplicates: the same text, or nearly, by other readers.

A text is cut into runs of five characters of its plain form (folded, lower case, letters and digits only). MinHash
(Broder 1997) keeps 64 numbers of them, cut into 16 bands of four: texts that share seven tenths of their runs agree in
a band with 99 %, unrelated ones almost never. Whoever agrees in a band is compared run by run, so that chance makes
nobody alike. All that are alike bear one number (`Likeness.kin`), which is what the desk looks up.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.db.models import Count, F, QuerySet, Value
from django.utils import timezone

from discussions.models import Comment, Revision, State, User
from moderation import roles
from moderation.models import Likeness
from moderation.scoring import folding

MIN_CHARS = 40  # short agreement ("Well said.") is no copy
ALIKE = 0.6  # share of runs two texts have in common (Jaccard), from which they count as alike
_RUN = 5
_MOST_CHARS = 4000
_BANDS, _ROWS = 16, 4
_MOST_COMPARED = 50


def runs(text: str) -> set[str]:
    """The text's runs of five characters; empty for a text too short to be a copy of anything."""
    plain = re.sub(r"[\W_]+", " ", folding.fold(text[:_MOST_CHARS]).casefold()).strip()
    return {plain[at : at + _RUN] for at in range(len(plain) - _RUN + 1)} if len(text) >= MIN_CHARS else set()


def share(one: set[str], other: set[str]) -> float:
    """How much two texts have in common, 0..1 (Jaccard)."""
    return len(one & other) / len(one | other) if one and other else 0.0


def bands(found: set[str]) -> list[int]:
    """Sixteen signed 64-bit numbers; nearly equal sets of runs have some of them in common."""
    sketch = _empty_sketch().copy()
    sketch.update_batch([run.encode() for run in found])
    marks = []
    for number, row in enumerate(sketch.hashvalues.reshape(_BANDS, _ROWS)):
        digest = blake2b(row.astype("<u8").tobytes(), digest_size=8, salt=number.to_bytes(2, "big")).digest()
        marks.append(int.from_bytes(digest, "big", signed=True))
    return marks


@cache
def _empty_sketch() -> Any:
    """Imported on first use: only the workers that settle comments need it."""
    from datasketch import MinHash

    return MinHash(num_perm=_BANDS * _ROWS, seed=1)


def keep(comment: Comment, text: str) -> Likeness | None:
    """Note what the comment's newest words are alike to. Returns None where they are too short. Idempotent.

    Runs in the transaction that settles the comment. Two copies settled at the very same moment miss each other; the
    next one brings all of them together.
    """
    Likeness.objects.filter(comment=comment).delete()
    mine = runs(text)
    if not mine or settings.LIKENESS_DAYS <= 0:
        return None
    marks = bands(mine)
    kins = _kins(mine, marks)
    kin = min(kins) if kins else secrets.randbits(62)
    if len(kins) > 1:
        Likeness.objects.filter(kin__in=kins).update(kin=kin)
    return Likeness.objects.create(comment=comment, bands=marks, kin=kin)


def _kins(mine: set[str], marks: list[int]) -> set[int]:
    """The kins of the newest comments that turn out to be alike."""
    # Named for what they are: Django would bind the single numbers as integers of 32 bits.
    wanted = Value(marks, output_field=Likeness._meta.get_field("bands"))
    near = Likeness.objects.filter(bands__overlap=wanted).order_by("-comment_id")
    found = dict(near.values_list("comment_id", "kin")[:_MOST_COMPARED])
    texts = Revision.objects.filter(comment_id__in=found, number=F("comment__revision")).values_list(
        "comment_id", "text"
    )
    return {found[pk] for pk, text in texts if share(mine, runs(text)) >= ALIKE}


def ids(comment_id: int, *, most: int = 1000) -> list[int]:
    """The comment and the newest that are alike, by whomever; deleted ones left out."""
    return list(_kin(comment_id).order_by("-comment_id").values_list("comment_id", flat=True)[:most])


def _kin(comment_id: int) -> QuerySet[Likeness]:
    kin = Likeness.objects.filter(comment_id=comment_id).values("kin")
    return Likeness.objects.filter(kin__in=kin).exclude(comment__state=State.DELETED)


def by_others(comment_ids: Iterable[int], by: User) -> dict[int, int]:
    """comment id → how many other readers wrote alike; without those where nobody did."""
    kins = dict(Likeness.objects.filter(comment_id__in=list(comment_ids)).values_list("comment_id", "kin"))
    if not kins:
        return {}
    counted = (
        Likeness.objects.filter(roles.reach(by, "comment__"), kin__in=set(kins.values()))
        .exclude(comment__state=State.DELETED)
        .values_list("kin")
        .annotate(readers=Count("comment__reader", distinct=True))
        .filter(readers__gt=1)
    )
    found = dict(counted.order_by())
    return {pk: found[kin] - 1 for pk, kin in kins.items() if kin in found}


def others(comment: Comment, by: User, *, most: int = 5) -> list[Comment]:
    """The newest comments by others that are alike."""
    near = _kin(comment.pk).filter(roles.reach(by, "comment__")).exclude(comment__reader=comment.reader_id)
    chosen = list(near.order_by("-comment_id").values_list("comment_id", flat=True)[:most])
    return list(Comment.objects.filter(pk__in=chosen).select_related("reader", "article").order_by("-pk"))


def forget() -> int:
    """Drop what is older than LIKENESS_DAYS: copies come within days. Returns how many."""
    since = timezone.now() - timedelta(days=max(0, settings.LIKENESS_DAYS))
    old = Likeness.objects.filter(created_at__lt=since).order_by("created_at").values_list("pk", flat=True)[:5000]
    return Likeness.objects.filter(pk__in=list(old)).delete()[0]
