"""What goes into training, and what must never."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest

from moderation.scoring import audit
from moderation.scoring.training import data, evasion, swaps, written


def record(text: str, source: str = "jigsaw6", **labels: float | None) -> dict[str, object]:
    return {"text": text, "source": source, **dict.fromkeys(data.LABELS, 0.0), **labels}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        record("A perfectly ordinary comment about trams."),
        record("This one, sadly, is ALSO in the development set!"),
        record("You utter fool", toxicity=1.0, obscene=None),
        record("you utter fool."),
    ]
    with gzip.open(tmp_path / "train.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    for name in data.DEV_SETS:
        (tmp_path / f"{name}.jsonl").write_text(
            json.dumps(record("this one sadly is also in the development set")) + "\n", encoding="utf-8"
        )
    for name in ("spans_train", "spans_dev"):
        with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["spans", "text"])
            writer.writerow(
                [str([10, 11, 12, 13]), "You utter fool"] if name == "spans_train" else ["[]", "Quite fine"]
            )
    return tmp_path


def test_a_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(data.DataMissingError, match=r"train\.jsonl\.gz.*\n.*docs/model-quality\.md"):
        data.check_folder(tmp_path)


def test_a_complete_folder_passes_and_its_hashes_are_recorded(folder: Path) -> None:
    data.check_folder(folder)
    hashes = data.fingerprint(folder)
    assert set(hashes) == set(data.NEEDED)
    assert all(len(digest) == 64 for digest in hashes.values())


def test_development_comments_and_second_copies_never_reach_training(folder: Path) -> None:
    rows = list(data.without(data.read_rows(folder / "train.jsonl.gz"), data.held_out_keys(folder)))
    assert [row.text for row in rows] == ["A perfectly ordinary comment about trams.", "You utter fool"]


def test_a_long_comment_with_a_changed_end_is_still_recognised() -> None:
    long = "The council met on Tuesday and talked about the tram for hours. " * 5
    assert set(data.text_keys(long)) & set(data.text_keys(long + " Greetings, a reader"))


def test_unknown_labels_stay_unknown(folder: Path) -> None:
    row = next(row for row in data.read_rows(folder / "train.jsonl.gz") if row.text == "You utter fool")
    assert row.labels[0] == 1.0
    assert math.isnan(row.labels[2])


def test_marked_words_keep_their_place_when_white_space_differs(folder: Path) -> None:
    rows = [data.Row("  You utter fool", "jigsaw6", (1.0,) * 6), data.Row("unmarked", "jigsaw6", (0.0,) * 6)]
    assert data.attach_spans(rows, folder) == 1
    assert rows[0].spans is not None
    assert "".join(rows[0].text[at] for at in rows[0].spans) == "fool"
    assert rows[1].spans is None


def test_the_mix_is_the_same_for_the_same_seed_and_leaves_a_source_out_on_request() -> None:
    rows = [data.Row(f"text {at}", source, (at % 2,) * 6) for at in range(40) for source in ("jigsaw6", "edos")]
    first, second = (data.balanced(rows, seed=3, scale=0.001) for _ in range(2))
    assert [row.text for row in first] == [row.text for row in second]
    assert {row.source for row in data.balanced(rows, seed=3, leave_out="saw6")} == {"edos"}


def test_every_written_kind_yields_its_rows_without_open_slots() -> None:
    rows = written.rows(seed=1, scale=0.05)
    assert {row.source for row in rows} == {f"written: {kind}" for kind in written.KINDS}
    assert not [row.text for row in rows if "{" in row.text or "}" in row.text]
    assert rows == written.rows(seed=1, scale=0.05)


def test_written_patterns_and_audit_sentences_have_nothing_in_common() -> None:
    patterns = {data.text_keys(line)[0] for kind in written.KINDS for line in written.lines(kind)}
    audited = {data.text_keys(case.text)[0] for case in audit.kind_cases()}
    for tone in ("polite", "neutral", "hostile"):
        audited |= {data.text_keys(line)[0] for line in audit.lines(tone)}
    assert not patterns & audited


def test_written_rows_do_not_repeat_an_audit_sentence() -> None:
    audited = {data.text_keys(case.text)[0] for case in [*audit.group_cases(), *audit.kind_cases()]}
    assert not [row.text for row in written.rows(seed=20) if data.text_keys(row.text)[0] in audited]


@pytest.mark.parametrize("trick", evasion.TRICKS, ids=lambda trick: trick.__name__.strip("_"))
def test_each_trick_changes_an_insult(trick) -> None:
    assert trick("idiot", np.random.default_rng(1)) != "idiot"


def test_disguise_leaves_short_words_and_numbers_alone() -> None:
    assert evasion.disguise("it is 12 : no", np.random.default_rng(0), share=1.0) == "it is 12 : no"


def test_a_group_is_swapped_for_another_throughout_and_other_uses_of_the_word_stay() -> None:
    swapper, rng = swaps.Swapper(), np.random.default_rng(3)
    changed = swapper.swapped("Gay men vote. So do black people; gay men more than most.", rng)
    assert changed is not None
    first, rest = changed.split(" vote. So do ")
    assert first.casefold() != "gay men"
    assert rest.endswith(f"{first} more than most.")
    assert swapper.swapped("A black box stood in front of the White House.", rng) is None


def test_harmless_comments_on_groups_come_three_times_and_hostile_ones_once() -> None:
    labels = {"kind": (0.0,) * 6, "hostile": (1.0,) * 6}
    rows = [
        data.Row("Muslims live here.", "civil_safe", labels["kind"]),
        data.Row("Muslims lie.", "edos", labels["hostile"]),
    ]
    made = swaps.rows([*rows, data.Row("It rains.", "civil_safe", labels["kind"])], seed=1)
    assert [row.source for row in made] == ["civil_safe"] * 3 + ["edos"]
    assert [row.labels for row in made] == [labels["kind"]] * 3 + [labels["hostile"]]
    assert not any("Muslims " in row.text for row in made)
