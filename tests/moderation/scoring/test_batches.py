from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring import batches

lengths = st.lists(st.integers(1, 512), max_size=200)


@given(lengths, st.integers(1, 4096))
def test_every_row_is_in_exactly_one_batch(given_lengths: list[int], budget: int) -> None:
    cut = list(batches.by_length(given_lengths, budget))
    assert sorted(index for batch in cut for index in batch) == list(range(len(given_lengths)))


@given(lengths, st.integers(1, 4096))
def test_a_padded_batch_keeps_to_its_budget_unless_one_row_is_larger(given_lengths: list[int], budget: int) -> None:
    for batch in batches.by_length(given_lengths, budget):
        padded = len(batch) * max(given_lengths[index] for index in batch)
        assert padded <= budget or len(batch) == 1


@given(st.integers(0, 20_000), st.integers(40, 510), st.integers(0, 20))
def test_windows_cover_every_token_and_share_the_overlap(length: int, room: int, overlap: int) -> None:
    cut = batches.windows(length, room, overlap)
    assert cut[0][0] == 0
    assert cut[-1][1] == length
    assert all(end - start <= room for start, end in cut)
    assert all(before[1] - after[0] >= overlap for before, after in itertools.pairwise(cut))


def test_a_text_that_fits_is_one_window() -> None:
    assert batches.windows(254, 254, 48) == [(0, 254)]


@given(st.lists(st.booleans(), max_size=3000), st.integers(1, 30), st.integers(31, 130), st.integers(0, 20))
def test_pieces_cover_every_token_and_end_where_sentences_do(
    ends: list[bool], least: int, most: int, overlap: int
) -> None:
    cut = batches.pieces(ends, least, most, overlap)
    assert {token for start, stop in cut for token in range(start, stop)} == set(range(len(ends)))
    assert all(stop - start <= most + least for start, stop in cut)
    for (_, stop), (start, _) in itertools.pairwise(cut):
        assert start == (stop if ends[stop - 1] else stop - overlap)


def test_a_sentence_is_not_cut_where_it_fits() -> None:
    ends = [False] * 9 + [True] + [False] * 24 + [True] + [False] * 5
    assert batches.pieces(ends, 20, 63, 20) == [(0, 40)]
    assert batches.pieces([*ends, *[False] * 20, True], 20, 63, 20) == [(0, 35), (35, 61)]
