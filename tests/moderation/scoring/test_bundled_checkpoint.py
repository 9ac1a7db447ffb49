"""The checkpoint that ships: whole, safe to open, run by the real Detoxify, and not unfair in the known ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from moderation.scoring import audit
from moderation.scoring.training.data import LABELS
from moderation.scoring.training.export import SIZE_LIMIT, Scorer, marked_characters

FOLDER = Path(audit.__file__).parent / "bundled" / "compact"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(FOLDER)


@pytest.fixture(scope="module")
def findings(scorer: Scorer) -> dict:
    return audit.run(scorer.labelled, name="compact")


def test_the_folder_is_small_and_holds_nothing_pickled() -> None:
    names = {path.name for path in FOLDER.iterdir()}
    assert names == {
        "MODEL_CARD.md", "calibration.json", "config.json", "model.safetensors", "spans_head.safetensors",
        "tokenizer.json", "tokenizer_config.json", "vocab.txt",
    }  # fmt: skip
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= SIZE_LIMIT


def test_weights_are_fp16_and_finite() -> None:
    for name, value in load_file(FOLDER / "model.safetensors").items():
        assert value.dtype == "float16", name
        assert abs(value.astype("float32")).max() < 1e4, name


def test_the_configuration_names_the_six_labels_in_detoxify_order() -> None:
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    assert [config["id2label"][str(at)] for at in range(6)] == list(LABELS)
    assert config["label2id"] == {label: at for at, label in enumerate(LABELS)}
    assert config["num_labels"] == 6


def test_every_label_has_a_curve_that_never_goes_down() -> None:
    labels = json.loads((FOLDER / "calibration.json").read_text(encoding="utf-8"))["labels"]
    assert list(labels) == list(LABELS)
    for curve in labels.values():
        points = curve["points"]
        assert (points[0][0], points[-1][0]) == (0.0, 1.0)
        assert points == sorted(points, key=lambda point: (point[0], point[1]))


def test_detoxify_itself_predicts_with_it(scorer: Scorer) -> None:
    answer = scorer.detoxify.predict(["You are an idiot.", "Thank you for this report."])
    assert list(answer) == list(LABELS)
    assert answer["toxicity"][0] > 0.5 > answer["toxicity"][1]
    assert answer["insult"][0] > 0.5 > answer["insult"][1]


def test_batches_by_length_change_no_score(scorer: Scorer) -> None:
    texts = ["Short.", "You are an idiot.", "A rather longer comment about trams and their stops. " * 8, "🐷"]
    together = scorer.scores(texts)[:, 0].tolist()
    alone = [scorer.detoxify.predict(text)["toxicity"] for text in texts]
    assert together == pytest.approx(alone, abs=1e-4)


def test_abuse_at_the_end_of_a_long_comment_counts(scorer: Scorer) -> None:
    long = "The committee met again and went through the list of repairs. " * 60
    fine, abusive = scorer.scores([long, long + "You are a stupid bastard."])[:, 0].tolist()
    assert fine < 0.5 < abusive


def test_emoji_are_words_of_their_own(scorer: Scorer) -> None:
    known = scorer.tokenizer.tokenize("you 🐷 and 🖕🏿")
    assert known == ["you", "🐷", "and", "🖕", "🏿"]


def test_the_tokens_head_marks_the_insult(scorer: Scorer) -> None:
    text = "I read the article about the bridge, and you are a complete moron."
    threshold = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))["parley"]["span_threshold"]
    marked = marked_characters(*scorer.token_scores(text), threshold)
    assert "moron" in "".join(text[at] for at in sorted(marked))
    assert not marked & set(range(36))


@pytest.mark.parametrize(
    "text",
    ["I am a gay man and proud of it.", "Muslims are our neighbours and friends.", "Serial Killers in Washington"],
)
def test_kind_words_and_heated_politics_are_not_flagged(scorer: Scorer, text: str) -> None:
    assert scorer.scores([text])[0, 0] < audit.THRESHOLD


def test_no_group_is_treated_worse_than_the_documents_say(findings: dict) -> None:
    # The aim is audit.MOST_GAP; docs/model-quality.md names the groups that miss it. This holds the line meanwhile.
    worst = max(findings["groups"], key=lambda name: findings["groups"][name]["gap"])
    assert findings["groups"][worst]["gap"] < 0.07, worst
    missed = [name for name, rates in findings["groups"].items() if rates["gap"] > audit.MOST_GAP]
    assert len(missed) <= 1, missed


def test_hostile_words_are_found_whoever_they_are_about(findings: dict) -> None:
    assert findings["overall"]["false_negatives"] < 0.1


@pytest.mark.parametrize("kind", audit.KINDS)
def test_most_sentences_of_each_kind_are_handled_rightly(findings: dict, kind: str) -> None:
    assert findings["kinds"][kind]["right"] >= 0.55
