"""Local models as a backend: one backbone in memory, three role adapters on top of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from agent.backends import RoleRequest
from agent.backends.local.checkpoint import (
    Checkpoint,
    base_of,
    bundled_checkpoint,
    is_adapter,
    load_model,
    load_tokens,
    read_checkpoint,
    with_stage1,
)
from agent.backends.local.grammar import (
    FORMS,
    VERIFICATION,
    forced_text,
    matcher,
    turn_grammar,
)
from agent.backends.local.tokens import Tokens
from agent.errors import BackendError, DoesNotFit
from trajectories.rows import END, ROLES, TAGS

BATCH: Final = 16
"""Prompts decoded together."""
WITHOUT: Final = " without "
VERIFYING: Final = " with verification"
_THREAD: Final = ThreadPoolExecutor(1, "model")
"""Models write one after another anyway, and glibc keeps the greatest need of every thread."""
_PLACES: Final = re.compile(rf"\A.*?{re.escape(END)}|{re.escape(END)}\nplanner:", re.DOTALL)
"""The end of the docs, and every place where a planner begins to speak."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What writes one role: a model, and the adapter to switch on in it."""

    model: Any
    adapters: Any = None
    """The `RoleAdapters` on it, if there are any."""
    adapter: str | None = None
    by_turn: bool = False
    """Whether an adapter touches its role's own turns only, in whatever role reads them; else it
    touches all that its role reads."""


@dataclass(slots=True)
class LocalBackend:
    """Greedy and deterministic: the same requests in the same order give the same texts.

    With `grammar`, planners decide on offered tools and callers write well-formed calls of them.
    """

    tokens: Tokens
    speakers: Mapping[str, Speaker]
    grammar: bool = True
    forms: frozenset[str] = FORMS
    """Under the grammar, how closely turns are held: see `grammar.FORMS`."""
    context: int = 8192
    """Tokens a prompt and its answer may have together."""
    costs: Any = None
    """What reading and writing took so far: `decode.Costs`."""
    _beginnings: Any = field(default=None, repr=False)

    @property
    def calculates(self) -> bool:
        """Whether answers give what the runtime calculates: under the grammar, with that form."""
        return self.grammar and "answers" in self.forms

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        """One text per request. Raises DoesNotFit for a prompt that is too long."""
        return await asyncio.get_running_loop().run_in_executor(_THREAD, self.write, requests)

    def write(self, requests: list[RoleRequest]) -> list[str]:
        """The same, synchronously."""
        from agent.backends.local.decode import Job

        groups: dict[int, list[tuple[int, Job]]] = {}
        texts: dict[int, list[int]] = {}
        for index, request in enumerate(requests):
            speaker = self._speaker(request.role)
            ids, finished = self._ids(request), self._finish_test(request)
            held = self._matcher(request)
            if written := forced_text(held, finished, self.tokens.end):
                texts[index] = written
                continue
            job = Job(
                ids,
                self._cuts(request.prompt),
                finished,
                held,
                self._adapters(speaker, request.prompt),
                0 if speaker.adapters is None else speaker.adapters.index(speaker.adapter),
                self.tokens.decode if held is not None and "refusals" in self.forms else None,
            )
            groups.setdefault(id(speaker.model), []).append((index, job))
        for members in groups.values():
            speaker = self._speaker(requests[members[0][0]].role)
            # Prompts that continue one another are read in that order, and written together.
            members.sort(key=lambda member: (member[1].ids, member[0]))
            for start in range(0, len(members), BATCH):
                self._decode(speaker, [job for _, job in members[start : start + BATCH]])
        texts |= {index: job.written for members in groups.values() for index, job in members}
        return [self._text(texts[index], request) for index, request in enumerate(requests)]

    def _decode(self, speaker: Speaker, jobs: list[Any]) -> None:
        from agent.backends.local.decode import Beginnings, Costs, Reader, decode

        if self._beginnings is None:
            self._beginnings, self.costs = Beginnings(), Costs()
        reader = Reader(speaker.model, speaker.adapters, self.costs)
        decode(reader, jobs, end=self.tokens.end, beginnings=self._beginnings)

    def _adapters(self, speaker: Speaker, prompt: str) -> list[int]:
        """The adapter of each token of a prompt, by number."""
        if speaker.adapters is None:
            return []
        roles = self.tokens.roles(prompt)
        if not speaker.by_turn:
            return [speaker.adapters.index(speaker.adapter)] * len(roles)
        known = {name: speaker.adapters.index(name) for name in speaker.adapters.names}
        return [known.get(role, 0) for role in roles]

    def _speaker(self, role: str) -> Speaker:
        if role not in self.speakers:
            raise BackendError(f"role {role!r}", f"valid are {', '.join(self.speakers)}")
        return self.speakers[role]

    def room(self, request: RoleRequest) -> int:
        """How many tokens the context leaves after a prompt; negative when it does not fit."""
        return self.context - len(self.tokens.encode(request.prompt))

    def _ids(self, request: RoleRequest) -> list[int]:
        ids = self.tokens.encode(request.prompt)
        if len(ids) + request.max_tokens > self.context:
            raise DoesNotFit(
                f"role {request.role!r}",
                f"a prompt of {len(ids)} tokens and {request.max_tokens} to write do not fit into "
                f"{self.context}; nothing is cut silently: offer fewer tools (--only)",
            )
        return ids

    def _cuts(self, prompt: str) -> list[int]:
        """Where other prompts may part from this one: after the docs and wherever a planner speaks.

        Ids of a text up to its end marks are a prefix of all its ids, so their count is a place.
        """
        ends = [found.end() for found in _PLACES.finditer(prompt)]
        return sorted({len(self.tokens.encode(prompt[:end])) for end in ends})

    def _finish_test(self, request: RoleRequest) -> Any:
        stops = [stop for stop in request.stop if stop != END]
        # A planner's turn is over with its tag, whether or not it also writes an end token.
        tags = TAGS.values() if request.role == "planner" else ()

        def finished(written: list[int]) -> bool:
            if len(written) >= request.max_tokens:
                return True
            text = self.tokens.decode(written[-24:]) if stops or tags else ""
            return any(stop in text for stop in stops) or any(tag in text for tag in tags)

        return finished

    def _matcher(self, request: RoleRequest) -> Any | None:
        grammar = request.grammar
        if grammar is None and self.grammar:
            grammar = turn_grammar(
                request.role,
                request.tools,
                request.messages,
                forms=self.forms,
                tried=request.tried,
            )
        return None if grammar is None else matcher(self.tokens, str(grammar))

    def _text(self, written: list[int], request: RoleRequest) -> str:
        text = self.tokens.decode(written)
        for stop in request.stop:
            text = text.partition(stop)[0]
        return text.strip()


def load_agent_backend(
    name: str, *, backbone: str | None = None, grammar: bool = True
) -> LocalBackend:
    """The backend of a local agent's name.

    umi: the bundled role adapters; single: their stage-1 backbone alone; checkpoint:DIR: what a
    training run left; base: the untrained backbone in all three roles. `NAME without FORM,FORM` is
    held less closely: see `grammar.FORMS`; `grammar` leaves out all of it. `NAME with verification`
    looks after every write. `backbone` replaces the
    base model. Raises BackendError with what is missing and what to do.
    """
    if name.endswith(VERIFYING):
        held = load_agent_backend(name.removesuffix(VERIFYING), backbone=backbone, grammar=grammar)
        return replace(held, forms=held.forms | {VERIFICATION})
    name, _, listed = name.partition(WITHOUT)
    if listed:
        missing = set(listed.split(","))
        if unknown := missing - FORMS - {"grammar"}:
            valid = ", ".join(sorted(FORMS | {"grammar"}))
            raise BackendError(
                f"{name}{WITHOUT}{listed}", f"no form {min(unknown)}; valid: {valid}"
            )
        held = load_agent_backend(name, backbone=backbone, grammar="grammar" not in missing)
        return replace(held, forms=FORMS - missing)
    kind, _, rest = name.partition(":")
    if kind == "base":
        base = base_of(backbone or "embedded")
        return _backend(base, dict.fromkeys(ROLES, Speaker(load_model(base))), grammar)
    if kind in ("umi", "single"):
        return from_checkpoint(
            bundled_checkpoint(), single=kind == "single", backbone=backbone, grammar=grammar
        )
    if kind == "checkpoint" and rest:
        return from_checkpoint(read_checkpoint(Path(rest)), backbone=backbone, grammar=grammar)
    raise BackendError(name, "valid are umi, single, base, checkpoint:DIR")


def role_backends(name: str, *, grammar: bool = True) -> dict[Any, LocalBackend]:
    """The same backend for each role: they share one backbone."""
    return dict.fromkeys(ROLES, load_agent_backend(name, grammar=grammar))


def from_checkpoint(
    checkpoint: Checkpoint,
    *,
    single: bool = False,
    backbone: str | None = None,
    grammar: bool = True,
) -> LocalBackend:
    """Load a training run; `single` leaves the role adapters away."""
    base = base_of(backbone or checkpoint.backbone)
    stage1 = checkpoint.path / checkpoint.stage1 if checkpoint.stage1 else None
    shared = with_stage1(base, stage1)
    from agent.backends.local.role_adapters import with_role_adapters

    own = {
        role: checkpoint.path / folder
        for role, folder in checkpoint.roles.items()
        if folder is not None and not single
    }
    adapted = {role: folder for role, folder in own.items() if is_adapter(folder)}
    adapters = with_role_adapters(shared, adapted) if adapted else None
    by_turn = checkpoint.flags.get("adapters") == "by-turn"
    speakers = {
        role: Speaker(shared, adapters, role if role in adapted else None, by_turn)
        for role in ROLES
    }
    for role in own.keys() - adapted.keys():
        speakers[role] = Speaker(load_model(str(own[role])))
    return _backend(base, speakers, grammar)


def _backend(base: str, speakers: Mapping[str, Speaker], grammar: bool) -> LocalBackend:
    from agent.backends.local.attention import use_grouped_attention

    for model in {id(speaker.model): speaker.model for speaker in speakers.values()}.values():
        use_grouped_attention(model)
    limit = int(getattr(speakers[ROLES[0]].model.config, "max_position_embeddings", 8192))
    return LocalBackend(load_tokens(base), speakers, grammar=grammar, context=limit)
