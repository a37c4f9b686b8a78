"""LoRA masked per token by role: several adapters on one backbone, each on tokens of its own.

One forward may hold tokens of all roles and of none, so rows of several roles are written
together, and what no role's adapter touches is read once for all of them. Which adapter a token
takes is said before each forward; 0 is none. The sums are peft's: x·W + (x·A)·B·scale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from agent.errors import BackendError

_PREFIX: Final = "base_model.model."


@dataclass(slots=True)
class RoleAdapters:
    """The adapters on one model."""

    names: tuple[str, ...]
    layers: dict[str, AdaptedLinear] = field(default_factory=dict, repr=False)
    """By the name of the module in the model."""
    chosen: torch.Tensor | None = None
    """(rows, tokens): the adapter of each token of the next forward, from 1; None for none at
    all."""

    def index(self, name: str | None) -> int:
        """An adapter's number; 0 for none."""
        return 0 if name is None else self.names.index(name) + 1

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        """One adapter's weights in bfloat16 under peft's names."""
        found = {}
        for module, layer in self.layers.items():
            down, up = layer.parts(self.index(name))
            found[f"{_PREFIX}{module}.lora_A.weight"] = down.to(torch.bfloat16)
            found[f"{_PREFIX}{module}.lora_B.weight"] = up.to(torch.bfloat16)
        return found


class AdaptedLinear(torch.nn.Module):
    """A linear layer with the low-rank sums of several adapters beside it."""

    def __init__(
        self,
        base: torch.nn.Module,
        adapters: RoleAdapters,
        ranks: Sequence[int],
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.base = base
        self._adapters = (adapters,)
        weight: torch.Tensor = base.weight  # type: ignore[assignment]
        total = sum(ranks)
        wide = is_transposed(base)
        inputs, outputs = (weight.shape[0], weight.shape[1]) if wide else weight.shape[::-1]
        made: dict[str, Any] = {"dtype": dtype or weight.dtype, "device": weight.device}
        self.down = torch.nn.Parameter(torch.zeros(inputs, total, **made), requires_grad=False)
        self.up = torch.nn.Parameter(torch.zeros(total, outputs, **made), requires_grad=False)
        self.register_buffer("scales", torch.zeros(len(ranks) + 1, total, **made), persistent=False)
        self.spans: list[slice] = []
        start = 0
        for rank in ranks:
            self.spans.append(slice(start, start + rank))
            start += rank

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.base(x)
        chosen = self._adapters[0].chosen
        if chosen is None:
            return y
        scales: torch.Tensor = self.scales  # type: ignore[assignment]
        low = (x.to(self.down.dtype) @ self.down) * scales[chosen]
        return y + (low @ self.up).to(y.dtype)

    def fill(self, number: int, down: torch.Tensor, up: torch.Tensor, scale: float) -> None:
        """Put the adapter with this number (from 1) in: `down` (rank, inputs), `up` (outputs,
        rank)."""
        span = self.spans[number - 1]
        scales: torch.Tensor = self.scales  # type: ignore[assignment]
        with torch.no_grad():
            self.down[:, span] = down.T.to(self.down)
            self.up[span] = up.T.to(self.up)
            scales[number, span] = scale

    def start(self, scale: float) -> None:
        """As LoRA starts: small random weights down, none up; to be trained from there."""
        scales: torch.Tensor = self.scales  # type: ignore[assignment]
        bound = self.down.shape[0] ** -0.5
        torch.nn.init.uniform_(self.down, -bound, bound)
        for number, span in enumerate(self.spans, 1):
            scales[number, span] = scale
        self.down.requires_grad = self.up.requires_grad = True

    def parts(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Down (rank, inputs) and up (outputs, rank) of an adapter."""
        span = self.spans[number - 1]
        return self.down[:, span].T.contiguous(), self.up[span].T.contiguous()


def is_transposed(module: torch.nn.Module) -> bool:
    """Whether a layer keeps its weight as (inputs, outputs), as GPT-2's do."""
    return type(module).__name__ == "Conv1D"


def with_role_adapters(model: Any, folders: Mapping[str, Path]) -> RoleAdapters:
    """Put adapters that peft saved on a model, in the model's own number format.

    Raises BackendError for an adapter that is no plain LoRA or was made for another backbone.
    """
    adapters = RoleAdapters(tuple(folders))
    read = {name: _read_adapter(folder) for name, folder in folders.items()}
    ranks = [saved.rank for saved in read.values()]
    for number, (folder, saved) in enumerate(zip(folders.values(), read.values(), strict=True), 1):
        for module, (down, up) in saved.layers.items():
            layer = _adapted_layer(model, adapters, module, ranks, folder)
            if layer.down.shape[0] != down.shape[1] or layer.up.shape[1] != up.shape[0]:
                raise BackendError(
                    str(folder),
                    f"made for another backbone: {module} has {tuple(layer.down.shape)[:1]} inputs",
                )
            layer.fill(number, down, up, saved.scale)
    return adapters


def fresh_role_adapters(
    model: Any, names: Sequence[str], modules: Sequence[str], rank: int
) -> RoleAdapters:
    """New adapters on these modules, in float32, ready to be trained."""
    adapters = RoleAdapters(tuple(names))
    for module in modules:
        layer = AdaptedLinear(
            model.get_submodule(module), adapters, [rank] * len(names), torch.float32
        )
        layer.start(2.0)
        _replace(model, module, layer)
        adapters.layers[module] = layer
    return adapters


def remove_adapters(model: Any, adapters: RoleAdapters) -> None:
    """Leave a model as it was before it had them."""
    for module, layer in adapters.layers.items():
        _replace(model, module, layer.base)


def _replace(model: Any, module: str, layer: torch.nn.Module) -> None:
    parent, _, name = module.rpartition(".")
    setattr(model.get_submodule(parent), name, layer)


def _adapted_layer(
    model: Any, adapters: RoleAdapters, module: str, ranks: Sequence[int], folder: Path
) -> AdaptedLinear:
    if module in adapters.layers:
        return adapters.layers[module]
    try:
        base = model.get_submodule(module)
    except AttributeError as error:
        raise BackendError(
            str(folder), f"made for another backbone: this one has no layer {module}"
        ) from error
    layer = AdaptedLinear(base, adapters, ranks)
    _replace(model, module, layer)
    adapters.layers[module] = layer
    return layer


@dataclass(frozen=True, slots=True)
class _Saved:
    rank: int
    scale: float
    layers: Mapping[str, tuple[torch.Tensor, torch.Tensor]]
    """Module → (down, up)."""


def _read_adapter(folder: Path) -> _Saved:
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "adapter_model.safetensors")
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
    except (OSError, ValueError, KeyError) as error:
        raise BackendError(str(folder), f"no readable adapter ({error!r})") from error
    if config.get("peft_type") != "LORA" or config.get("use_dora") or config.get("rank_pattern"):
        raise BackendError(str(folder), "is no plain LoRA adapter of one rank")
    layers = {}
    for name, down in weights.items():
        module, found, rest = name.removeprefix(_PREFIX).partition(".lora_A.")
        if found:
            layers[module] = (down, weights[f"{_PREFIX}{module}.lora_B.{rest}"])
    if 2 * len(layers) != len(weights):
        raise BackendError(str(folder), "holds more than the low-rank weights of linear layers")
    scale = alpha / (rank**0.5 if config.get("use_rslora") else rank)
    return _Saved(rank, scale, layers)
