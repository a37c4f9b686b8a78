"""Serving: one understood call through faults, validation and state, and into the ledger."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from sandbox.conventions.bulk import faults_by_entry
from sandbox.conventions.conventions import OperationFacts
from sandbox.document import validate
from sandbox.draws import Draw
from sandbox.messages import Request, Response
from sandbox.world.call_keys import canonical_key
from sandbox.world.callbacks import Delivery
from sandbox.world.decoding import Understood, error_response
from sandbox.world.handlers.handlers import answer
from sandbox.world.hooks import CallContext, FaultHook
from sandbox.world.ledger import Effect, Exchange, Firing
from sandbox.world.operation_call import Turn
from sandbox.world.rendering.negotiation import as_stream
from sandbox.world.state.next_version import Carried, conform
from sandbox.world.state.population import Population
from sandbox.world.state.state import State

if TYPE_CHECKING:
    from sandbox.world.session import Session

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def serve(
    session: Session, understood: Understood, tool: str | None, request: Request | None
) -> Response:
    """The reply to a call; what really happened goes into the session's ledger."""
    at = session.clock.now
    effects: list[Effect] = []
    firings: list[Firing] = []
    operation, faults, truth, moment = understood.operation, session.faults, None, None
    facts = keyed = None
    if operation is not None:
        conventions = session.world.conventions
        facts = conventions.known_operations.get(operation.id) or conventions.of(operation)
        keyed = facts.idempotency if operation.method in _WRITES else None
        if faults is not None:
            asked = understood.arguments
            if keyed is not None and asked is not None:
                asked = keyed.without(asked)
            moment = faults.meet(operation, asked, at)
    elif understood.tool is not None and faults is not None:
        _let_faults_speak(session, faults, understood, firings)
    if moment is None:
        response = _serve_undisturbed(session, effects, facts, understood)
        if understood.delay:
            response = replace(response, delay=response.delay + understood.delay)
    else:
        assert faults is not None
        proceed = partial(_serve_undisturbed, session, effects, facts)
        context = CallContext(session, understood, request, proceed, moment, effects, firings)
        response = faults.around(context, context.proceed)
        truth = None if context.truth is response else context.truth
    if response.delay:
        session.clock.advance(response.delay)
    deliveries: tuple[Delivery, ...] = ()
    if session.world.callbacks.has_any:
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


def _let_faults_speak(
    session: Session, faults: FaultHook, understood: Understood, firings: list[Firing]
) -> None:
    """Refuse a token that was granted, where a fault says that signing in does not work."""
    granted, tool = understood.refusal, understood.tool
    if granted is not None and tool is not None and granted.status == 200:
        text, failed, fired = faults.meta_reply(session, tool, "", error=False)
        firings += fired
        if failed:
            understood.refusal = replace(granted, status=400, body=text.encode())


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
    return session.world.callbacks.deliveries_of(
        operation, arguments, request, response, effects, session.state.overlay.items, draw
    )


def _serve_undisturbed(
    session: Session, effects: list[Effect], facts: OperationFacts | None, understood: Understood
) -> Response:
    """The reply without faults; a call that was found valid already is not validated again."""
    if understood.refusal is not None:
        return understood.refusal
    operation, arguments = understood.operation, understood.arguments
    world, drift, successor = session.world, session.drift, understood.successor
    state, population = session.state, session.population
    faulty = None
    if successor is not None and arguments is not None:
        # A real next version of the document answers by itself, over this session's state.
        operation, world = successor, session.release_world(session.live)
        facts = world.conventions.of(operation)
        carried = Carried(population, world.population(session.seed), session.world.resources)
        state, population = State(carried, state.overlay), cast(Population, carried)
    elif facts is None or operation is None or arguments is None:
        return world.error_responses.refuse(None, 404, "There is no such operation.")
    else:
        problems = understood.problems
        if drift is None and not problems and understood.sound is not arguments:
            problems = validate(operation, arguments, world.document.schemas, session.unknown)
            understood.problems = problems
        if problems:
            faulty = faults_by_entry(world.resources, facts.meaning, problems)
            if faulty is None:
                return error_response(world, understood, session.helpfulness)
    meaning = understood.meaning or facts.meaning
    if operation.body is not None and understood.meaning is None:
        meaning = as_stream(world, meaning, arguments)
    keyed, key, occurrence = None, b"", 0
    if operation.method in _WRITES:
        keyed = facts.idempotency
        asked = arguments if keyed is None else keyed.without(arguments)
        key = canonical_key(operation.id, asked)
        occurrence = session.counts.next(key)
    # By position, which is the cheapest: every call comes through here.
    turn = Turn(
        world,
        facts,
        meaning,
        arguments,
        state,
        population,
        session.seed,
        keyed,
        key,
        occurrence,
        session.label,
        session.helpfulness,
        session.unknown_ids == "materialise",
        session.clock.now,
        drift is not None,
        effects,
    )
    turn.faulty = faulty
    response = answer(turn)
    if drift is None:
        return response
    if successor is not None:
        session.state.overlay = state.overlay
        response = conform(world, operation, response)
    live = session.live
    if live and successor is None:
        response = drift.releases[live - 1].present(operation.id, response)
    added = drift.headers(live, len(session.ledger))
    return replace(response, headers=(*response.headers, *added)) if added else response
