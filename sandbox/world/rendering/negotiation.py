"""Content negotiation: which declared media type answers an Accept header (RFC 9110 §12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox.conventions.envelopes import preferred_media
from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.representations import in_media_type
from sandbox.document.media_types import essence, is_stream
from sandbox.messages import Arguments

if TYPE_CHECKING:
    from sandbox.world.decoding import Understood
    from sandbox.world.session import Session
    from sandbox.world.world import World

_KEPT: Final = 64
"""Accept headers whose outcome is kept per operation."""
_IGNORED: Final = frozenset({"charset", "q"})
"""Parameters that do not tell one representation from another."""


class _Range(NamedTuple):
    """One element of an Accept header."""

    main: str
    sub: str
    parameters: frozenset[tuple[str, str]]
    quality: float


def negotiate(session: Session, accept: str, understood: Understood) -> None:
    """Put the representation that `accept` asks for into a valid call, or the 406 where none fits.

    With `session.lenient` the usual representation is served where nothing fits.
    """
    operation = understood.operation
    if operation is None or understood.successor is not None or accept == "*/*":
        return
    if understood.problems or understood.refusal is not None or operation.success is None:
        return
    world = session.world
    usual = world.resources.meaning(operation)
    if usual.media_type is None:
        return
    outcomes: dict[str, Meaning | None] = usual.memo.setdefault("negotiated", {})
    if accept not in outcomes:
        if len(outcomes) >= _KEPT:
            outcomes.clear()
        name = best(accept, operation.success[1].media)
        outcomes[accept] = None if name is None else _meaning(world, usual, name)
    meaning = outcomes[accept]
    if meaning is not None:
        understood.meaning = meaning if meaning is not usual else None
    elif not session.lenient:
        offered = ", ".join(operation.success[1].media)
        understood.refusal = world.error_responses.refuse(
            operation,
            406,
            f"No reply here is {accept}; there is {offered}.",
            helpfulness=session.helpfulness,
        )


def _meaning(world: World, usual: Meaning, media_type: str) -> Meaning:
    if media_type == usual.media_type:
        return usual
    return in_media_type(world.resources, usual, usual.status, media_type)


def as_stream(world: World, usual: Meaning, arguments: Arguments) -> Meaning:
    """The meaning as a stream, where the body asks for one as `{"stream": true}` does."""
    name: str | None = usual.memo.get("stream", "")
    if name == "":
        success = usual.operation.success
        media = success[1].media if success is not None else ()
        other = None if is_stream(usual.media_type) else next(filter(is_stream, media), None)
        name = usual.memo["stream"] = other if usual.operation.body is not None else None
    if name is None or not isinstance(arguments.body, Mapping):
        return usual
    return _meaning(world, usual, name) if arguments.body.get("stream") is True else usual


def best(accept: str, declared: Mapping[str, Any]) -> str | None:
    """The declared media type that an Accept header likes best; None where it likes none.

    Of equally liked ones, the one that is named most exactly, then JSON, then the first.
    """
    ranges = _ranges(accept)
    if not ranges:
        return preferred_media(declared)
    usual = preferred_media(declared)
    ordered = sorted(declared, key=lambda name: name != usual)
    found, most = None, (0.0, -1)
    for name in ordered:
        liked = max((_liking(each, name) for each in ranges), key=lambda pair: pair[1])
        if liked[0] > 0 and liked > most:
            found, most = name, liked
    return found


def _liking(wanted: _Range, name: str) -> tuple[float, int]:
    """(quality, how exactly the range names the type); (0, -1) where it does not."""
    main, _, sub = essence(name).partition("/")
    if "*" in name and wanted.sub != "*":
        # A declared range: whatever type it holds is what is served.
        if main in ("*", wanted.main):
            return wanted.quality, 2
        return 0.0, -1
    if wanted.main not in ("*", main):
        return 0.0, -1
    if wanted.sub == "*":
        return wanted.quality, 0 if wanted.main == "*" else 1
    if wanted.sub == sub:
        own = _parameters(name.split(";")[1:])
        if not wanted.parameters:
            return wanted.quality, 3 if not own else 2
        if wanted.parameters <= own:
            return wanted.quality, 4
        # Another version of the same type does not fit; a parameter nobody declared does.
        names = {key for key, _ in own}
        clash = any(key in names for key, _ in wanted.parameters)
        return (0.0, -1) if clash else (wanted.quality, 2)
    # Clients ask for a vendor's JSON where the document says plain JSON (RFC 6839 §3.1).
    if sub == "json" and wanted.sub.endswith("+json"):
        return wanted.quality, 1
    return 0.0, -1


def _ranges(accept: str) -> list[_Range]:
    found = []
    for element in accept.lower().split(","):
        kind, *rest = element.split(";")
        main, slash, sub = kind.strip().partition("/")
        if not slash:
            continue
        found.append(_Range(main.strip(), sub.strip(), _parameters(rest), _quality(rest)))
    return found


def _parameters(parts: Iterable[str]) -> frozenset[tuple[str, str]]:
    pairs = (part.lower().partition("=") for part in parts)
    named = ((name.strip(), value.strip().strip('"')) for name, _, value in pairs)
    return frozenset((name, value) for name, value in named if name and name not in _IGNORED)


def _quality(parts: Iterable[str]) -> float:
    for part in parts:
        name, _, value = part.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
