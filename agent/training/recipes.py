"""The ways to train, as data: flags of a run, and the stages that a recipe makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from agent.backends.local.tokens import Tokens
from agent.errors import AgentError
from agent.runtime.forms.decisions import with_decisions
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
    rename: float = 0.5
    """Share of tool lists learnt under other names, so that names are read, not known."""
    epochs: float = 1.0
    role_epochs: float = 0.4
    learning_rate: float = 2e-3
    role_learning_rate: float = 1.5e-3
    warmup: float = 0.05
    weight_decay: float = 0.0
    adapters: Literal["by-turn", "by-reader"] = "by-turn"
    """Stage 2 of LoRA. by-turn: an adapter touches its role's own turns, and one pass trains all
    three. by-reader: it touches all that its role reads, and each is trained in a pass of its
    own."""
    start: str = ""
    """A checkpoint (`umi`: the bundled one) whose stage-1 adapter stage 1 goes on with."""
    average: float = 0.2
    """The weights of a stage are the mean over this last share of its steps."""
    pack: int = 1536
    """Tokens in one pack, all under one head."""
    packs: int = 2
    """Packs in one step, under different heads where there are as many."""
    limit: int = 4096
    """Tokens in one trajectory; longer ones are refused and counted."""
    tokens: int = 0
    """Read about so many in all stages together at most: epochs shrink to fit. 0 is no limit."""
    role_share: float = 0.3
    """Stage 2's part of a limit; with 1 stage 1 stays what it starts from."""
    save_every: int = 20
    """Steps between saved states; a killed run loses at most so many."""
    checkpointing: bool = False
    """Trade time for memory: recompute activations."""

    def validate(self) -> Flags:
        """Itself, or TrainingError saying what would be valid."""
        if self.recipe not in RECIPES:
            raise TrainingError(f"no recipe {self.recipe!r}; valid: {', '.join(RECIPES)}")
        if self.method not in ("lora", "full"):
            raise TrainingError(f"no method {self.method!r}; valid: lora, full")
        if self.method == "lora" and not 1 <= self.role_rank <= ROLE_RANK_LIMIT:
            raise TrainingError(f"role_rank {self.role_rank}: valid are 1 to {ROLE_RANK_LIMIT}")
        if self.adapters not in ("by-turn", "by-reader"):
            raise TrainingError(f"no adapters {self.adapters!r}; valid: by-turn, by-reader")
        if min(self.epochs, self.role_epochs) <= 0 or min(self.pack, self.packs, self.rank) < 1:
            raise TrainingError("epochs, role_epochs, pack, packs and rank must be positive")
        if not 0 <= self.role_share <= 1:
            raise TrainingError(f"role_share {self.role_share}: valid are 0 to 1")
        if self.role_share == 1 and not self.start:
            raise TrainingError("role_share 1: needs start, whose stage 1 stays")
        if not 0 <= self.average < 1:
            raise TrainingError(f"average {self.average}: valid are 0 to 1, 1 left out")
        return self


@dataclass(frozen=True, slots=True)
class Stage:
    """One model to train."""

    name: str
    """backbone, planner, caller or summarizer, which is also its folder in the checkpoint; `roles`
    for the three roles in one pass."""
    examples: tuple[Example, ...]
    epochs: float
    rank: int
    learning_rate: float
    on_backbone: bool
    """Whether it continues the trained backbone rather than the base model."""
    too_long: int = 0

    @property
    def folders(self) -> tuple[str, ...]:
        """What it leaves in the checkpoint."""
        return ROLES if self.name == "roles" else (self.name,)


def stages(
    source: Sequence[Trajectory] | Sequence[Row], flags: Flags, tokens: Tokens
) -> list[Stage]:
    """What a recipe trains, in order. Raises TrainingError when a stage has nothing to learn."""
    flags.validate()
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
    if flags.adapters == "by-turn" and flags.method == "lora":
        roles = [_stage("roles", _telling(second), flags, tokens, ROLES)]
    else:
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


def _telling(items: Sequence[Trajectory | Row]) -> Sequence[Trajectory | Row]:
    """What the roles can tell apart: chains, trouble, refusals, calls with several arguments. All
    of the items where none of them is such."""
    return [item for item in items if isinstance(item, Row) or _is_telling(item)] or items


def _is_telling(trajectory: Trajectory) -> bool:
    calls = [turn.call for turn in trajectory.messages if turn.call is not None]
    return len(calls) != 1 or len(calls[0].arguments or {}) > 2


def _with_other_names(
    source: Sequence[Trajectory] | Sequence[Row], flags: Flags
) -> list[Trajectory | Row]:
    """Trajectories in the form in which roles read and write them, some under other names."""
    # By offer, not by trajectory: what shares its tools still shares its head in a pack.
    draw = Draw("glpft", flags.seed, "rename")
    made: list[Trajectory | Row] = []
    for item in source:
        if isinstance(item, Trajectory):
            item = with_decisions(item)
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
    if flags.role_share == 1:
        planned = [
            replace(stage, epochs=0.0) if stage.name == "backbone" else stage for stage in planned
        ]
    total = sum(_tokens(stage, flags) for stage in planned)
    if not flags.tokens or total <= flags.tokens:
        return planned
    first = [stage for stage in planned if stage.name == "backbone"]
    later = [stage for stage in planned if stage.name != "backbone"]
    limit = flags.tokens * (1 - flags.role_share if later else 1.0)
    if first:
        first = _shrunk(first, limit, flags)
        limit = flags.tokens - sum(_tokens(stage, flags) for stage in first)
    return [*first, *_shrunk(later, limit if first else flags.tokens, flags)]


def _shrunk(found: list[Stage], limit: float, flags: Flags) -> list[Stage]:
    total = sum(_tokens(stage, flags) for stage in found)
    share = min(1.0, limit / total) if total else 1.0
    return [replace(stage, epochs=stage.epochs * share) for stage in found]


def _useful(found: list[Stage]) -> list[Stage]:
    empty = [stage.name for stage in found if not stage.examples]
    if empty and empty[0] in ("backbone", "roles", "planner"):
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
        elif name == "roles" and item.role in ROLES:
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
