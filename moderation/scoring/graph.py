"""Build the ONNX graph of a BERT-like classifier straight from its weights.

No exporter is involved, so neither torch nor its tracing decides what runs. Two things are done here that a traced
graph does not do: the query, key and value projections are one product, and the last layer is computed for the
first token only, because the classifier reads nothing else (one eighth of a six-layer model's work, and exact).

Shapes: ``input_ids`` and ``mask`` are [rows, width] int64 / int32; ``logits`` is [rows, labels] float32;
``hidden`` (``tokens=True`` only) is [rows, width, features] float32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

Array = NDArray[Any]
Weights = Mapping[str, Array]

OPSET, CONTRIB = 18, "com.microsoft"
LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "mixed_norm": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "norm": "output.LayerNorm",
}
ALBERT_LAYER = {
    "query": "attention.query",
    "key": "attention.key",
    "value": "attention.value",
    "mixed": "attention.dense",
    "mixed_norm": "attention.LayerNorm",
    "wide": "ffn",
    "narrow": "ffn_output",
    "norm": "full_layer_layer_norm",
}


class Graph:
    """Collects nodes and initializers; every method returns the name of the tensor it makes."""

    def __init__(
        self,
        weights: Weights,
        config: Mapping[str, Any],
        *,
        quantised: bool,
        factors: Weights | None = None,
        probing: bool = False,
    ) -> None:
        self.weights, self.config = weights, config
        self.quantised, self.factors, self.probing = quantised, factors or {}, probing
        self.inputs: dict[str, list[str]] = {}
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.epsilon = float(config.get("layer_norm_eps", 1e-12))

    def constant(self, name: str, value: Array) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def add(self, kind: str, inputs: list[str], *, domain: str = "", **attributes: Any) -> str:
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def linear(self, x: str, *names: str, exact: bool = False) -> str:
        """``x @ W.T + b``; several names are joined into one product. Exact products are never quantised."""
        weight = np.concatenate([self.weights[f"{name}.weight"] for name in names]).T.astype(np.float32)
        bias = np.concatenate([self.weights[f"{name}.bias"] for name in names]).astype(np.float32)
        key = "+".join(names)
        b = self.constant(f"{key}.b", bias)
        if self.quantised and not exact:
            self.inputs.setdefault(key, []).append(x)
        if exact or not self.quantised or self.probing:
            return self.add("Add", [self.add("MatMul", [x, self.constant(f"{key}.w", weight)]), b])
        if key in self.factors:
            factor = self.factors[key].astype(np.float32)
            x = self.add("Mul", [x, self.constant(f"{key}.f", 1 / factor)])
            weight = weight * factor[:, None]
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-12) / 127
        small = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
        inputs = [x, self.constant(f"{key}.q", small), self.constant(f"{key}.s", scale.astype(np.float32)), "", b]
        return self.add("DynamicQuantizeMatMul", inputs, domain=CONTRIB)

    def norm(self, x: str, name: str, skip: str = "") -> str:
        """Layer normalisation (of the sum with ``skip``), in steps: ONNX Runtime's own kernels for it, and for the
        whole, go number by number and take four times as long. Multiplied by the reciprocal and not divided, because
        what is divided would be recognised and joined again."""
        gamma = self.constant(f"{name}.g", self.weights[f"{name}.weight"].astype(np.float32))
        beta = self.constant(f"{name}.h", self.weights[f"{name}.bias"].astype(np.float32))
        last = self.constant("last", np.array([-1], np.int64))
        epsilon = self.constant("epsilon", np.array([self.epsilon], np.float32))
        x = self.add("Add", [x, skip]) if skip else x
        centred = self.add("Sub", [x, self.add("ReduceMean", [x, last], keepdims=1)])
        variance = self.add("ReduceMean", [self.add("Mul", [centred, centred]), last], keepdims=1)
        spread = self.add("Reciprocal", [self.add("Sqrt", [self.add("Add", [variance, epsilon])])])
        return self.add("Add", [self.add("Mul", [self.add("Mul", [centred, spread]), gamma]), beta])

    def activation(self, x: str) -> str:
        kind = str(self.config.get("hidden_act", "gelu"))
        if kind == "gelu":
            return self.add("Gelu", [x], domain=CONTRIB)
        if kind in {"gelu_new", "gelu_pytorch_tanh"}:
            return self.add("FastGelu", [x], domain=CONTRIB)
        if kind == "relu":
            return self.add("Relu", [x])
        raise ValueError(f"the activation {kind!r} is not known")

    def table(self, name: str, value: Array) -> str:
        """An embedding table, kept at half size where that loses nothing (weights that were stored in 16 bits)."""
        half = value.astype(np.float16)
        if np.array_equal(half.astype(np.float32), value.astype(np.float32)):
            return self.add(
                "Cast", [self.add("Gather", [self.constant(name, half), "input_ids"])], to=TensorProto.FLOAT
            )
        return self.add("Gather", [self.constant(name, value.astype(np.float32)), "input_ids"])

    def embeddings(self, prefix: str) -> str:
        """Word, position and type embeddings, summed and normalised."""
        w, base = self.weights, f"{prefix}.embeddings"
        positions = w[f"{base}.position_embeddings.weight"].astype(np.float32)
        if self.config["model_type"] in {"roberta", "xlm-roberta"}:
            positions = positions[int(self.config.get("pad_token_id", 1)) + 1 :]
        positions = positions + w[f"{base}.token_type_embeddings.weight"][0].astype(np.float32)
        words = self.table("words", w[f"{base}.word_embeddings.weight"])
        one, two, zero = (self.constant(f"i{i}", np.array([i], np.int64)) for i in (1, 2, 0))
        width = self.add("Slice", [self.add("Shape", ["input_ids"]), one, two, zero])
        rows = self.add("Slice", [self.constant("positions", positions), zero, width, zero])
        x = self.norm(self.add("Add", [words, rows]), f"{base}.LayerNorm")
        if f"{prefix}.encoder.embedding_hidden_mapping_in.weight" in w:
            x = self.linear(x, f"{prefix}.encoder.embedding_hidden_mapping_in")
        return x

    def layer(self, x: str, base: str, names: Mapping[str, str], *, first_only: bool) -> str:
        """One post-norm transformer layer; ``first_only`` computes its output for the first token alone."""
        at = {short: f"{base}.{long}" for short, long in names.items()}
        size = int(self.config["hidden_size"])
        parts = ["key", "value"] if first_only else ["query", "key", "value"]
        joined = self.linear(x, *(at[part] for part in parts))
        split = self.constant(f"split{len(parts)}", np.array([size] * len(parts), np.int64))
        outputs = [f"{joined}.{part}" for part in parts]
        self.nodes.append(helper.make_node("Split", [joined, split], outputs, axis=-1))
        if first_only:
            zero, one = (self.constant(f"i{i}", np.array([i], np.int64)) for i in (0, 1))
            x = self.add("Slice", [x, zero, one, one])
            outputs.insert(0, self.linear(x, at["query"]))
        mixed = self.add(
            "MultiHeadAttention",
            [*outputs, "", "mask"],
            domain=CONTRIB,
            num_heads=int(self.config["num_attention_heads"]),
            scale=1 / math.sqrt(size / int(self.config["num_attention_heads"])),
        )
        x = self.norm(self.linear(mixed, at["mixed"]), at["mixed_norm"], skip=x)
        wide = self.activation(self.linear(x, at["wide"]))
        return self.norm(self.linear(wide, at["narrow"]), at["norm"], skip=x)

    def head(self, x: str, prefix: str) -> str:
        """Pooler and classifier on the first token: [rows, 1, features] -> [rows, labels]."""
        x = self.add("Squeeze", [x, self.constant("i1", np.array([1], np.int64))])
        if prefix in {"bert", "albert"}:
            pooler = "bert.pooler.dense" if prefix == "bert" else "albert.pooler"
            return self.linear(self.add("Tanh", [self.linear(x, pooler, exact=True)]), "classifier", exact=True)
        dense = self.add("Tanh", [self.linear(x, "classifier.dense", exact=True)])
        return self.linear(dense, "classifier.out_proj", exact=True)


def build(
    weights: Weights,
    config: Mapping[str, Any],
    *,
    quantised: bool = False,
    tokens: bool = False,
    factors: Weights | None = None,
) -> ModelProto:
    """The whole model as one ONNX graph. Raises KeyError where a weight is missing.

    ``factors`` (for ``quantised``) divide the input channels of each product; see ``quantising``.
    """
    return assemble(Graph(weights, config, quantised=quantised, factors=factors), tokens=tokens)


def assemble(graph: Graph, *, tokens: bool) -> ModelProto:
    """Run the layers through ``graph`` and close it."""
    config = graph.config
    prefix = "roberta" if config["model_type"] == "xlm-roberta" else str(config["model_type"])
    x = graph.embeddings(prefix)
    count = int(config["num_hidden_layers"])
    for index in range(count):
        first_only = index == count - 1 and not tokens
        if prefix == "albert":
            base = "albert.encoder.albert_layer_groups.0.albert_layers.0"
            x = graph.layer(x, base, ALBERT_LAYER, first_only=first_only)
        else:
            x = graph.layer(x, f"{prefix}.encoder.layer.{index}", LAYER, first_only=first_only)
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", "labels"])]
    if tokens:
        outputs.append(helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["rows", "width", "features"]))
        graph.nodes.append(helper.make_node("Identity", [x], ["hidden"]))
        zero, one = (graph.constant(f"i{i}", np.array([i], np.int64)) for i in (0, 1))
        x = graph.add("Slice", [x, zero, one, one])
    graph.nodes.append(helper.make_node("Identity", [graph.head(x, prefix)], ["logits"]))
    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["rows", "width"]),
        helper.make_tensor_value_info("mask", TensorProto.INT32, ["rows", "width"]),
    ]
    proto = helper.make_graph(graph.nodes, "classifier", inputs, outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(proto, opset_imports=opsets, ir_version=9)
