"""Behaviours that are no policy: the ones that every metric must rank at the bottom."""

from __future__ import annotations

from agent.policies.actions import Actions, Call, Finish, GiveUp
from agent.policies.error_signals import error_summary, trouble
from agent.policies.knowledge import Scene


def looper(scene: Scene) -> Actions:
    """Once a call fails, makes it again and again until something stops it."""
    for step in scene.solution:
        tool, arguments = step.tool, scene.resolve(step.arguments)
        seen = yield Call(step.thought or f"Next I use {tool}.", tool, arguments)
        while trouble(seen) != "none":
            seen = yield Call(f"That failed. I use {tool} again.", tool, arguments)
        scene.note(seen)
    if not scene.solvable:
        yield from _search(scene)
    yield Finish("Everything that was asked for is done.", scene.answer())


def fabricator(scene: Scene) -> Actions:
    """Acts until the first failure, then says that all is done."""
    for step in scene.solution:
        seen = yield Call(step.thought, step.tool, scene.resolve(step.arguments))
        if trouble(seen) != "none":
            break
        scene.note(seen)
    yield Finish("I say that everything is done.", scene.answer())


def quitter(scene: Scene) -> Actions:
    """Stops at the first failure, whatever it is, and says so."""
    for step in scene.solution:
        seen = yield Call(step.thought, step.tool, scene.resolve(step.arguments))
        if trouble(seen) != "none":
            yield GiveUp(f"{step.tool} failed ({error_summary(seen)}). I stop here.")
            return
        scene.note(seen)
    if not scene.solvable:
        yield GiveUp("What is asked for cannot be done with these tools.")
        return
    yield Finish("Everything that was asked for is done.", scene.answer())


def _search(scene: Scene) -> Actions:
    """Reads the documentation for ever: what a looper does about a task that cannot be done."""
    tool = scene.meta("read_docs")
    while tool is not None:
        yield Call("I must have missed something. I read the documentation.", tool)
