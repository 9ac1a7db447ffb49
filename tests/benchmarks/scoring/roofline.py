"""How many fp32 products a second this machine can do at most, on matrices of the shapes that a checkpoint multiplies.

The best of three libraries: PyTorch's, NumPy's, and ONNX Runtime's with one product for each core side by side, which
is how the engine uses it. None of them alone is an upper bound.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

ROWS = 1024  # tokens in a micro-batch
SECONDS = 0.4  # for each library and shape
CORES = len(os.sched_getaffinity(0))


def products_per_second(hidden: int, inner: int) -> tuple[float, str]:
    """The most multiplications and additions of any library on any of the three shapes, and whose they are."""
    rng = np.random.default_rng(1)
    found: dict[str, float] = {}
    for wide, narrow in ((hidden, 3 * hidden), (hidden, inner), (inner, hidden)):
        a = rng.standard_normal((ROWS, wide), dtype=np.float32)
        b = rng.standard_normal((wide, narrow), dtype=np.float32)
        for name, make in {"torch": _torch, "numpy": _numpy, "onnxruntime": _onnxruntime}.items():
            rate = _rate(*make(a, b)) * 2 * ROWS * wide * narrow
            found[name] = max(found.get(name, 0.0), rate)
    best = max(found, key=lambda name: found[name])
    return found[best], best


def _rate(product: Callable[[], object], side_by_side: int) -> float:
    """Products a second, all cores together: the best of four looks, each at several products."""

    def many(_who: int) -> int:
        done, ends = 0, time.perf_counter() + SECONDS / 4
        while time.perf_counter() < ends:
            product()
            done += 1
        return done

    product()
    best = 0.0
    with ThreadPoolExecutor(side_by_side) as threads:
        for _look in range(4):
            start = time.perf_counter()
            done = sum(threads.map(many, range(side_by_side)))
            best = max(best, done / (time.perf_counter() - start))
    return best


def _torch(a: np.ndarray, b: np.ndarray) -> tuple[Callable[[], object], int]:
    import torch

    left, right = torch.from_numpy(a), torch.from_numpy(b)
    return lambda: left @ right, 1


def _numpy(a: np.ndarray, b: np.ndarray) -> tuple[Callable[[], object], int]:
    return lambda: a @ b, 1


def _onnxruntime(a: np.ndarray, b: np.ndarray) -> tuple[Callable[[], object], int]:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, list(a.shape))],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [a.shape[0], b.shape[1]])],
        [numpy_helper.from_array(b, "b")],  # a weight, as in the engine: it is laid out once
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"a": a}), CORES
