"""The ways in: how an episode's calls travel to its session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

from agent.runtime.environment import Environment, Forms, SessionEnvironment
from agent.runtime.recorder import Episode
from sandbox.world import Session, World

if TYPE_CHECKING:
    from agent.foreign.http_session import Hub

Transport = Literal["in-process", "http", "mcp"]


def session_options(episode: Episode) -> dict[str, Any]:
    """The arguments of `World.session` that an episode, or its record, describes."""
    return {
        "seed": episode.seed,
        "label": episode.label,
        "faults": episode.faults,
        "drift": episode.drift,
        "given": [given.model_dump() for given in episode.task.given],
        **episode.options,
    }


def open_session(world: World, episode: Episode) -> Session:
    """The session that an episode describes, in this process."""
    return world.session(**session_options(episode))


@asynccontextmanager
async def serve_episode(
    hub: Hub, transport: Transport, world: World, episode: Episode, forms: Forms
) -> AsyncIterator[tuple[Session, Environment]]:
    """The episode's session behind a socket, and the way in that the agent is given."""
    from agent.foreign.http_session import ServedEnvironment

    held = hub.open(world, session_options(episode))
    offered = episode.task.tools
    try:
        if transport == "mcp":
            from agent.foreign.mcp_session import mcp_environment

            async with mcp_environment(hub, held, offered=offered, forms=forms) as environment:
                yield held.session, environment
        else:
            yield held.session, ServedEnvironment(hub, held, offered=offered, forms=forms)
    finally:
        hub.leave(held)


@asynccontextmanager
async def in_process(
    world: World, episode: Episode, forms: Forms
) -> AsyncIterator[tuple[Session, Environment]]:
    """The episode's session in this process."""
    session = open_session(world, episode)
    yield session, SessionEnvironment(session, offered=episode.task.tools, forms=forms)
