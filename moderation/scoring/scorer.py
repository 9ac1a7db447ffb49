"""From texts to Scores: which copies of a text are scored, and how their answers become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moderation.scoring import batches, engine, language, texts
from moderation.scoring.engine import Ends, Engine, Floats, Thresholds
from moderation.scoring.folding import fold

CHUNK = 256
"""Texts tokenized and scored at once: enough to sort by length, little enough to stay small in memory."""
CONTEXT = 64
"""Tokens of the parent's end that go in front of an answer when it is scored in context."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says about one text; all probabilities 0..1 by label, in the checkpoint's own order.

    ``labels`` is what policy goes by: the maximum over windows (and, discounted, over finer pieces), over the text as
    written and its folded copy, with other people's words that are quoted (``> ...``) counting half. ``context`` is the
    text after the end of its parent, for the record only. ``complete`` is False for a text too long to be read to its
    end.
    """

    labels: dict[str, float]
    plain: dict[str, float]
    folded: dict[str, float] | None
    windows: int
    checkpoint: str
    weights: str
    backend: str
    engine_version: str
    milliseconds: float
    language: str | None
    language_known: bool
    context: dict[str, float] | None = None
    complete: bool = True


@dataclass(slots=True)
class _Work:
    """One text's copies, each as the windows and the finer pieces it was cut into (indices into the chunk's rows)."""

    text: str
    complete: bool
    language: str | None = None
    rows: dict[str, range] = field(default_factory=dict)
    pieces: dict[str, range] = field(default_factory=dict)


@dataclass(slots=True)
class _Rows:
    """A chunk's rows of token ids: whole windows, and the finer pieces of texts that need several."""

    windows: list[list[int]] = field(default_factory=list)
    pieces: list[list[int]] = field(default_factory=list)


def discounted(answers: Floats) -> Floats:
    """What finer pieces say, with the odds divided by ``PIECE_ODDS``."""
    return np.asarray(answers / (answers + (1 - answers) * texts.PIECE_ODDS), np.float32)


def before_discount(threshold: float) -> float:
    """The probability that ``discounted`` takes to this threshold."""
    odds = threshold * texts.PIECE_ODDS
    return odds / (1 - threshold + odds)


def lexicon(loaded: Engine) -> dict[str, int]:
    """Whole words and emoji of the tokenizer's vocabulary by rank: BERT's is in order of frequency."""
    words = {
        word: index
        for word, index in loaded.tokens.inner.get_vocab(with_added_tokens=True).items()
        if (word.isascii() and word.isalpha() and (len(word) > 1 or word in "ai")) or ord(word[0]) > 0x2189
    }
    order = sorted(words, key=lambda word: words[word])
    return {word: rank for rank, word in enumerate(order)} if loaded.checkpoint.kind == "bert" else {}


class Scorer:
    """Scores texts with one engine. What falls between ``passed_on`` is left to another and need not be exact."""

    passed_on: Ends | None = None

    def __init__(self, loaded: Engine) -> None:
        self.engine = loaded
        self.lexicon = lexicon(loaded)
        self.room = loaded.checkpoint.window - 2

    def score(self, given: Sequence[str], parents: Sequence[str | None], at: Thresholds | None = None) -> list[Scores]:
        result: list[Scores] = []
        for start in range(0, len(given), CHUNK):
            result += self._chunk(given[start : start + CHUNK], parents[start : start + CHUNK], at)
        return result

    def _chunk(self, given: Sequence[str], parents: Sequence[str | None], at: Thresholds | None) -> list[Scores]:
        works = [_Work(texts.clean(text[: texts.LIMIT]), len(text) <= texts.LIMIT) for text in given]
        rows = _Rows()
        self._add(works, "plain", [work.text for work in works], rows)
        folded = [fold(work.text, self.lexicon) for work in works]
        self._add(works, "folded", folded, rows)
        self._add_quotations(works, rows)
        self._add_contexts(works, parents, rows)
        for work, copy in zip(works, folded, strict=True):
            work.language = language.detect(copy if "folded" in work.rows else work.text)
        answers, milliseconds = self._answers(rows, at)
        each = milliseconds / max(1, sum(map(len, (*rows.windows, *rows.pieces))))
        return [
            self._merge(work, parent, answers, each * self._tokens(work, rows))
            for work, parent in zip(works, parents, strict=True)
        ]

    def _answers(self, rows: _Rows, at: Thresholds | None) -> tuple[tuple[Floats, Floats], float]:
        """What the model says of the windows and, discounted, of the pieces; and the milliseconds for both."""
        band = self.passed_on
        of_windows, first = self.engine.probabilities(rows.windows, at, band)
        given = at or dict.fromkeys(self.engine.checkpoint.labels, engine.THRESHOLDS)
        moved = {label: [before_discount(each) for each in own] for label, own in given.items()}
        ends = band and (before_discount(band[0]), before_discount(band[1]))
        of_pieces, second = self.engine.probabilities(rows.pieces, moved, ends)
        return (of_windows, discounted(of_pieces)), first + second

    def _tokens(self, work: _Work, rows: _Rows) -> int:
        """How many tokens of one text the model has read, all copies taken together."""
        return sum(
            len(of[index])
            for spans, of in ((work.rows, rows.windows), (work.pieces, rows.pieces))
            for span in spans.values()
            for index in span
        )

    def _add(self, works: Sequence[_Work], copy: str, versions: Sequence[str | None], rows: _Rows) -> None:
        """Tokenize one copy of each text (None: there is none) and append the rows that are not known yet."""
        present = [index for index, version in enumerate(versions) if version is not None]
        encoded = self.engine.tokens.encode([versions[index] or "" for index in present])
        for index, tokens in zip(present, encoded, strict=True):
            ids, start, finer = tokens.ids, len(rows.windows), len(rows.pieces)
            frame = self.engine.tokens.frame
            cut = [frame(ids[a:b]) for a, b in batches.windows(len(ids), self.room, texts.OVERLAP)]
            plain = works[index].rows.get("plain")
            if plain is not None and cut == rows.windows[plain.start : plain.stop]:
                continue
            rows.windows += cut
            if len(cut) > 1:
                ends = texts.sentence_ends(versions[index] or "", tokens.offsets)
                closer = batches.pieces(ends, texts.PIECE_LEAST, self.room // 4, texts.PIECE_OVERLAP)
                rows.pieces += [frame(ids[a:b]) for a, b in closer]
            works[index].rows[copy] = range(start, len(rows.windows))
            works[index].pieces[copy] = range(finer, len(rows.pieces))

    def _add_quotations(self, works: Sequence[_Work], rows: _Rows) -> None:
        """Own words alone, for those texts that quote."""
        own = [quotation.own if (quotation := texts.quotation(work.text)) else None for work in works]
        if any(own):
            self._add(works, "own", own, rows)
            self._add(works, "own_folded", [text and fold(text, self.lexicon) for text in own], rows)

    def _add_contexts(self, works: Sequence[_Work], parents: Sequence[str | None], rows: _Rows) -> None:
        """The end of the parent and then the text, where both fit into one window."""
        known = [index for index, parent in enumerate(parents) if parent]
        if not known:
            return
        before = self.engine.tokens.encode([texts.clean((parents[index] or "")[-2000:]) for index in known])
        for index, tokens in zip(known, before, strict=True):
            plain = rows.windows[works[index].rows["plain"].start][1:-1]
            if len(plain) + CONTEXT <= self.room and len(works[index].rows["plain"]) == 1:
                works[index].rows["context"] = range(len(rows.windows), len(rows.windows) + 1)
                rows.windows.append(self.engine.tokens.frame([*tokens.ids[-CONTEXT:], *plain]))

    def _merge(self, work: _Work, parent: str | None, answers: tuple[Floats, Floats], milliseconds: float) -> Scores:
        checkpoint = self.engine.checkpoint
        of_windows, of_pieces = answers
        best = {copy: of_windows[span.start : span.stop].max(axis=0) for copy, span in work.rows.items()}
        for copy, span in work.pieces.items():
            if span:
                best[copy] = np.maximum(best[copy], of_pieces[span.start : span.stop].max(axis=0))
        counted = [best[copy] for copy in ("plain", "folded") if copy in best]
        if "own" in best and self._believed(work.text, parent):
            own = [best[copy] for copy in ("own", "own_folded") if copy in best]
            counted = [*own, *(texts.QUOTE_WEIGHT * answer for answer in counted)]
        named = {copy: self._named(answer) for copy, answer in best.items()}
        return Scores(
            labels=self._named(np.max(counted, axis=0)),
            plain=named["plain"],
            folded=named.get("folded"),
            windows=len(work.rows["plain"]),
            checkpoint=checkpoint.name,
            weights=checkpoint.weights,
            backend=self.engine.backend.name,
            engine_version=engine.VERSION,
            milliseconds=milliseconds,
            language=work.language,
            language_known=work.language is None or work.language in checkpoint.languages,
            context=named.get("context"),
            complete=work.complete,
        )

    def _believed(self, text: str, parent: str | None) -> bool:
        """Whether a quotation is discounted: always where the parent is unknown, else if it stands there."""
        quotation = texts.quotation(text)
        return quotation is not None and (parent is None or texts.is_from(quotation.quoted, parent))

    def _named(self, answer: Iterable[float]) -> dict[str, float]:
        return {label: float(value) for label, value in zip(self.engine.checkpoint.labels, answer, strict=True)}


def as_json(scores: Scores) -> dict[str, Any]:
    """One answer as plain JSON values; the text is not in it."""
    return {
        "scores": {label: round(value, 6) for label, value in scores.labels.items()},
        "checkpoint": scores.checkpoint,
        "windows": scores.windows,
        "weights": scores.weights,
        "backend": scores.backend,
        "engine_version": scores.engine_version,
        "language": scores.language,
        "language_known": scores.language_known,
        "plain": {label: round(value, 6) for label, value in scores.plain.items()},
        "folded": scores.folded and {label: round(value, 6) for label, value in scores.folded.items()},
        "complete": scores.complete,
        "milliseconds": round(scores.milliseconds, 3),
    }
