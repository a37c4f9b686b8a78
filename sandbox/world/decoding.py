"""Understanding: from a wire request to the logical operation and its original arguments.

The release that answers routes, decodes and validates; its adapter leads back to the original form,
in which state and intents are kept. A call that only the original form fits is recognised too, so
that a stale call keeps its intent.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.conventions.operation_model import Meaning
from sandbox.document import Operation, check_security, decode, status_of, validate
from sandbox.document.routing import Allowed, Match
from sandbox.messages import Arguments, Problem, Request, Response
from sandbox.world.handlers.preconditions import conditions

if TYPE_CHECKING:
    from sandbox.world.session import Session
    from sandbox.world.world import World

_READINGS_KEPT: Final = 512
_LONGEST_KEPT: Final = 1024


@dataclass(slots=True)
class Understood:
    """A call after routing and decoding, in undrifted form."""

    operation: Operation | None
    arguments: Arguments | None
    problems: Sequence[Problem]
    refusal: Response | None = None
    successor: Operation | None = None
    """The operation of a real next version that answers by itself, over the state left behind."""
    sound: Arguments | None = None
    """Arguments that were found valid already, so that nobody looks at them twice."""
    delay: float = 0.0
    """Virtual seconds that the caller asked to be kept waiting."""
    tool: str | None = None
    """The meta-tool whose place a plain request takes: signing in at a token endpoint."""
    meaning: Meaning | None = None
    """The representation that was negotiated, where it is not the usual one."""


def understand(session: Session, request: Request, *, signed: bool = False) -> Understood:
    """What a request means. `signed` calls come through a tool layer that holds the credentials."""
    if session.drift is None:
        return _decode_cached(session, request, signed)
    live = session.live
    found = _decode_request(session, session.release_world(live), request, signed)
    if live == 0:
        return found
    release = session.drift.releases[live - 1]
    if found.operation is not None and not found.problems and found.refusal is None:
        assert found.arguments is not None
        name, arguments = release.backward(found.operation.id, found.arguments)
        logical = session.world.document.operations.get(name)
        successor = found.operation if release.succeeds else None
        return Understood(logical, arguments, (), successor=successor)
    old = _decode_request(session, session.world, request, signed)
    fits_old = old.operation is not None and not old.problems and old.refusal is None
    if fits_old and session.drift.accepts_old(live):
        return old
    refusal = found.refusal
    if refusal is None and found.problems:
        refusal = error_response(session.release_world(live), found, session.helpfulness)
    if found.operation is None:
        refusal = release.refuse(request, session.world, session.helpfulness) or refusal
    if old.operation is not None:
        return Understood(old.operation, old.arguments, found.problems, refusal)
    return Understood(None, found.arguments, found.problems, refusal)


def error_response(world: World, understood: Understood, helpfulness: int) -> Response:
    """The refusal of a call for its problems."""
    return world.error_responses.refuse(
        understood.operation,
        status_of(understood.problems, understood.operation),
        problems=understood.problems,
        helpfulness=helpfulness,
    )


def _decode_cached(session: Session, request: Request, signed: bool) -> Understood:
    """The meaning of a request without drift; a body-less one means what it meant before."""
    if request.body:
        return _decode_request(session, session.world, request, signed)
    # Everything that the meaning depends on, and nothing of the session's state.
    key = (
        request.method,
        request.path,
        request.query,
        request.headers,
        signed,
        session.unknown,
        session.helpfulness,
        session.accepted,
    )
    known = session.world.readings.get(key)
    if known is None:
        known = _decode_request(session, session.world, request, signed)
        _keep(session.world.readings, key, request, known)
    return Understood(
        known.operation, known.arguments, known.problems, known.refusal, None, known.sound,
        tool=known.tool,
    )  # fmt: skip


def _decode_request(session: Session, world: World, request: Request, signed: bool) -> Understood:
    key = (request.method, request.path, request.query, request.headers, signed, session.accepted)
    admitted = world.admissions.get(key)
    if admitted is None:
        found = _match_operation(session, world, request, signed)
        if isinstance(found, Understood):
            return found
        admitted = found
        _keep(world.admissions, key, request, admitted)
    match, extra = admitted
    operation = match.operation
    arguments, problems = decode(operation, request, match.path_values)
    if not problems:
        problems = validate(operation, arguments, world.document.schemas, unknown=session.unknown)
        if not problems:
            if extra:
                arguments = replace(arguments, header={**arguments.header, **extra})
            return Understood(operation, arguments, (), sound=arguments)
    return Understood(operation, arguments, problems)


def _match_operation(
    session: Session, world: World, request: Request, signed: bool
) -> tuple[Match, Mapping[str, str]] | Understood:
    """The operation that lets a request in, and its conditions; whatever its body, so far."""
    match = world.router.match(request.method, request.path)
    if request.method == "HEAD" and not isinstance(match, Match):
        # RFC 9110 §9.3.2: what GET answers, which transports send without its body.
        match = world.router.match("GET", request.path)
    if not isinstance(match, Match):
        signing_in = world.authorization.answer(session, request)
        if signing_in is not None:
            endpoints = world.authorization.tokens
            tool = "authenticate" if request.path in endpoints else None
            return Understood(None, None, (), signing_in, tool=tool)
        return Understood(None, None, (), _no_route(session, world, request, match))
    operation = match.operation
    if not signed and operation.security:
        problem = check_security(operation, world.document, request, session.accepted)
        if problem is not None:
            refusal = world.error_responses.refuse(
                operation,
                401,
                problems=(problem,),
                helpfulness=session.helpfulness,
                headers=(("www-authenticate", "Bearer"),),
            )
            return Understood(operation, None, (problem,), refusal)
    return match, conditions(world, operation, request, needed=not signed)


def _keep(kept: dict[Any, Any], key: Hashable, request: Request, found: object) -> None:
    """Remember what a request meant, unless it is long; a few hundred at most."""
    if len(request.path) + len(request.query) <= _LONGEST_KEPT:
        if len(kept) >= _READINGS_KEPT:
            kept.clear()
        kept[key] = found


def _no_route(session: Session, world: World, request: Request, match: Allowed | None) -> Response:
    if isinstance(match, Allowed):
        implied = {"OPTIONS", *(("HEAD",) if "GET" in match.methods else ())}
        allow = ", ".join(sorted({*match.methods, *implied}))
        if request.method == "OPTIONS":
            return Response(204, (("allow", allow),))
        return world.error_responses.refuse(
            None,
            405,
            f"{request.method} is not possible here; valid are {allow}.",
            helpfulness=session.helpfulness,
            headers=(("allow", allow),),
        )
    return world.error_responses.refuse(
        None,
        404,
        f"There is no path {request.path!r} in this API.",
        helpfulness=session.helpfulness,
    )
