"""What a batch needed goes back to the system."""

from __future__ import annotations

import gc

import psutil

from moderation.scoring import memory


def test_freed_memory_leaves_the_process() -> None:
    process = psutil.Process()
    blocks = [bytearray(60_000) for _ in range(3_000)]  # below the size that malloc maps by itself
    last = bytearray(60_000)  # stands on top of the heap, so that it cannot simply shrink
    full = process.memory_info().rss
    del blocks
    gc.collect()
    memory.give_back()
    assert full - process.memory_info().rss > 90_000_000
    assert len(last) == 60_000


def test_elsewhere_nothing_happens(monkeypatch) -> None:
    loaded: list[object] = []
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda *names: loaded.append(names))
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    memory._trim.cache_clear()
    try:
        assert memory._trim() is None
        memory.give_back()
    finally:
        memory._trim.cache_clear()
    assert loaded == []


def test_short_questions_do_not_each_pay_for_it(monkeypatch) -> None:
    times: list[int] = []
    monkeypatch.setattr(memory, "give_back", lambda: times.append(1))
    monkeypatch.setattr(memory, "_scored", 0)
    for _ in range(99):
        memory.after(memory.EVERY // 100)
    assert times == []
    memory.after(memory.EVERY // 100)
    memory.after(memory.EVERY - 1)
    assert times == [1]
    memory.after(memory.EVERY)
    assert times == [1, 1]
