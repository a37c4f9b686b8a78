"""The model card that goes with a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.backends.local.checkpoint import EMBEDDED, STARTED
from agent.backends.local.model import DESCRIPTION
from agent.training.recipes import RECIPES


def describe_backbone(backbone: str) -> str:
    """A checkpoint's backbone in words."""
    started = f"{DESCRIPTION} with the bundled stage 1"
    return {EMBEDDED: DESCRIPTION, STARTED: started}.get(backbone, backbone)


def card(checkpoint: Mapping[str, Any]) -> str:
    """Markdown for people: the base, the recipe, its stages, its flags, what it is good for."""
    flags = checkpoint["flags"]
    lines = [
        f"# α-UMi roles, recipe {flags['recipe']}",
        "",
        f"Base: {describe_backbone(checkpoint['backbone'])}.",
        f"Recipe: {RECIPES[flags['recipe']]}; method {flags['method']}, seed {flags['seed']}.",
        "Trained on trajectories of simulated APIs; meant for tool use in the α-UMi protocol",
        "(planner, caller, summarizer) and for nothing else. Not aligned, not safety-tested.",
        "",
        "| stage | examples | too long | steps | first loss | last loss |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    before = {f"before: {name}": stage for name, stage in checkpoint["before"].items()}
    for name, stage in (before | checkpoint["stages"]).items():
        cells = [name, stage["examples"], stage["too_long"], stage["steps"]]
        ends = (stage["first_loss"], stage["last_loss"])
        cells += ["–" if loss is None else f"{loss:.3f}" for loss in ends]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", f"Documents: {', '.join(checkpoint['documents']) or 'not named by its rows'}."]
    lines += ["", "Flags:", ""]
    lines += [f"- {name}: {value}" for name, value in flags.items()]
    return "\n".join(lines) + "\n"
