"""The ways to train, as data: flags of a run, and the stages that a recipe makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from agent.backends.local.tokens import Tokens
from agent.errors import AgentError
from agent.training.examples import Example, fitting, packs, role_rows, single, whole
from agent.training.renaming import rename_tools
from sandbox.draws import Draw
from trajectories.records import Trajectory
from trajectories.rows import ROLES, Row

RECIPES: Final = {
    "glpft": "stage 1: one backbone on whole trajectories; stage 2: each role on its own turns",
    "single": "one model on whole trajectories; it speaks for all roles",
    "single@equal-tokens": "single, for as many tokens as glpft: the fair control",
    "multi-task": "one model on the mixed rows of all roles",
    "one-stage": "each role from the base model on its own turns, without stage 1",
}
ROLE_RANK_LIMIT: Final = 8


class TrainingError(AgentError):
    """A run that cannot start or go on: the place and the reason."""


@dataclass(frozen=True, slots=True)
class Flags:
    """Everything that decides what a run produces; kept in its checkpoint."""

    recipe: str = "glpft"
    seed: int = 0
    reuse: bool = True
    """Stage 2 sees the instructions of stage 1; False splits instructions into two halves."""
    method: Literal["lora", "full"] = "lora"
    rank: int = 16
    role_rank: int = 8
    layers: int = 20
    """Adapt the uppermost so many layers, which saves the way back through the others; 0: all."""
    rename: float = 0.75
    """Share of tool lists learnt under other names, so that names are read, not known."""
    epochs: float = 1.0
    role_epochs: float = 0.08
    learning_rate: float = 3e-3
    role_learning_rate: float = 1e-3
    warmup: float = 0.1
    weight_decay: float = 0.0
    pack: int = 1024
    """Tokens in one step."""
    limit: int = 4096
    """Tokens in one trajectory; longer ones are refused and counted."""
    tokens: int = 0
    """Read about so many in all stages together at most: epochs shrink to fit. 0 is no limit."""
    save_every: int = 20
    """Steps between saved states; a killed run loses at most so many."""
    checkpointing: bool = False
    """Trade time for memory: recompute activations."""

    def checked(self) -> Flags:
        """Itself, or TrainingError saying what would be valid."""
        if self.recipe not in RECIPES:
            raise TrainingError(f"no recipe {self.recipe!r}; valid: {', '.join(RECIPES)}")
        if self.method not in ("lora", "full"):
            raise TrainingError(f"no method {self.method!r}; valid: lora, full")
        if self.method == "lora" and not 1 <= self.role_rank <= ROLE_RANK_LIMIT:
            raise TrainingError(f"role_rank {self.role_rank}: valid are 1 to {ROLE_RANK_LIMIT}")
        if min(self.epochs, self.role_epochs) <= 0 or self.pack < 1 or self.rank < 1:
            raise TrainingError("epochs, role_epochs, pack and rank must be positive")
        return self


@dataclass(frozen=True, slots=True)
class Stage:
    """One model to train."""

    name: str
    """backbone, planner, caller or summarizer; also its folder in the checkpoint."""
    examples: tuple[Example, ...]
    epochs: float
    rank: int
    learning_rate: float
    on_backbone: bool
    """Whether it continues the trained backbone rather than the base model."""
    too_long: int = 0


def stages(
    source: Sequence[Trajectory] | Sequence[Row], flags: Flags, tokens: Tokens
) -> list[Stage]:
    """What a recipe trains, in order. Raises TrainingError when a stage has nothing to learn."""
    flags.checked()
    return _within(_useful(_plan_stages(source, flags, tokens)), flags)


def _plan_stages(
    source: Sequence[Trajectory] | Sequence[Row], flags: Flags, tokens: Tokens
) -> list[Stage]:
    first, second = _split_validation(_with_other_names(source, flags), flags)
    backbone = _stage("backbone", first, flags, tokens, ROLES)
    if flags.recipe == "single":
        return [backbone]
    if flags.recipe == "multi-task":
        examples, too_long, _ = fitting(_mix_roles(first, tokens), flags.limit)
        return [replace(backbone, examples=tuple(examples), too_long=too_long)]
    roles = [_stage(role, second, flags, tokens, (role,)) for role in ROLES]
    if flags.recipe == "one-stage":
        # On its own a role gets what glpft spends on it in both stages.
        epochs = flags.epochs + flags.role_epochs
        return [replace(stage, epochs=epochs, on_backbone=False) for stage in roles]
    if flags.recipe == "single@equal-tokens":
        whole_cost = sum(_tokens(stage, flags) for stage in [backbone, *roles])
        epochs = flags.epochs * whole_cost / max(1.0, _tokens(backbone, flags))
        return [replace(backbone, epochs=epochs)]
    return [backbone, *roles]


def _with_other_names(
    source: Sequence[Trajectory] | Sequence[Row], flags: Flags
) -> list[Trajectory | Row]:
    # By offer, not by trajectory: what shares its tools still shares its head in a pack.
    draw = Draw("glpft", flags.seed, "rename")
    made: list[Trajectory | Row] = []
    for item in source:
        if isinstance(item, Trajectory):
            offer = " ".join(str(tool["function"]["name"]) for tool in item.tools)
            if draw.chance(flags.rename, offer):
                item = rename_tools(item, draw.child(offer))
        made.append(item)
    return made


def _tokens(stage: Stage, flags: Flags) -> float:
    """What a stage reads."""
    once = packs(stage.examples, size=flags.pack, epochs=1, seed=flags.seed, name=stage.name)
    return stage.epochs * sum(pack.length for pack in once)


def _within(planned: list[Stage], flags: Flags) -> list[Stage]:
    """The stages with their epochs shrunk to the run's limit of tokens."""
    total = sum(_tokens(stage, flags) for stage in planned)
    if not flags.tokens or total <= flags.tokens:
        return planned
    share = flags.tokens / total
    return [replace(stage, epochs=stage.epochs * share) for stage in planned]


def _useful(found: list[Stage]) -> list[Stage]:
    empty = [stage.name for stage in found if not stage.examples]
    if empty and empty[0] in ("backbone", "planner"):
        raise TrainingError(f"nothing to learn from for {empty[0]}: no learnable turns fit")
    # Trajectories that all gave up leave the summarizer nothing: the backbone speaks for it.
    return [stage for stage in found if stage.examples]


def _split_validation(
    items: list[Trajectory | Row], flags: Flags
) -> tuple[list[Trajectory | Row], list[Trajectory | Row]]:
    if flags.reuse:
        return items, items
    texts = sorted({_instruction(item) for item in items})
    half = set(Draw("glpft", flags.seed, "reuse").shuffled(texts)[: len(texts) // 2])
    return (
        [item for item in items if _instruction(item) in half],
        [item for item in items if _instruction(item) not in half],
    )


def _instruction(item: Trajectory | Row) -> str:
    if isinstance(item, Trajectory):
        return item.instruction
    return next((turn["value"] for turn in item.history if turn["from"] == "user"), item.input)


def _stage(
    name: str,
    items: Sequence[Trajectory | Row],
    flags: Flags,
    tokens: Tokens,
    roles: Sequence[str],
) -> Stage:
    examples, too_long, _ = fitting(_examples(name, items, tokens, roles), flags.limit)
    first = name == "backbone"
    return Stage(
        name,
        tuple(examples),
        epochs=flags.epochs if first else flags.role_epochs,
        rank=flags.rank if first else flags.role_rank,
        learning_rate=flags.learning_rate if first else flags.role_learning_rate,
        on_backbone=not first,
        too_long=too_long,
    )


def _examples(
    name: str, items: Sequence[Trajectory | Row], tokens: Tokens, roles: Sequence[str]
) -> list[Example]:
    found = []
    for item in items:
        if isinstance(item, Trajectory):
            found.append(whole(item, tokens, roles=roles))
        elif item.role == name or (name == "backbone" and _speaks_for_all(items, item)):
            found.append(single(item, tokens))
    return found


def _speaks_for_all(items: Sequence[Trajectory | Row], item: Row) -> bool:
    """Rows without backbone rows of their own (internal layout) all teach the backbone."""
    published = any(isinstance(other, Row) and other.role == "backbone" for other in items)
    return item.role == "backbone" or not published


def _mix_roles(items: Sequence[Trajectory | Row], tokens: Tokens) -> list[Example]:
    own = [item for item in items if isinstance(item, Trajectory)]
    given = [item for item in items if isinstance(item, Row) and item.role in ROLES]
    return role_rows(own, tokens) + [single(row, tokens) for row in given]
