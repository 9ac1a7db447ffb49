"""One worker's training: bf16 weights with fp32 masters, layer-wise rates, averaged weights.

bf16 halves the time on CPUs that multiply it natively and costs little elsewhere; the fp32 masters keep
small updates from being rounded away. The weights that are exported are an exponential moving average.
`workers.py` runs several of these side by side.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.nn import functional
from transformers import BertForSequenceClassification

from .batches import Tensors
from .body import SpansHead

# The head learns fast; toxicity weighs most, rare labels still count.
LABEL_LOSS = torch.tensor([2.0, 0.7, 1.0, 0.8, 1.2, 1.0])


@dataclass(slots=True)
class Plan:
    """Everything that shapes a run besides the rows.

    `budget` is padded tokens in a batch, `rate` the top layer's rate (each layer below times `layer_decay`),
    `together` the steps between two averagings of the workers, `average` the decay of the moving average at each.
    """

    seed: int = 20
    epochs: int = 1
    budget: int = 1280
    rate: float = 1.5e-4
    head_rate: float = 6e-4
    embedding_rate: float = 3.75e-5
    layer_decay: float = 0.85
    warm_up: float = 0.06
    weight_decay: float = 0.01
    average: float = 0.97
    together: int = 8
    workers: int = 2
    spans_weight: float = 0.3
    minutes: float = 600.0
    save_every: float = 240.0


class Trainer:
    """Holds the bf16 model, the fp32 masters, their average, and where in the plan we are."""

    def __init__(self, model: BertForSequenceClassification, spans: SpansHead, plan: Plan) -> None:
        self.plan = plan
        self.modules = torch.nn.ModuleDict({"model": model, "spans": spans})
        self.masters: dict[str, torch.Tensor] = {}
        groups = []
        for name, parameter in self.modules.named_parameters():
            rate = self._rate(name, model.config.num_hidden_layers)
            parameter.requires_grad = rate > 0
            if rate > 0:
                self.masters[name] = parameter.detach().float().clone()
                decay = plan.weight_decay if parameter.dim() > 1 and "embeddings" not in name else 0.0
                groups.append({"params": [self.masters[name]], "lr": rate, "top": rate, "weight_decay": decay})
        self.average = {name: master.clone() for name, master in self.masters.items()}
        self.modules.bfloat16()
        self.live = {name: parameter for name, parameter in self.modules.named_parameters() if parameter.requires_grad}
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-7, foreach=True)
        self.step = 0
        self.rows_seen = 0
        self.spent = 0.0

    def _rate(self, name: str, layers: int) -> float:
        plan = self.plan
        if name.startswith("spans.") or "classifier" in name:
            return plan.head_rate
        if "pooler" in name:
            return plan.rate
        if "embeddings" in name:
            return plan.embedding_rate
        depth = int(name.split("layer.")[1].split(".", maxsplit=1)[0])
        return plan.rate * plan.layer_decay ** (layers - 1 - depth)

    def read(self, batch: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        """The last states (rows × tokens × features) and the logits (rows × six, fp32) of a batch."""
        model = self.modules["model"]
        hidden = model.bert(batch.ids, attention_mask=batch.mask)
        return hidden.last_hidden_state, model.classifier(hidden.pooler_output).float()

    def loss(self, batch: Tensors) -> torch.Tensor:
        """Masked, weighted binary cross-entropy of the labels, plus that of the marked tokens."""
        states, logits = self.read(batch)
        weights = batch.weights * LABEL_LOSS
        each = functional.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none")
        loss = (each * weights).sum() / (len(batch.ids) * LABEL_LOSS.sum() * 0.6)
        known = batch.token_targets >= 0
        if self.plan.spans_weight and known.any():
            tokens = self.modules["spans"](states[known]).float().squeeze(-1)
            per_token = functional.binary_cross_entropy_with_logits(
                tokens, batch.token_targets[known].float(), reduction="sum"
            )
            marked_rows = known.any(dim=1).sum()
            loss = loss + self.plan.spans_weight * per_token / known.sum() * marked_rows / len(batch.ids)
        return loss

    def update(self, batch: Tensors, progress: float) -> float:
        """One step at `progress` (0..1) of the cosine schedule; returns the loss."""
        plan = self.plan
        warm = min(1.0, (progress + 1e-4) / plan.warm_up)
        factor = warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * factor
        loss = self.loss(batch)
        loss.backward()
        for name, parameter in self.live.items():
            self.masters[name].grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters.values(), 1.0)
        self.optimizer.step()
        self.step += 1
        with torch.no_grad():
            torch._foreach_copy_(list(self.live.values()), list(self.masters.values()))
        return float(loss.detach())

    @torch.no_grad()
    def flat(self) -> torch.Tensor:
        """All masters in one vector."""
        return torch.cat([master.flatten() for master in self.masters.values()])

    @torch.no_grad()
    def take(self, flat: torch.Tensor, syncs: int) -> None:
        """Go on from `flat`, the mean of all workers' masters, and move the average towards it."""
        at = 0
        for master in self.masters.values():
            master.copy_(flat[at : at + master.numel()].view_as(master))
            at += master.numel()
        torch._foreach_copy_(list(self.live.values()), list(self.masters.values()))
        keep = min(self.plan.average, syncs / (syncs + 10))
        torch._foreach_lerp_(list(self.average.values()), list(self.masters.values()), 1 - keep)

    def save(self, path: Path) -> None:
        """Write a resumable state; replaces the file only once it is complete."""
        state = {
            "masters": self.masters,
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "rows_seen": self.rows_seen,
            "spent": self.spent,
            "plan": asdict(self.plan),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> None:
        """Continue from a state that `save` wrote."""
        state = torch.load(path, weights_only=True)
        with torch.no_grad():
            for name, master in self.masters.items():
                master.copy_(state["masters"][name])
                self.average[name].copy_(state["average"][name])
                self.live[name].copy_(master)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.rows_seen, self.spent = state["step"], state["rows_seen"], state["spent"]

    def averaged(self) -> dict[str, torch.Tensor]:
        """The averaged weights (fp32) under the names of the module dictionary, frozen ones included."""
        state = {name: value.float() for name, value in self.modules.state_dict().items()}
        return {**state, **{name: value.clone() for name, value in self.average.items()}}
