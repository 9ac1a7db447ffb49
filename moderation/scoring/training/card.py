"""The model card that is bundled with the weights."""
# ruff: noqa: E501 - tables in Markdown cannot be wrapped

from __future__ import annotations

from typing import Any

from . import evaluate

SOURCES = """\
| source | what | licence |
|---|---|---|
| Civil Comments (`toxic_spans`, `civil_*`) | comments of news sites, some with the toxic words marked | CC0 (one part MIT) |
| Wikipedia talk pages (`jigsaw*`) | all six labels, or toxicity only | labels CC0, text CC BY-SA 3.0 |
| Conversations gone awry (`cat_large`) | Wikipedia talk pages, about 1 % toxic | Apache-2.0, text CC BY-SA |
| ParaDetox | rude sentences and their polite paraphrases | CC0 |
| Davidson et al. | tweets, subsampled | MIT |
| EDOS | sexism | CC0 |
| HatemojiBuild | hate with emoji | CC BY 4.0 |
| Stormfront | sentences of a forum, hate or not | CC BY-SA 3.0 ES |
| GoEmotions | comments as weak negatives, subsampled | Apache-2.0 |
| this project | written sentences: identity terms in kind words, quotes, negation, counter-speech, heated politics | as the program |
"""

LIMITS = """\
- English only. Text in other languages must be held for a person, never passed as clean.
- Six labels. `sexual_explicit` is not among them: the data holds no labelled positives.
- `severe_toxicity` and `threat` rest on few positives; use them to sort a queue, not to reject.
- It was trained on at most 256 tokens of a comment, which is also its window.
- Irony, allusions and threats that need context escape it. It sees one comment, not the thread.
- Most of its data is from 2015 to 2018. New slang and new targets are unknown to it.
- Annotators carried the biases of their time; the audit shows what remains. Look at it for your own
  community before anything is rejected without a person.
"""


def text(report: dict[str, Any]) -> str:
    """The card in Markdown, with the figures of `report`."""
    how = report["how"]
    hashes = "\n".join(f"- `{name}` {digest}" for name, digest in report["data"].items())
    return f"""# compact

A small English toxicity model for readers' comments: MiniLM-L6 (22.7 million weights, from all-MiniLM-L6-v2,
Apache-2.0), fine-tuned by this project. Weights are fp16 safetensors; nothing is pickled.

**Labels**, in Detoxify's order, each a probability: toxicity, severe_toxicity, obscene, threat, insult,
identity_attack. Frequent emoji have their own places in the vocabulary. `calibration.json` holds a first curve per
label for the priors it names. `spans_head.safetensors` (weight 1 × 384, bias 1) turns the last hidden state of each
token into a logit: is this token part of what makes the comment toxic?

**For**: sorting and pre-filtering comments with people deciding. **Not for**: judging persons, or deciding alone.

## Measured {report["date"]} ({report["machine"]})

{evaluate.table(report["development"])}

Marked words (spans_dev): character F1 {report["spans"]["f1"]:.3f} at threshold {report["spans"]["threshold"]}
on {report["spans"]["comments"]} comments.

## Limits

{LIMITS}
## Training

{how["what"]}. `python -m moderation.scoring.training --data DIR` does
it again; plan of the last: {", ".join(f"{key} {value}" for key, value in how["plan"].items())}.
No row of a development set, nor a near-copy of one, was trained on.

{SOURCES}
SHA-256 of the files:

{hashes}
"""
