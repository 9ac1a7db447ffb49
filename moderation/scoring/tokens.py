"""Texts to token ids with the checkpoint's own tokenizer file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moderation.scoring.checkpoints import Checkpoint, CheckpointError

if TYPE_CHECKING:
    from tokenizers import Encoding


class Tokens:
    """The checkpoint's own tokenizer, without torch or transformers."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        from tokenizers import Tokenizer

        path = checkpoint.folder / "tokenizer.json"
        if not path.is_file():
            raise CheckpointError(f"Checkpoint {checkpoint.name!r} has no tokenizer.json. Install it again.")
        self.inner = Tokenizer.from_file(str(path))
        self.inner.no_truncation()
        self.inner.no_padding()
        special = self.inner.encode("").ids
        if len(special) != 2:
            raise CheckpointError(
                f"Checkpoint {checkpoint.name!r}: its tokenizer does not frame a text with two tokens."
            )
        self.first, self.last = special

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Tokens without the two special ones. The texts must not hold surrogates (``texts.clean``)."""
        return list(self.inner.encode_batch(list(texts), add_special_tokens=False))

    def frame(self, ids: Sequence[int]) -> list[int]:
        """One row as the model wants it."""
        return [self.first, *ids, self.last]
