"""The control plane: sessions opened, watched, forked and wound back over HTTP, behind a token.

It lives under `/_wavetank/`, away from the paths an agent sees, and has its own OpenAPI document.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from secrets import compare_digest
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.routing import Match, Route

from sandbox.errors import SandboxError, UnknownName
from sandbox.tools import as_dialect
from sandbox.transports.call_limit import CallTooLong
from sandbox.transports.control_models import (
    Advance,
    Call,
    Drift,
    Faults,
    Given,
    NewSession,
    Restore,
    Seen,
    SessionView,
    Text,
    Verdicts,
)
from sandbox.transports.journal import NotKept
from sandbox.transports.session_table import Held, Sessions, tidy
from sandbox.world.ledger_rows import row_json

if TYPE_CHECKING:
    from sandbox.transports.refereeing import Refereeing

PREFIX = "/_wavetank"
_POLL = 0.1
"""Wall seconds between two looks at a ledger that somebody follows."""
_Key = Annotated[str, Path(max_length=200)]
_DIALECTS = Literal["openai", "openai-strict", "anthropic", "gemini", "mcp", "alpha-umi"]


_BEARER = HTTPBearer(auto_error=False, description="The token printed when the server starts.")

# A reader of the document may take this for the whole text or for one event: it admits both.
_EVENTS = {"description": "One event per exchange: `id` its number, `data` its ledger row as JSON."}


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


def control_plane(sessions: Sessions, *, token: str, referee: Refereeing | None = None) -> FastAPI:
    """The control plane's application. Every route but its OpenAPI document asks for the token."""

    def guard(
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> None:
        presented = given.credentials if given is not None else ""
        if not compare_digest(presented.encode("utf-8", "replace"), token.encode()):
            raise HTTPException(
                401, "The control plane wants its token.", headers={"WWW-Authenticate": "Bearer"}
            )

    app = FastAPI(
        title="Wavetank control plane",
        version="1",
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
    )
    refusals: dict[int | str, dict[str, Any]] = {
        400: {"model": Text}, 401: {"model": Text}, 404: {"model": Text}, 409: {"model": Text},
    }  # fmt: skip
    router = APIRouter(dependencies=[Depends(guard)], responses=refusals)
    _session_routes(router, sessions)
    _call_routes(router, sessions)
    _truth_routes(router, sessions)

    @router.get("/referee", operation_id="read_referee")
    async def verdicts() -> Verdicts:
        """On how many exchanges openapi-core agreed, and on which it did not."""
        return Verdicts(running=False) if referee is None else Verdicts(**referee.report())

    app.include_router(router)

    @app.exception_handler(UnknownName)
    async def unknown(request: Request, error: UnknownName) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 404)

    @app.exception_handler(SandboxError)
    async def refuse(request: Request, error: SandboxError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    @app.exception_handler(405)
    async def wrong_method(request: Request, error: HTTPException) -> JSONResponse:
        allow = ", ".join(_methods(router, request.scope))
        return JSONResponse({"detail": error.detail}, 405, headers={"Allow": allow})

    return app


def _methods(router: APIRouter, scope: MutableMapping[str, Any]) -> list[str]:
    """All methods of a path: the framework names only those of the first route that has it."""
    found: set[str] = set()
    for route in router.routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


def _view(held: Held) -> SessionView:
    session = held.session
    return SessionView(
        id=held.id,
        document=held.document,
        base_url=held.base_url,
        seed=session.seed,
        label=session.label,
        clock=session.clock.now,
        calls=len(session.ledger),
        state_version=session.state.version,
        release=session.live,
        docs=session.docs,
    )


def _session_routes(router: APIRouter, sessions: Sessions) -> None:
    @router.get("/documents", operation_id="list_documents")
    async def documents() -> list[dict[str, Any]]:
        """The served documents with their base paths and hosts."""
        return [
            {
                "name": name,
                "title": world.document.title,
                "base_path": world.document.base_path,
                "servers": list(world.document.servers),
                "tools": len(world.tools),
            }
            for name, world in sessions.worlds.items()
        ]

    @router.get("/sessions", operation_id="list_sessions")
    async def list_sessions(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    ) -> list[SessionView]:
        """Open sessions, oldest first."""
        return [_view(sessions[key]) for key in list(sessions)[offset : offset + limit]]

    @router.post("/sessions", operation_id="open_session", status_code=201)
    async def open_session(wanted: NewSession) -> SessionView:
        """Open a session of its own state, clock and faults."""
        options = wanted.model_dump(exclude_none=True)
        document = options.pop("document", None)
        return _view(sessions.open(document, **options))

    @router.get("/sessions/{id}", operation_id="show_session")
    async def show_session(id: _Key) -> SessionView:
        """One session."""
        return _view(sessions.find(id))

    @router.delete("/sessions/{id}", operation_id="close_session", status_code=204)
    async def close_session(id: _Key) -> Response:
        """Close a session. A document's default session begins anew instead."""
        sessions.close(id)
        return Response(status_code=204)

    @router.post("/sessions/{id}/fork", operation_id="fork_session", status_code=201)
    async def fork_session(id: _Key) -> SessionView:
        """A new session that continues from this one's present."""
        return _view(sessions.fork(id))

    @router.post("/sessions/{id}/reset", operation_id="reset_session")
    async def reset(id: _Key) -> SessionView:
        """Back to the beginning, with the same seed and options."""
        held = sessions.find(id)
        held.reset()
        return _view(held)

    @router.post("/sessions/{id}/snapshots", operation_id="take_snapshot", status_code=201)
    async def snapshot(id: _Key) -> dict[str, str]:
        """Remember the present under a name."""
        held = sessions.find(id)
        name = f"n{len(held.snapshots) + 1}"
        held.snapshots[name] = held.session.snapshot()
        return {"snapshot": name}

    @router.post("/sessions/{id}/restore", operation_id="restore_snapshot")
    async def restore(id: _Key, wanted: Restore) -> SessionView:
        """Return to a remembered moment."""
        held = sessions.find(id)
        if wanted.snapshot not in held.snapshots:
            raise UnknownName("snapshot", wanted.snapshot, held.snapshots)
        held.session.restore(held.snapshots[wanted.snapshot])
        return _view(held)


def _call_routes(router: APIRouter, sessions: Sessions) -> None:
    @router.get("/sessions/{id}/tools", operation_id="list_tools")
    async def tools(id: _Key, dialect: _DIALECTS = "openai") -> Response:
        """The tools the agent is shown now, in one of the dialects."""
        shown = sessions.find(id).session.tools
        return _json([as_dialect(tool, dialect) for tool in shown.values()])

    @router.post("/sessions/{id}/calls", operation_id="call_tool")
    async def call(id: _Key, wanted: Call) -> Seen:
        """Call a tool as an agent does, and see what an agent sees."""
        session = sessions.find(id).session
        try:
            with sessions.call(session):
                seen = session.call(wanted.tool, wanted.arguments)
        except CallTooLong as error:
            raise HTTPException(503, str(error)) from None
        except NotKept as error:
            raise HTTPException(507, str(error)) from None
        tidy(session)
        return Seen(text=seen.text, status=seen.status, error=seen.error)

    @router.post("/sessions/{id}/clock", operation_id="advance_clock")
    async def advance(id: _Key, wanted: Advance) -> SessionView:
        """Let virtual time pass."""
        held = sessions.find(id)
        held.session.clock.advance(wanted.seconds)
        return _view(held)


def _truth_routes(router: APIRouter, sessions: Sessions) -> None:
    @router.get("/sessions/{id}/ledger", operation_id="read_ledger")
    async def ledger(
        id: _Key,
        after: Annotated[int, Query(ge=-1, le=10**12)] = -1,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> Response:
        """The rows after number `after`, at most `limit`: what was asked, said and committed."""
        session = sessions.find(id).session
        world, rows = session.world, session.ledger
        start = max(after + 1, rows.first)
        end = min(len(rows), start + limit)
        return _json([row_json(world, rows[number]) for number in range(start, end)])

    @router.get(
        "/sessions/{id}/ledger/events",
        operation_id="follow_ledger",
        responses={200: {"content": {"text/event-stream": {"schema": _EVENTS}}}},
    )
    async def events(id: _Key, request: Request, follow: bool = True) -> StreamingResponse:
        """The ledger as server-sent events, from `Last-Event-ID` on; `follow=false` ends it."""
        held = sessions.find(id)
        last = request.headers.get("last-event-id", "")
        start = int(last) + 1 if last.isascii() and last.isdigit() and len(last) < 12 else 0
        stream = _events(sessions, held, start, request, follow)
        return EventStream(stream)

    @router.get("/sessions/{id}/state", operation_id="read_state")
    async def state(
        id: _Key,
        collection: Annotated[str | None, Query(max_length=2000)] = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> Response:
        """The collections and their ids, or with `collection` its entities."""
        held = sessions.find(id)
        current = held.session.state
        if collection is None:
            return _json({name: list(current.ids(name)) for name in _collections(held)})
        ids = current.ids(collection)[:limit]
        return _json({key: current.get(collection, key) for key in ids})

    @router.get("/sessions/{id}/faults", operation_id="read_faults")
    async def faults(id: _Key) -> Response:
        """One row per armed rule: whether and how often it fired."""
        injector = sessions.find(id).session.faults
        return _json([] if injector is None else injector.report())

    @router.put("/sessions/{id}/faults", operation_id="set_faults")
    async def set_faults(id: _Key, wanted: Faults) -> Response:
        """Another fault plan from now on; null disarms all. What fired stays in the ledger."""
        held = sessions.find(id)
        held.change_plans(faults=wanted.faults)
        armed = held.session.faults
        return _json([] if armed is None else armed.report())

    @router.put("/sessions/{id}/drift", operation_id="set_drift")
    async def set_drift(id: _Key, wanted: Drift) -> SessionView:
        """Another drift plan from now on; null is the document itself again."""
        held = sessions.find(id)
        held.change_plans(drift=wanted.drift)
        return _view(held)

    @router.get("/sessions/{id}/entities", operation_id="read_entities")
    async def entities(
        id: _Key, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000
    ) -> list[Given]:
        """What each collection holds, at most `limit` of each, as `PUT` takes it."""
        held = sessions.find(id)
        state = held.session.state
        return [
            Given(collection=name, id=key, values=dict(state.get(name, key) or {}))
            for name in _collections(held)
            for key in state.ids(name)[:limit]
        ]

    @router.put("/sessions/{id}/entities", operation_id="give_entities")
    async def give(id: _Key, given: Annotated[list[Given], Body(max_length=10_000)]) -> SessionView:
        """Put entities there, as if they had been from the start: nothing enters the ledger."""
        held = sessions.find(id)
        for entity in given:
            held.session.give(entity.model_dump())
        return _view(held)


async def _events(
    sessions: Sessions, held: Held, start: int, request: Request, follow: bool
) -> AsyncIterator[bytes]:
    number = start
    while True:
        rows = held.session.ledger
        if number > len(rows):  # reset or restored: begin again
            number = 0
        number = max(number, rows.first)
        while number < len(rows):
            row = orjson.dumps(row_json(held.session.world, rows[number]), default=str)
            yield b"id: %d\nevent: exchange\ndata: %b\n\n" % (number, row)
            number += 1
        if not follow or held.id not in sessions or await request.is_disconnected():
            return
        await asyncio.sleep(_POLL)


def _collections(held: Held) -> list[str]:
    """Collections that exist from the start, and nested ones that were written to."""
    fixed = [name for name in held.world.resources.templates if "{" not in name]
    written = {collection for collection, _ in held.session.state.overlay.items}
    return sorted({*fixed, *written})


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value, default=str), media_type="application/json")
