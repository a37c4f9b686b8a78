"""What a stage trains: a LoRA adapter of the whole backbone, the three roles' adapters side by side
on the turns of each, or the model itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file, save_file

from agent.backends.local.checkpoint import Checkpoint, bundled_checkpoint, read_checkpoint
from agent.backends.local.model import quiet_transformers
from agent.backends.local.role_adapters import (
    RoleAdapters,
    fresh_role_adapters,
    is_transposed,
    remove_adapters,
)
from agent.training.examples import Pack, tensors
from agent.training.recipes import Flags, Stage, TrainingError
from trajectories.rows import ROLES


class Learner(Protocol):
    """A model in training."""

    model: Any

    def loss(self, pack: Pack, model: Any, device: Any) -> torch.Tensor:
        """The weighted sum of the cross-entropy at a pack's learnt tokens, in nats."""
        ...

    def keep(self, out: Path, backbone: str) -> None:
        """Write the stage's weights under its names in the checkpoint folder, whole or not."""
        ...

    def unload(self) -> Any:
        """The model that the next stage starts from; None where that must be loaded anew."""
        ...


def learner(model: Any, stage: Stage, flags: Flags) -> Learner:
    """The model with fresh adapters on it; for full training the model itself.

    Raises TrainingError where the model has no layer that an adapter could be put on.
    """
    torch.manual_seed(flags.seed)
    if flags.method == "full":
        return _Full(model, stage.name)
    if stage.name == "roles":
        return _ByTurn(model, flags)
    return _Lora(model, stage, flags)


def pack_loss(
    model: Any, pack: Pack, device: Any, adapters: RoleAdapters | None = None
) -> torch.Tensor:
    """The weighted sum of the cross-entropy; the vocabulary is computed at learnt tokens only.

    With role adapters on the model each token goes through the one of whose turn it is.
    """
    batch = tensors(pack)
    if adapters is not None:
        adapters.chosen = batch.roles.to(device)
    logits = model(**{name: tensor.to(device) for name, tensor in batch.inputs.items()})["logits"]
    each = torch.nn.functional.cross_entropy(
        logits[0].float(), batch.wanted.to(device), reduction="none"
    )
    return (each * batch.weights.to(device)).sum()


def learnt_parameters(model: Any) -> list[torch.nn.Parameter]:
    """What of a model is trained."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


class _Full:
    def __init__(self, model: Any, name: str) -> None:
        self.model, self._name = model, name

    def loss(self, pack: Pack, model: Any, device: Any) -> torch.Tensor:
        return pack_loss(model, pack, device)

    def keep(self, out: Path, backbone: str) -> None:
        with quiet_transformers(), _Part(out / self._name) as part:
            self.model.save_pretrained(str(part))

    def unload(self) -> Any:
        return None


class _Lora:
    """peft's LoRA on the linear layers of the uppermost layers."""

    def __init__(self, model: Any, stage: Stage, flags: Flags) -> None:
        self._name = stage.name
        layers = linear_layers(model, flags.layers)
        config = LoraConfig(
            r=stage.rank,
            lora_alpha=2 * stage.rank,
            lora_dropout=0.0,
            target_modules=layers,
            fan_in_fan_out=is_transposed(model.get_submodule(layers[0])),
            task_type="CAUSAL_LM",
        )
        with quiet_transformers():
            self.model = get_peft_model(model, config)
        if flags.start and stage.name == "backbone":
            _go_on(self.model, flags.start)

    def loss(self, pack: Pack, model: Any, device: Any) -> torch.Tensor:
        return pack_loss(model, pack, device)

    def keep(self, out: Path, backbone: str) -> None:
        # A path of this machine is of no use on another one.
        self.model.peft_config["default"].base_model_name_or_path = backbone
        for parameter in learnt_parameters(self.model):
            # Half the size, and what it adds to a weight keeps eight bits.
            parameter.data = parameter.data.to(torch.bfloat16)
        with quiet_transformers(), _Part(out / self._name) as part:
            self.model.save_pretrained(str(part), save_embedding_layers=False)
            (part / "README.md").unlink(missing_ok=True)

    def unload(self) -> Any:
        return self.model.unload()


class _ByTurn:
    """The roles' adapters in one pass: each token goes through the adapter of whose turn it is."""

    def __init__(self, model: Any, flags: Flags) -> None:
        self.model, self._rank = model, flags.role_rank
        for parameter in model.parameters():
            parameter.requires_grad = False
        layers = linear_layers(model, flags.layers)
        self._adapters = fresh_role_adapters(model, ROLES, layers, flags.role_rank)

    def loss(self, pack: Pack, model: Any, device: Any) -> torch.Tensor:
        return pack_loss(model, pack, device, self._adapters)

    def keep(self, out: Path, backbone: str) -> None:
        config = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": backbone,
            "r": self._rank,
            "lora_alpha": 2 * self._rank,
            "lora_dropout": 0.0,
            "bias": "none",
            "fan_in_fan_out": is_transposed(next(iter(self._adapters.layers.values())).base),
            "target_modules": sorted(self._adapters.layers),
        }
        for role in ROLES:
            with _Part(out / role) as part:
                part.mkdir()
                weights = self._adapters.weights(role)
                save_file(weights, part / "adapter_model.safetensors", {"format": "pt"})
                (part / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")

    def unload(self) -> Any:
        remove_adapters(self.model, self._adapters)
        return self.model


def linear_layers(model: Any, uppermost: int) -> list[str]:
    """The linear layers inside the `uppermost` layers (0: all) of any causal language model.

    Raises TrainingError for a model whose layers are not a list in it, or hold none.
    """
    stacks = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.ModuleList)
        and len(module) == getattr(model.config, "num_hidden_layers", 0)
    ]
    if not stacks:
        raise TrainingError(f"{type(model).__name__}: no list of layers that could be adapted")
    prefix, stack = stacks[0]
    first = len(stack) - uppermost if 0 < uppermost < len(stack) else 0
    found = [
        f"{prefix}.{number}.{name}"
        for number in range(first, len(stack))
        for name, module in stack[number].named_modules()
        if isinstance(module, torch.nn.Linear) or is_transposed(module)
    ]
    if not found:
        raise TrainingError(f"{type(model).__name__}: its layers hold no linear layer to adapt")
    return found


def read_start(start: str) -> Checkpoint:
    """The checkpoint that a run goes on from: `umi` is the bundled one."""
    return bundled_checkpoint() if start == "umi" else read_checkpoint(Path(start))


def _go_on(model: Any, start: str) -> None:
    """Put the stage-1 adapter of a checkpoint into a fresh one."""
    found = read_start(start)
    if found.stage1 is None:
        raise TrainingError(f"{start}: has no stage 1 to go on with")
    weights = load_file(found.path / found.stage1 / "adapter_model.safetensors")
    mine: Mapping[str, torch.Tensor] = model.state_dict()
    fresh = {name for name in mine if ".lora_" in name}
    given = {name.replace(".weight", ".default.weight"): tensor for name, tensor in weights.items()}
    if set(given) != fresh or any(given[name].shape != mine[name].shape for name in fresh):
        raise TrainingError(
            f"{start}: its stage 1 adapts other layers or has another rank; "
            "give its flags for layers and rank, or start afresh"
        )
    set_peft_model_state_dict(model, weights)


class _Part:
    """A folder that gets its name when it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._part = folder, folder.with_suffix(".part")

    def __enter__(self) -> Path:
        shutil.rmtree(self._part, ignore_errors=True)
        return self._part

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self._part.rename(self._folder)
