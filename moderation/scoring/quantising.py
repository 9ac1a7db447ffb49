"""Which channels of a model's activations stand out, so that eight bits are not spent on them.

In a transformer a handful of channels are ten times larger than the rest, and one scale for all of them leaves
the rest a few steps. Dividing a channel by ``f`` and multiplying its weights by ``f`` changes nothing in exact
arithmetic and much in int8 (Xiao et al. 2023, SmoothQuant); here only channels beyond the 80th percentile are moved,
and those half the way (the square root): more cost more in the weights than it won.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from moderation.scoring import graph

ORDINARY = 0.8
"""Quantile of the channels' ranges up to which a channel is ordinary."""
POWER = 0.5
"""How far the rest is moved: 1 would bring every channel down to that quantile."""

SENTENCES = (
    "You are a complete idiot and everyone here knows it.",
    "Thanks for the thoughtful article, I learned something today.",
    "Has anybody actually READ the bill??? Page 14, people!",
    "The council voted 7 to 2 against the new bus lane on Friday.",
    "lol what a clown, go back to your basement you pathetic little troll",
    "I disagree with the author, but this is a fair summary of both sides.",
    "Women like that should keep their mouths shut.",
    "My grandmother came here from Poland in 1951 and worked in the mill all her life.",
    "This government is a disgrace: lies, waste, and more lies!",
    "I will find you and you will be sorry.",
    "Shut the fuck up, you ignorant piece of shit.",
    "Does anyone know whether the library is open on Sundays?",
    "Those people are vermin and do not belong in our country.",
    "Great photo. Where was it taken? https://example.org/photo.jpg",
    "He said 'you are stupid' and she simply laughed, which I found wonderful.",
    "As a gay man and a Catholic I have heard it all before; please stop.",
    "WAKE UP!!!! THEY ARE ALL CORRUPT AND THE PRESS IS PAID!!!!",
    "Prices rose by 3.4 % last year, wages by 1.1 %; no wonder folks are angry.",
    "The referee was blind, the coach is useless, and we still won 3-2. What a match!",
    "Sources? You can't just make things up and call it an opinion.",
    "nobody asked u dumbass",
    "In my view the court got this one right, although the reasoning in part two is thin.",
    "Kill yourself, nobody would miss you.",
    "Congratulations to the whole team, and good luck with the second edition!",
)


def ranges(weights: graph.Weights, config: Mapping[str, Any], rows: Sequence[Sequence[int]]) -> dict[str, NDArray[Any]]:
    """For each product that will be quantised, the largest absolute input of each channel over ``rows``."""
    import onnxruntime

    probe = graph.Graph(weights, config, quantised=True, probing=True)
    model = graph.assemble(probe, tokens=False)
    names = sorted({name for inputs in probe.inputs.values() for name in inputs})
    for name in names:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    largest = {name: np.float32(1e-3) for name in names}
    for row in rows:  # one at a time: padding must not count
        feed = {"input_ids": np.array([row], np.int64), "mask": np.ones((1, len(row)), np.int32)}
        for name, value in zip(names, session.run(names, feed), strict=True):
            largest[name] = np.maximum(largest[name], np.abs(value).max(axis=(0, 1)))
    return {key: np.max([largest[name] for name in inputs], axis=0) for key, inputs in probe.inputs.items()}


def factors(channels: NDArray[Any]) -> NDArray[np.float32]:
    """By how much each channel is divided: 1 for ordinary ones."""
    ordinary = np.quantile(channels, ORDINARY)
    return np.asarray(np.maximum(1, (channels / ordinary) ** POWER), np.float32)
