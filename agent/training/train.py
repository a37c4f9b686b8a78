"""GLPFT, top to bottom: one backbone on whole trajectories, then three roles on their own turns.

`train` is a generator of progress. It runs wherever accelerate does: one CPU, one GPU, or many
(`accelerate launch`, FSDP by its configuration). The loss is on the roles' own tokens only. A run
that was killed and is started again with the same flags and data ends in the same weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from accelerate import Accelerator, PartialState

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
from agent.training.card import card
from agent.training.examples import Pack, fingerprint, packs
from agent.training.learners import Learner, learner, learnt_parameters, read_start
from agent.training.recipes import Flags, Stage, TrainingError, stages
from trajectories.records import Trajectory
from trajectories.rows import ROLES, Row

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
    flags = (flags or Flags()).validate()
    base = base_of(backbone)
    plan = stages(source, flags, load_tokens(base))
    processes = PartialState(cpu=not torch.cuda.is_available())
    with processes.main_process_first():
        _claim(out, flags, backbone, plan)
    losses: dict[str, list[float]] = {}
    start: dict[Path | None, Any] = {}
    for stage in plan:
        if not all((out / folder).is_dir() for folder in stage.folders):
            before = out / "backbone" if stage.on_backbone and "backbone" in losses else None
            if before not in start or flags.method == "full":
                start = {before: starting(before, base, flags)}
            learning = learner(start[before], stage, flags)
            yield from _fit(stage, learning, out, flags)
            # Every process holds the same weights; one of them writes.
            if processes.is_main_process:
                learning.keep(out, backbone)
            processes.wait_for_everyone()
            start[before] = learning.unload()
        losses[stage.name] = json.loads((out / loss_file(stage.name)).read_text())
    if processes.is_main_process:
        _finish(out, flags, backbone, plan, losses, _documents(source, flags.start))
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


def packs_of(stage: Stage, flags: Flags) -> Sequence[Pack]:
    """What a stage reads, in order: one pack a step."""
    return packs(
        stage.examples, size=flags.pack, epochs=stage.epochs, seed=flags.seed, name=stage.name
    )


def _fit(stage: Stage, learning: Learner, out: Path, flags: Flags) -> Iterator[Progress]:
    """The training loop of one stage."""
    todo = packs_of(stage, flags)
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    optimizer = torch.optim.AdamW(
        learnt_parameters(learning.model),
        lr=stage.learning_rate,
        weight_decay=flags.weight_decay,
        betas=(0.9, 0.98),
    )
    model, optimizer = accelerator.prepare(learning.model, optimizer)
    model.train()
    # Preparing may put other parameters in their place (shards, for one).
    learnt = learnt_parameters(model)
    # A step reads so many packs; each process takes its share of them.
    world = accelerator.num_processes
    steps = math.ceil(len(todo) / flags.packs)
    done, losses, mean = _resume(out / _STATE, stage, learnt, optimizer)
    for step in range(done, steps):
        together = todo[flags.packs * step : flags.packs * (step + 1)]
        weight = sum(pack.weight for pack in together)
        mine = together[accelerator.process_index :: world]
        for group in optimizer.param_groups:
            group["lr"] = stage.learning_rate * _schedule(step, steps, flags.warmup)
        total = torch.zeros(())
        for number in range(math.ceil(len(together) / world)):
            # All processes make as many passes; one that has no pack left adds nothing.
            pack, share = (mine[number], 1.0) if number < len(mine) else (together[0], 0.0)
            with _autocast(accelerator, flags):
                loss = share * world * learning.loss(pack, model, accelerator.device) / weight
            accelerator.backward(loss)
            total += loss.detach().cpu() / world
        accelerator.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(round(float(accelerator.reduce(total.to(accelerator.device))), 6))
        mean.note(step, steps, flags.average, learnt)
        if flags.save_every and (step + 1) % flags.save_every == 0 and step + 1 < steps:
            if accelerator.is_main_process:
                _save_state(out / _STATE, stage, step + 1, losses, learnt, optimizer, mean)
        read = sum(pack.length for pack in together)
        yield Progress(stage.name, step + 1, steps, losses[-1], read)
    mean.put(learnt)
    if accelerator.is_main_process:
        (out / loss_file(stage.name)).write_text(json.dumps(losses) + "\n")


@dataclass(slots=True)
class _Mean:
    """The mean of the weights over the last steps."""

    count: int = 0
    sums: list[torch.Tensor] = field(default_factory=list)

    def note(self, step: int, steps: int, share: float, learnt: Sequence[torch.Tensor]) -> None:
        """Take in the weights after a step, if it is among the last ones."""
        if step + 1 <= (1 - share) * steps:
            return
        now = [parameter.detach().float().cpu() for parameter in learnt]
        old = self.sums or [torch.zeros_like(tensor) for tensor in now]
        self.sums = [total + new for total, new in zip(old, now, strict=True)]
        self.count += 1

    def put(self, learnt: Sequence[torch.Tensor]) -> None:
        """Put the mean in the weights' place."""
        with torch.no_grad():
            for parameter, total in zip(learnt, self.sums, strict=False):
                parameter.copy_(total / self.count)


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


def _documents(source: Sequence[Trajectory] | Sequence[Row], start: str) -> list[str]:
    """The titles of the documents whose trajectories were read, by the start as well; rows do not
    name theirs."""
    before = read_start(start).documents if start else ()
    read = {item.document.title for item in source if isinstance(item, Trajectory)}
    return sorted(read.union(before))


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
    mean: _Mean,
) -> None:
    state = {
        "stage": stage.name,
        "step": step,
        "losses": list(losses),
        "learnt": [parameter.detach().cpu() for parameter in learnt],
        "optimizer": optimizer.state_dict(),
        "mean": (mean.count, mean.sums),
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def _resume(
    path: Path, stage: Stage, learnt: Sequence[torch.nn.Parameter], optimizer: Any
) -> tuple[int, list[float], _Mean]:
    """Steps done, their losses and the mean, with weights and optimizer put back; nothing of it for
    a new stage."""
    if not path.is_file():
        return 0, [], _Mean()
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["stage"] != stage.name:
        return 0, [], _Mean()
    with torch.no_grad():
        for parameter, saved in zip(learnt, state["learnt"], strict=True):
            parameter.copy_(saved)
    optimizer.load_state_dict(state["optimizer"])
    count, sums = state["mean"]
    return int(state["step"]), list(state["losses"]), _Mean(count, list(sums))


def _stages_before(flags: Flags) -> dict[str, Any]:
    """What the checkpoint that a run goes on from was trained on, by stage."""
    if not flags.start:
        return {}
    found = json.loads((read_start(flags.start).path / FILE).read_text())
    stages: dict[str, Any] = found["stages"]
    return stages


def _finish(
    out: Path,
    flags: Flags,
    backbone: str,
    plan: Sequence[Stage],
    losses: dict[str, list[float]],
    read: Sequence[str],
) -> None:
    names = {folder for stage in plan for folder in stage.folders}
    summary = {
        stage.name: {
            "examples": len(stage.examples),
            "too_long": stage.too_long,
            "steps": len(losses[stage.name]),
            "tokens": sum(pack.length for pack in packs_of(stage, flags)),
            "first_loss": next(iter(losses[stage.name]), None),
            "last_loss": next(reversed(losses[stage.name]), None),
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
        "before": _stages_before(flags),
        "documents": list(read),
    }
    _write(out / "card.md", card(found))
    _write(out / FILE, json.dumps(found, indent=2) + "\n")
    (out / _STATE).unlink(missing_ok=True)
    (out / _RUN).unlink()
