"""The pages of a server: its documents with their operations, and Swagger UI to call them with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.conventions.overrides import WITHOUT_STATE
from sandbox.errors import UnknownName

if TYPE_CHECKING:
    from sandbox.document import Operation
    from sandbox.transports.session_table import Sessions
    from sandbox.world import World

PREFIX: Final = "/_docs"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SWAGGER_POLICY: Final = POLICY.replace("img-src 'self'", "img-src 'self' data:")
"""Swagger UI's style sheet holds its icons as data URLs."""
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_METHODS: Final = frozenset(
    {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
)
_SESSION: Final = re.compile(r"[\w.-]{1,200}")
_ABOUT: Final = 200
"""Characters of an operation's description that a row shows."""


def pages(sessions: Sessions, *, links: Mapping[str, str], mcp: str | None) -> Starlette:
    """The application below `PREFIX`.

    `links` are other parts of the server (label → path), `mcp` is the path where MCP is spoken.
    """

    async def overview(request: Request) -> Response:
        documents = [_document(name, world) for name, world in sessions.worlds.items()]
        return _html("overview", documents=documents, links=links, mcp=mcp)

    async def explorer(request: Request) -> Response:
        name, world = _world_of(request)
        return _html(
            "explorer",
            policy=_SWAGGER_POLICY,
            title=world.document.title,
            source=f"{PREFIX}/openapi/{quote(name)}?session={quote(_session(request, name))}",
        )

    async def openapi(request: Request) -> Response:
        name, world = _world_of(request)
        body = orjson.dumps(served_tree(world, _session(request, name)))
        return Response(body, media_type="application/json")

    def _world_of(request: Request) -> tuple[str, World]:
        name = request.path_params["name"]
        if name not in sessions.worlds:
            raise UnknownName("document", name, sessions.worlds)
        return name, sessions.worlds[name]

    async def unknown(request: Request, error: Exception) -> Response:
        return Response(str(error), 404, media_type="text/plain")

    routes = [
        Route("/", overview),
        Route("/try/{name:path}", explorer),
        Route("/openapi/{name:path}", openapi),
        Route("/static/{name:path}", _static),
    ]
    return Starlette(routes=routes, exception_handlers={UnknownName: unknown})


def served_tree(world: World, session: str) -> dict[str, Any]:
    """The document as this server has it: one server, a session's own base, offered operations.

    Token URLs lead to that session too; Swagger UI lets the session be changed.
    """
    document = world.document
    base = f"/s/{{session}}{document.base_path}"
    about = "The session that is called: a document's own one, or one of the control plane."
    server = {
        "url": base,
        "variables": {"session": {"default": session, "description": about}},
    }
    methods: dict[str, set[str]] = {}
    for each in world.offered_operations:
        methods.setdefault(each.path, set()).add(each.method.lower())
    paths = document.tree.get("paths")
    kept = {
        path: _path_item(item, methods[path])
        for path, item in (paths.items() if isinstance(paths, dict) else ())
        if isinstance(item, dict) and path in methods
    }
    tree = {**document.tree, "servers": [server], "paths": kept}
    components = document.tree.get("components")
    if isinstance(components, dict) and document.security_schemes:
        schemes = {
            name: _local_scheme(world, scheme, session)
            for name, scheme in document.security_schemes.items()
        }
        tree["components"] = {**components, "securitySchemes": schemes}
    return tree


def _path_item(item: Mapping[str, Any], methods: set[str]) -> dict[str, Any]:
    """A path item without servers of its own, and with those methods alone."""
    kept: dict[str, Any] = {}
    for key, value in item.items():
        if key in _METHODS and isinstance(value, dict):
            if key in methods:
                kept[key] = {name: part for name, part in value.items() if name != "servers"}
        elif key != "servers":
            kept[key] = value
    return kept


def _local_scheme(world: World, scheme: Mapping[str, Any], session: str) -> dict[str, Any]:
    """A security scheme whose token endpoints are on this server."""

    def local(key: str, value: Any) -> Any:
        if key not in ("tokenUrl", "refreshUrl") or not isinstance(value, str):
            return value
        return f"/s/{session}{urlsplit(world.authorization.absolute(value)).path}"

    flows = scheme.get("flows")
    if not isinstance(flows, Mapping):
        return dict(scheme)
    moved = {
        name: {key: local(key, value) for key, value in flow.items()}
        for name, flow in flows.items()
        if isinstance(flow, Mapping)
    }
    return {**scheme, "flows": moved}


def _document(name: str, world: World) -> dict[str, Any]:
    """What the overview says of a document."""
    document = world.document
    info = document.tree.get("info")
    info = info if isinstance(info, dict) else {}
    return {
        "name": name,
        "title": document.title,
        "version": str(info.get("version", "")),
        "openapi": document.version,
        "about": _paragraph(info.get("description")),
        "base": document.base_path or "/",
        "operations": [_row(world, each) for each in world.offered_operations],
    }


def _row(world: World, operation: Operation) -> dict[str, Any]:
    if operation.defect is not None:
        kind, why = "unusable", operation.defect
    elif world.resources.meaning(operation).act in WITHOUT_STATE:
        kind, why = "stateless", "nothing that it would write can be read again"
    else:
        kind, why = "state", world.resources.meaning(operation).act
    tag = operation.tags[0] if operation.tags else "default"
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "place": f"/{quote(tag)}/{quote(operation.id)}",
        "about": _paragraph(operation.summary or operation.description),
        "kind": kind,
        "why": why,
    }


def _paragraph(text: Any) -> str:
    """The first paragraph of a description, cut to what a row has room for."""
    first = text.strip().partition("\n\n")[0] if isinstance(text, str) else ""
    line = " ".join(first.split())
    return line if len(line) <= _ABOUT else f"{line[:_ABOUT]}…"


def _session(request: Request, name: str) -> str:
    """The session that was asked for, or the document's own."""
    asked = request.query_params.get("session", "")
    return asked if _SESSION.fullmatch(asked) else name


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    kind = name.rpartition(".")[2]
    known = ("pages.css", "pages.js", "explorer.js", "icon.svg")
    if name not in known and not (name.startswith("swagger-ui/") and ".." not in name):
        return Response("There is no such file.", 404, media_type="text/plain")
    try:
        data = (files(__package__) / "static" / name).read_bytes()
    except (OSError, ValueError):
        return Response("There is no such file.", 404, media_type="text/plain")
    headers = {"cache-control": "max-age=300", "x-content-type-options": "nosniff"}
    return Response(data, media_type=_TYPES.get(kind, "text/plain"), headers=headers)


def _html(template: str, *, policy: str = POLICY, **values: Any) -> Response:
    text = _environment().get_template(f"{template}.html.j2").render(root=PREFIX, **values)
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    return Response(text, media_type="text/html", headers=headers)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
