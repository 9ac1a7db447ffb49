"""From texts to Scores: which copies of a text are scored, and how their answers become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moderation.scoring import batches, engine, language, texts
from moderation.scoring.engine import Ends, Engine, Floats, Mask, Thresholds, resolved, surely_between
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
    text after the end of its parent, for the record only. ``foreign`` is the language of a part, "und" for a text too
    short to name that is foreign all the same; either makes ``language_known`` False. ``complete`` is False for a text
    too long to be read to its end.
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
    foreign: str | None = None


@dataclass(slots=True)
class _Work:
    """One text's copies, each as the windows and the finer pieces it was cut into (indices into the chunk's rows)."""

    text: str
    complete: bool
    language: str | None = None
    foreign: str | None = None
    believed: bool = False  # whether its quotation is discounted
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

    def score(
        self, given: Sequence[str], parents: Sequence[str | None], at: Sequence[Thresholds | None]
    ) -> list[Scores]:
        """One Scores for each text; ``parents`` and ``at`` (thresholds) are one for each, too, or None."""
        result: list[Scores] = []
        for start in range(0, len(given), CHUNK):
            part = slice(start, start + CHUNK)
            result += self._chunk(given[part], parents[part], at[part])
        return result

    def _chunk(
        self, given: Sequence[str], parents: Sequence[str | None], at: Sequence[Thresholds | None]
    ) -> list[Scores]:
        works = [_Work(texts.clean(text[: texts.LIMIT]), len(text) <= texts.LIMIT) for text in given]
        rows = _Rows()
        self._add(works, "plain", [work.text for work in works], rows)
        folded = [self._folded(work) for work in works]
        self._add(works, "folded", folded, rows)
        self._add_quotations(works, parents, rows)
        self._add_contexts(works, parents, rows)
        for work, copy in zip(works, folded, strict=True):
            folded_copy = copy if "folded" in work.rows else ""
            work.language = self._language(work.text, folded_copy)
            if self.lexicon:
                known = self.engine.checkpoint.languages
                work.foreign = language.foreign(folded_copy or work.text, work.language, known, self.lexicon)
        answers, milliseconds = self._answers(works, rows, at)
        each = milliseconds / max(1, sum(map(len, (*rows.windows, *rows.pieces))))
        return [self._merge(work, answers, each * self._tokens(work, rows)) for work in works]

    def _answers(
        self, works: Sequence[_Work], rows: _Rows, at: Sequence[Thresholds | None]
    ) -> tuple[tuple[Floats, Floats], float]:
        """What the model says of the windows and, discounted, of the pieces; and the milliseconds for both."""
        many = len(rows.windows)
        owners = np.empty(many + len(rows.pieces), np.int64)
        for index, work in enumerate(works):
            for span in work.rows.values():
                owners[span.start : span.stop] = index
            for span in work.pieces.values():
                owners[many + span.start : many + span.stop] = index

        def apart(raw: Floats) -> tuple[Floats, Floats]:
            return raw[:many], discounted(raw[many:])

        def relevant(raw: Floats) -> Mask:
            """Rows of the texts that are not surely passed on, whichever of their rows is highest."""
            first = [self._counted(work, self._best(work, apart(raw)))[0] for work in works]
            return ~surely_between(np.array(first, np.float32), self.passed_on or (1.0, 0.0))[owners]

        whole, moved = self._thresholds(at)
        exact = [(whole if row < many else moved)[owner] for row, owner in enumerate(owners.tolist())]
        given = [*rows.windows, *rows.pieces]
        raw, milliseconds = self.engine.probabilities(given, exact, relevant if self.passed_on else None)
        return apart(raw), milliseconds

    def _thresholds(self, at: Sequence[Thresholds | None]) -> tuple[list[Thresholds], list[Thresholds]]:
        """Each text's thresholds, complete: for whole windows, and for the finer pieces before they are discounted."""
        labels = self.engine.checkpoint.labels
        known: dict[int, tuple[Thresholds, Thresholds]] = {}
        for own in at:
            if id(own) not in known:
                whole = resolved(own, labels)
                whole[labels[0]] += self.passed_on or ()
                moved = {label: [before_discount(each) for each in found] for label, found in whole.items()}
                known[id(own)] = (whole, moved)
        pairs = [known[id(own)] for own in at]
        return [whole for whole, _moved in pairs], [moved for _whole, moved in pairs]

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

    def _folded(self, work: _Work) -> str:
        """The copy without disguises; no longer than twice the text, for one character can stand for eighteen."""
        copy, most = fold(work.text, self.lexicon), texts.folded_most(work.text)
        work.complete = work.complete and len(copy) <= most
        return copy[:most]

    def _language(self, text: str, folded: str) -> str | None:
        """Of the text as written; of its folded copy only where that is a language known here, for certain.

        Disguised English is English, but a foreign word whose letters all look Latin is not.
        """
        found, known = language.detect(text), self.engine.checkpoint.languages
        disguised = language.detect(folded) if folded and found is not None and found not in known else None
        return disguised if disguised in known else found

    def _add_quotations(self, works: Sequence[_Work], parents: Sequence[str | None], rows: _Rows) -> None:
        """Own words alone, for those texts that quote what they answer."""
        own = [
            quotation.own if (quotation := texts.quotation(work.text, parent)) else None
            for work, parent in zip(works, parents, strict=True)
        ]
        for work, words in zip(works, own, strict=True):
            work.believed = words is not None
        if any(words is not None for words in own):
            self._add(works, "own", own, rows)
            copies = [None if text is None else fold(text, self.lexicon)[: texts.folded_most(text)] for text in own]
            self._add(works, "own_folded", copies, rows)

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

    def _best(self, work: _Work, answers: tuple[Floats, Floats]) -> dict[str, Floats]:
        """The highest answer for each copy of a text, by label, over its windows and pieces."""
        of_windows, of_pieces = answers
        best: dict[str, Floats] = {
            copy: of_windows[span.start : span.stop].max(axis=0) for copy, span in work.rows.items()
        }
        for copy, span in work.pieces.items():
            if span:
                best[copy] = np.maximum(best[copy], of_pieces[span.start : span.stop].max(axis=0))
        return best

    def _counted(self, work: _Work, best: dict[str, Floats]) -> Floats:
        """What policy goes by: the higher of the text and its folded copy; words that are quoted count half."""
        counted = [best[copy] for copy in ("plain", "folded") if copy in best]
        if work.believed:
            own = [best[copy] for copy in ("own", "own_folded") if copy in best]
            counted = [*own, *(np.asarray(texts.QUOTE_WEIGHT * answer, np.float32) for answer in counted)]
        highest: Floats = np.max(counted, axis=0)
        return highest

    def _merge(self, work: _Work, answers: tuple[Floats, Floats], milliseconds: float) -> Scores:
        checkpoint = self.engine.checkpoint
        best = self._best(work, answers)
        named = {copy: self._named(answer) for copy, answer in best.items()}
        return Scores(
            labels=self._named(self._counted(work, best)),
            plain=named["plain"],
            folded=named.get("folded"),
            windows=len(work.rows["plain"]),
            checkpoint=checkpoint.name,
            weights=checkpoint.weights,
            backend=self.engine.backend.name,
            engine_version=engine.VERSION,
            milliseconds=milliseconds,
            language=work.language,
            language_known=not work.foreign and (work.language is None or work.language in checkpoint.languages),
            foreign=work.foreign,
            context=named.get("context"),
            complete=work.complete,
        )

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
