"""GLPFT, top to bottom: one backbone on whole trajectories, then three roles on their own turns.

`train` is a generator of progress. It runs wherever accelerate does: one CPU, one GPU, or many
(`accelerate launch`, FSDP by its configuration). The loss is on the roles' own tokens only. A run
that was killed and is started again with the same flags and data ends in the same weights.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from accelerate import Accelerator, PartialState
from peft import LoraConfig, get_peft_model

from agent.backends.local.checkpoint import (
    EMBEDDED,
    FILE,
    VERSION,
    base_of,
    best_dtype,
    load_tokens,
    loss_file,
    with_stage1,
)
from agent.backends.local.model import quiet_transformers
from agent.training.card import card
from agent.training.examples import Pack, fingerprint, packs, tensors
from agent.training.recipes import Flags, Stage, TrainingError, stages
from trajectories.records import Trajectory
from trajectories.rows import ROLES, Row

LINEAR: Final = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
"""The linear layers of Llama and Qwen shapes, which LoRA adapts."""
_RUN: Final = "run.json"
_STATE: Final = "state.pt"


@dataclass(frozen=True, slots=True)
class Progress:
    """One step is done."""

    stage: str
    step: int
    steps: int
    loss: float
    """Mean cross-entropy per learnt token of this step, in nats."""
    tokens: int
    """Tokens read in this step."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The checkpoint is complete."""

    path: Path
    losses: dict[str, list[float]]


def train(
    source: Sequence[Trajectory] | Sequence[Row],
    *,
    out: Path,
    backbone: str = EMBEDDED,
    flags: Flags | None = None,
) -> Generator[Progress | Trained, None, None]:
    """Train a recipe and leave a checkpoint in `out`; resumes what was left there unfinished.

    Raises TrainingError for flags, data or a folder that cannot be used.
    """
    flags = (flags or Flags()).checked()
    base = base_of(backbone)
    plan = stages(source, flags, load_tokens(base))
    processes = PartialState(cpu=not torch.cuda.is_available())
    with processes.main_process_first():
        _claim(out, flags, backbone, plan)
    losses: dict[str, list[float]] = {}
    start: dict[Path | None, Any] = {}
    for stage in plan:
        if not (out / stage.name).is_dir():
            before = out / "backbone" if stage.on_backbone and "backbone" in losses else None
            if before not in start or flags.method == "full":
                start = {before: starting(before, base, flags)}
            model = learner(start[before], stage, flags)
            yield from _fit(stage, model, out, flags)
            # Every process holds the same weights; one of them writes.
            if processes.is_main_process:
                _keep(model, out / stage.name, backbone)
            processes.wait_for_everyone()
            start[before] = model.unload() if flags.method == "lora" else None
        losses[stage.name] = json.loads((out / loss_file(stage.name)).read_text())
    if processes.is_main_process:
        _finish(out, flags, backbone, plan, losses, _documents(source))
    processes.wait_for_everyone()
    yield Trained(out, losses)


def starting(stage1: Path | None, base: str, flags: Flags) -> Any:
    """The weights that a stage starts from: the base, or the base with stage 1 in it."""
    # Full training keeps its weights in float32; steps under 1/256 would be lost in bfloat16.
    model = with_stage1(base, stage1, dtype=None if flags.method == "lora" else torch.float32)
    model.config.use_cache = False
    if flags.checkpointing:
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    return model


def learner(model: Any, stage: Stage, flags: Flags) -> Any:
    """The model with a fresh adapter on it; for full training the model itself."""
    if flags.method == "full":
        return model
    count = model.config.num_hidden_layers
    config = LoraConfig(
        r=stage.rank,
        lora_alpha=2 * stage.rank,
        lora_dropout=0.0,
        target_modules=LINEAR,
        layers_to_transform=_uppermost(count, flags.layers),
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(flags.seed)
    with quiet_transformers():
        return get_peft_model(model, config)


def _uppermost(count: int, wanted: int) -> list[int] | None:
    return list(range(count - wanted, count)) if 0 < wanted < count else None


def packs_of(stage: Stage, flags: Flags) -> Sequence[Pack]:
    """What a stage reads, in order: one pack a step."""
    return packs(
        stage.examples, size=flags.pack, epochs=stage.epochs, seed=flags.seed, name=stage.name
    )


def _fit(stage: Stage, model: Any, out: Path, flags: Flags) -> Iterator[Progress]:
    """The training loop of one stage."""
    todo = packs_of(stage, flags)
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    optimizer = torch.optim.AdamW(
        learnt, lr=stage.learning_rate, weight_decay=flags.weight_decay, betas=(0.9, 0.98)
    )
    model, optimizer = accelerator.prepare(model, optimizer)
    model.train()
    # Each process takes every so-many-th pack; all of them make the same number of steps.
    world = accelerator.num_processes
    steps = math.ceil(len(todo) / world)
    done, losses = _resume(out / _STATE, stage, learnt, optimizer)
    for step in range(done, steps):
        pack = todo[(step * world + accelerator.process_index) % len(todo)]
        for group in optimizer.param_groups:
            group["lr"] = stage.learning_rate * _schedule(step, steps, flags.warmup)
        with _autocast(accelerator, flags):
            loss = pack_loss(model, pack, accelerator.device)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(round(float(loss.detach()), 6))
        if flags.save_every and (step + 1) % flags.save_every == 0 and step + 1 < steps:
            if accelerator.is_main_process:
                _save_state(out / _STATE, stage, step + 1, losses, learnt, optimizer)
        yield Progress(stage.name, step + 1, steps, losses[-1], pack.length)
    if accelerator.is_main_process:
        (out / loss_file(stage.name)).write_text(json.dumps(losses) + "\n")


def pack_loss(model: Any, pack: Pack, device: Any) -> torch.Tensor:
    """Cross-entropy at the learnt tokens; the vocabulary is only computed there."""
    given, wanted = tensors(pack)
    logits = model(**{name: tensor.to(device) for name, tensor in given.items()})["logits"]
    return torch.nn.functional.cross_entropy(logits[0].float(), wanted.to(device))


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up, then half a cosine down to a twentieth."""
    rise = max(1, round(warmup * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.05 + 0.475 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _autocast(accelerator: Accelerator, flags: Flags) -> Any:
    if flags.method == "lora" or best_dtype() is not torch.bfloat16:
        return nullcontext()
    return torch.autocast(accelerator.device.type, dtype=torch.bfloat16)


# -- what lies in the folder ----------------------------------------------------------------------


def _documents(source: Sequence[Trajectory] | Sequence[Row]) -> list[str]:
    """The titles of the documents whose trajectories were read; rows do not name theirs."""
    return sorted({item.document.title for item in source if isinstance(item, Trajectory)})


def _claim(out: Path, flags: Flags, backbone: str, plan: Sequence[Stage]) -> None:
    """Mark the folder as this run's, or find that it already is."""
    data = fingerprint(example for stage in plan for example in stage.examples)
    mark = {"flags": asdict(flags), "backbone": backbone, "data": data}
    if (out / FILE).is_file():
        raise TrainingError(f"{out}: holds a finished checkpoint; choose another folder")
    if (out / _RUN).is_file():
        if json.loads((out / _RUN).read_text()) != mark:
            raise TrainingError(
                f"{out}: holds an unfinished run with other flags or data; choose another folder"
            )
        return
    if out.exists() and any(out.iterdir()):
        raise TrainingError(f"{out}: is not empty and no run of ours; choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    _write(out / _RUN, json.dumps(mark, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _save_state(
    path: Path,
    stage: Stage,
    step: int,
    losses: Sequence[float],
    learnt: Sequence[torch.nn.Parameter],
    optimizer: Any,
) -> None:
    state = {
        "stage": stage.name,
        "step": step,
        "losses": list(losses),
        "learnt": [parameter.detach().cpu() for parameter in learnt],
        "optimizer": optimizer.state_dict(),
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def _resume(
    path: Path, stage: Stage, learnt: Sequence[torch.nn.Parameter], optimizer: Any
) -> tuple[int, list[float]]:
    """Steps done and their losses, with weights and optimizer put back; (0, []) for a new stage."""
    if not path.is_file():
        return 0, []
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["stage"] != stage.name:
        return 0, []
    with torch.no_grad():
        for parameter, saved in zip(learnt, state["learnt"], strict=True):
            parameter.copy_(saved)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"]), list(state["losses"])


def _keep(model: Any, folder: Path, backbone: str) -> None:
    """The stage's weights under its name, all at once."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    with quiet_transformers():
        if hasattr(model, "peft_config"):
            # A path of this machine is of no use on another one.
            model.peft_config["default"].base_model_name_or_path = backbone
            _round(model)
            model.save_pretrained(str(part), save_embedding_layers=False)
        else:
            model.save_pretrained(str(part))
    (part / "README.md").unlink(missing_ok=True)
    part.rename(folder)


def _round(model: Any) -> None:
    """An adapter to bfloat16: half the size, and what it adds to a weight keeps eight bits."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)


def _finish(
    out: Path,
    flags: Flags,
    backbone: str,
    plan: Sequence[Stage],
    losses: dict[str, list[float]],
    read: Sequence[str],
) -> None:
    names = {stage.name for stage in plan}
    summary = {
        stage.name: {
            "examples": len(stage.examples),
            "too_long": stage.too_long,
            "steps": len(losses[stage.name]),
            "tokens": sum(pack.length for pack in packs_of(stage, flags)),
            "first_loss": losses[stage.name][0],
            "last_loss": losses[stage.name][-1],
        }
        for stage in plan
    }
    found = {
        "version": VERSION,
        "flags": asdict(flags),
        "backbone": backbone,
        "stage1": "backbone" if "backbone" in names else None,
        "roles": {role: role if role in names else None for role in ROLES},
        "stages": summary,
        "documents": list(read),
    }
    _write(out / "card.md", card(found))
    _write(out / FILE, json.dumps(found, indent=2) + "\n")
    (out / _STATE).unlink(missing_ok=True)
    (out / _RUN).unlink()
