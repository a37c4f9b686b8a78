"""Serving: one understood call through faults, validation and state, and into the ledger."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from sandbox.document import Operation, validate
from sandbox.draws import Draw
from sandbox.messages import Arguments, Request, Response
from sandbox.world.callbacks import Delivery, subscriber_addresses
from sandbox.world.decoding import Understood, error_response
from sandbox.world.handlers.handlers import answer
from sandbox.world.hooks import CallContext
from sandbox.world.ledger import Effect, Exchange, Firing, canonical_key
from sandbox.world.operation_call import Turn
from sandbox.world.rendering.negotiation import as_stream
from sandbox.world.state.next_version import Carried, conform
from sandbox.world.state.population import Population
from sandbox.world.state.state import State

if TYPE_CHECKING:
    from sandbox.world.session import Session
    from sandbox.world.world import World

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def serve(
    session: Session, understood: Understood, tool: str | None, request: Request | None
) -> Response:
    """The reply to a call; what really happened goes into the session's ledger."""
    at = session.clock.now
    effects: list[Effect] = []
    firings: list[Firing] = []
    operation, faults, truth, moment = understood.operation, session.faults, None, None
    keyed = None
    if operation is not None and operation.method in _WRITES:
        keyed = session.world.conventions.of(operation).idempotency
    if faults is not None and operation is not None:
        asked = understood.arguments
        if keyed is not None and asked is not None:
            asked = keyed.without(asked)
        moment = faults.meet(operation, asked, at)
    if moment is None:
        response = _serve_undisturbed(session, effects, understood)
        if understood.delay:
            response = replace(response, delay=response.delay + understood.delay)
    else:
        assert faults is not None
        proceed = partial(_serve_undisturbed, session, effects)
        context = CallContext(session, understood, request, proceed, moment, effects, firings)
        response = faults.around(context, context.proceed)
        truth = None if context.truth is response else context.truth
    if response.delay:
        session.clock.advance(response.delay)
    deliveries: tuple[Delivery, ...] = ()
    if session.world.callbacks.declared:
        deliveries = _deliveries(session, understood, request, response, effects)
    ledger = session.ledger
    ledger.append(
        Exchange(
            len(ledger),
            at,
            tool,
            operation.id if operation is not None else None,
            understood.arguments,
            None,
            request,
            tuple(understood.problems),
            tuple(effects),
            tuple(firings),
            response,
            truth,
            session.state.overlay.version,
            session.live if session.drift is not None else 0,
            session.docs,
            deliveries,
            keyed,
        )
    )
    return response


def _deliveries(
    session: Session,
    understood: Understood,
    request: Request | None,
    response: Response,
    effects: list[Effect],
) -> tuple[Delivery, ...]:
    """The callbacks and webhooks that a call set off: those of calls that had a success."""
    operation, arguments = understood.operation, understood.arguments
    happened = response.status < 300 and response.transport is None
    if operation is None or arguments is None or not (happened or effects):
        return ()
    draw = Draw(session.seed, session.label, "deliveries", canonical_key(operation.id, arguments))
    written = session.state.written() if effects else {}
    return session.world.callbacks.sent(
        operation, arguments, request, response, effects, subscriber_addresses(written), draw
    )


def _serve_undisturbed(session: Session, effects: list[Effect], understood: Understood) -> Response:
    """The reply without faults; a call that was found valid already is not validated again."""
    if understood.refusal is not None:
        return understood.refusal
    operation, arguments = understood.operation, understood.arguments
    world, drift = session.world, session.drift
    if understood.successor is not None and arguments is not None:
        response = _serve_next_version(session, effects, understood.successor, arguments)
        return _with_notices(session, response, session.live)
    if operation is None or arguments is None:
        return world.error_responses.refuse(None, 404, "There is no such operation.")
    problems = understood.problems
    if drift is None and not problems and understood.sound is not arguments:
        problems = validate(operation, arguments, world.document.schemas, unknown=session.unknown)
        understood.problems = problems
    if problems:
        return error_response(world, understood, session.helpfulness)
    turn = _turn(session, world, operation, arguments, session.state, session.population, effects)
    if understood.meaning is not None:
        turn.meaning = understood.meaning
    elif operation.body is not None:
        turn.meaning = as_stream(world, turn.meaning, arguments)
    response = answer(turn)
    if drift is None:
        return response
    live = session.live
    if live:
        response = drift.releases[live - 1].present(operation.id, response)
    return _with_notices(session, response, live)


def _with_notices(session: Session, response: Response, live: int) -> Response:
    assert session.drift is not None
    added = session.drift.headers(live, len(session.ledger))
    return replace(response, headers=(*response.headers, *added)) if added else response


def _serve_next_version(
    session: Session, effects: list[Effect], operation: Operation, arguments: Arguments
) -> Response:
    """The reply of a real next version of the document, over this session's state."""
    world = session.release_world(session.live)
    known = session.world.resources
    carried = Carried(session.population, world.population(session.seed), known)
    state = State(carried, session.state.overlay)
    population = cast(Population, carried)
    response = answer(_turn(session, world, operation, arguments, state, population, effects))
    session.state.overlay = state.overlay
    return conform(world, operation, response)


def _turn(
    session: Session,
    world: World,
    operation: Operation,
    arguments: Arguments,
    state: State,
    population: Population,
    effects: list[Effect],
) -> Turn:
    key, occurrence = b"", 0
    if operation.method in _WRITES:
        key = canonical_key(operation.id, world.conventions.business(operation, arguments))
        occurrence = session.counts.next(key)
    return Turn(
        world,
        world.resources.meaning(operation),
        arguments,
        state,
        population,
        key,
        occurrence,
        session.label,
        session.helpfulness,
        session.unknown_ids == "materialise",
        session.clock.now,
        session.drift is not None,
        effects,
    )
