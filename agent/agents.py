"""Agents by name: what stands behind `--agent`.

umi                                   the bundled α-UMi
single                                its stage-1 backbone alone, in all three roles
base                                  the untrained backbone, under the same decision forms
checkpoint:DIR                        trained by `wavetank train`; the recipe is in its flags
NAME without FORM,FORM                a local one, held less closely: `agent.backends.local.grammar`
NAME with verification                a local one that looks after every write it makes
NAME with search                      three roles that search (DFSDT) instead of one chain
umi:planner=B,caller=B,summarizer=B   each role any backend B: umi, single, checkpoint:DIR,
                                      openai:MODEL@BASE_URL, scripted:NAME
scripted:NAME                         a known behaviour, without a model
mutant:NAME                           a good scripted agent with one bug planted
openai:MODEL@BASE_URL                 a tool-calling model behind any compatible server
python:FILE_OR_MODULE:FUNCTION        a function, in an interpreter of its own
command:PROGRAM …                     a program that speaks HTTP with a served session
baseline:NAME                         static evaluation only
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from agent.backends import Backend
from agent.backends.openai import Chat, OpenAIBackend
from agent.errors import UnknownAgent
from agent.foreign.python_agent import PythonAgent
from agent.policies.behaviours import BEHAVIOURS, scripted
from agent.policies.mutants import mutant, mutants
from agent.runtime.batching import Batcher
from agent.runtime.environment import Environment
from agent.runtime.episode import Agent
from agent.runtime.roles import ROLES, Role
from agent.runtime.search import Tree
from agent.runtime.tool_calling import ToolCallingAgent
from agent.runtime.umi import Closer, RoleBackends, Umi

FORMS: Final[Mapping[str, str]] = {
    "umi": "the bundled α-UMi: planner, caller and summarizer",
    "single": "the bundled stage-1 backbone alone, in all three roles",
    "base": "the untrained backbone, under the same decision forms",
    "checkpoint:DIR": "what `wavetank train` wrote into DIR",
    "umi without FORM,FORM": "a local agent held less closely; see `agent.backends.local.grammar`",
    "umi with verification": "a local agent that looks after every write it makes",
    "umi with search": "three roles that search (DFSDT, forks of the session) and take one branch",
    "umi:planner=B,caller=B,summarizer=B": "α-UMi with any backend per role",
    "scripted:NAME": "a known behaviour without a model",
    "mutant:NAME": "a good scripted agent with one bug planted; see `wavetank stress --mutate`",
    "openai:MODEL@BASE_URL": "a tool-calling model behind any OpenAI-compatible server",
    "python:FILE_OR_MODULE:FUNCTION": "your function(task, tools, call), in its own interpreter",
    "command:PROGRAM …": "your program, which speaks HTTP with a served session",
    "baseline:NAME": "a trivial predictor, for static evaluation only",
}
"""Form → what it is."""
_SEARCHING: Final = " with search"
_VERIFYING: Final = " with verification"


def agent_from(name: str, *, key: str | None = None) -> Agent:
    """The agent behind a name; `key` is the bearer token for `openai:`, else WAVETANK_AGENT_KEY.

    Raises UnknownAgent with what would be valid, BackendError when its weights are not there.
    """
    if name.endswith(_SEARCHING):
        roles = agent_from(name.removesuffix(_SEARCHING), key=key)
        if not isinstance(roles, Umi) or name.startswith("scripted:"):
            raise UnknownAgent(name, "only three roles that a model writes can search")
        return replace(roles, name=name, tree=Tree())
    kind, colon, rest = name.partition(":")
    plain = kind.removesuffix(_VERIFYING).partition(" without ")[0]
    if plain in ("umi", "single", "base") and not colon:
        return Umi(name, _local_backends(name))
    makers: dict[str, Callable[[], Agent]] = {
        "umi": lambda: _mixed_agent(name, rest, key),
        "checkpoint": lambda: Umi(name, _local_backends(name)),
        "scripted": lambda: _scripted_agent(name, rest),
        "mutant": lambda: _mutant(name, rest),
        "openai": lambda: ToolCallingAgent(name, _chat(name, rest, key)),
        "python": lambda: _python(name, rest),
        "command": lambda: _command(name, rest),
        "baseline": lambda: _baseline(name, rest),
    }
    if kind not in makers or not rest:
        raise UnknownAgent(name, f"no such agent; {_hint(name)}")
    return makers[kind]()


def known_agents() -> dict[str, str]:
    """Every form and every scripted agent with a line about it."""
    lines = dict(FORMS)
    for behaviour in BEHAVIOURS:
        lines[f"scripted:{behaviour}"] = BEHAVIOURS[behaviour].about
    return lines


def _hint(name: str) -> str:
    near = get_close_matches(
        name, [*FORMS, *(f"scripted:{behaviour}" for behaviour in BEHAVIOURS)], n=3
    )
    if near:
        return f"did you mean {' or '.join(near)}"
    return f"valid are {', '.join(FORMS)}"


def _scripted_agent(name: str, behaviour: str) -> Agent:
    if behaviour not in BEHAVIOURS:
        near = get_close_matches(behaviour, BEHAVIOURS, n=2)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise UnknownAgent(
            name, f"{hint}valid are {', '.join(f'scripted:{p}' for p in BEHAVIOURS)}"
        )
    return scripted(behaviour)


def _mutant(name: str, bug: str) -> Agent:
    if bug not in mutants():
        raise UnknownAgent(name, f"valid are {', '.join(f'mutant:{each}' for each in mutants())}")
    return mutant(bug)


def _chat(name: str, rest: str, key: str | None) -> Chat:
    model, at, url = rest.partition("@http")
    if not model or not at or "://" not in f"http{url}":
        reason = "the form is openai:MODEL@BASE_URL, e.g. openai:llama3@http://127.0.0.1:8000/v1"
        raise UnknownAgent(name, reason)
    return Chat(model, f"http{url}", key or os.environ.get("WAVETANK_AGENT_KEY"))


def _python(name: str, rest: str) -> Agent:
    target, colon, function = rest.rpartition(":")
    if not colon or not target or not function:
        reason = "the form is python:FILE_OR_MODULE:FUNCTION, e.g. python:my_agent.py:solve"
        raise UnknownAgent(name, reason)
    if target.endswith(".py") and not Path(target).is_file():
        raise UnknownAgent(name, f"there is no file {target}")
    return PythonAgent(name, target, function)


def _command(name: str, rest: str) -> Agent:
    from agent.foreign.command_agent import CommandAgent

    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise UnknownAgent(name, f"the command cannot be read: {error}") from None
    if not words or shutil.which(words[0]) is None:
        raise UnknownAgent(name, f"there is no program {words[0] if words else ''!r} on the path")
    made: Agent = CommandAgent(name, tuple(words))
    return made


def _baseline(name: str, rest: str) -> Agent:
    from agent.evaluation import BASELINES

    if rest not in BASELINES:
        valid = ", ".join(f"baseline:{known}" for known in BASELINES)
        raise UnknownAgent(name, f"no such baseline; valid are {valid}")
    reason = "a baseline has no hands: it works with `wavetank eval FILE` only"
    raise UnknownAgent(name, reason)


def _local_backends(name: str) -> RoleBackends:
    """The roles of a local model, batched over all episodes."""
    from agent.backends.local import role_backends

    made: dict[int, Batcher] = {}
    backends: dict[Role, Backend] = {}
    for role, backend in role_backends(name).items():
        # One batcher per backend, not per role: roles that share a backbone share its batches.
        backends[role] = made.setdefault(id(backend), Batcher(backend))
    return lambda task, environment, seed: backends


def _mixed_agent(name: str, rest: str, key: str | None) -> Agent:
    made: dict[str, tuple[RoleBackends, Closer | None]] = {}
    parts = _parts(name, rest)
    for part in parts.values():
        if part not in made:
            made[part] = _backends_of_part(name, part, key)

    def backends(task: Any, environment: Environment, seed: int) -> Mapping[Role, Backend]:
        # Once per backend, not per role: a script may write two roles of one episode.
        by_part = {part: made[part][0](task, environment, seed) for part in made}
        return {role: by_part[parts[role]][role] for role in ROLES}

    closers = tuple(closer for _, closer in made.values() if closer is not None)
    return Umi(name, backends, closers)


def _parts(name: str, rest: str) -> dict[Role, str]:
    form = "the form is umi:planner=B,caller=B,summarizer=B"
    parts: dict[Role, str] = {}
    for piece in rest.split(","):
        role, equals, backend = piece.partition("=")
        if not equals or not backend or role not in ROLES:
            raise UnknownAgent(name, f"{form}; {piece!r} is not ROLE=BACKEND")
        if role in parts:
            raise UnknownAgent(name, f"{form}; {role} is named twice")
        parts[role] = backend
    if missing := [role for role in ROLES if role not in parts]:
        raise UnknownAgent(name, f"{form}; nothing is said about {', '.join(missing)}")
    return parts


def _backends_of_part(name: str, part: str, key: str | None) -> tuple[RoleBackends, Closer | None]:
    kind, _, rest = part.partition(":")
    if part in ("umi", "single") or (kind == "checkpoint" and rest):
        return _local_backends(part), None
    if kind == "openai":
        chat = _chat(part, rest, key)
        backends = dict.fromkeys(ROLES, OpenAIBackend(chat))
        return lambda task, environment, seed: backends, chat.close
    if kind == "scripted":
        agent = _scripted_agent(part, rest)
        assert isinstance(agent, Umi)
        return agent.backends, None
    valid = "umi, single, checkpoint:DIR, openai:MODEL@BASE_URL, scripted:NAME"
    raise UnknownAgent(name, f"{part!r} is no backend for a role; valid are {valid}")
