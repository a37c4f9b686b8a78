"""Commands that serve a world: serve (HTTP, control plane, MCP) and mcp (stdio)."""

from __future__ import annotations

import secrets
import socket
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.console import INTERRUPTED, fail, note, say
from agent.cli.inspecting import (
    Data,
    Doc,
    Drift,
    Faults,
    Helpfulness,
    ModelFile,
    Only,
    Seed,
    Strict,
    Unknown,
    UnknownEntities,
    UnknownFields,
    UnknownIds,
)
from agent.cli.tables import printable

if TYPE_CHECKING:
    from sandbox import World
    from sandbox.transports.asgi_messages import Application

MANY_TOOLS = 100
"""Above this many, an MCP client is given a search for tools instead of their list."""
VIEW_PREFIX = "/_view"
Docs = Annotated[list[str], typer.Argument(help="OpenAPI documents: paths, URLs or bundled names.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("serve")(serve)
    app.command("mcp")(mcp)


def serve(
    documents: Docs,
    faults: Faults = None,
    drift: Drift = None,
    seed: Seed = 0,
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8000,
    host: Annotated[
        str, typer.Option("--host", help="Loopback unless you say otherwise.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None, typer.Option("--token", help="Of the control plane; made up when not given.")
    ] = None,
    time_scale: Annotated[
        float, typer.Option("--time-scale", min=0.001, help="Virtual seconds per wall second.")
    ] = 60.0,
    cors: Annotated[
        bool, typer.Option("--cors", help="Let pages of any origin call the documents' paths.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Load a document's file anew when it changes.")
    ] = False,
    state: Annotated[
        Path | None, typer.Option("--state", help="Keep the sessions in this file between starts.")
    ] = None,
    referee: Annotated[
        bool, typer.Option("--referee", help="openapi-core judges every exchange.")
    ] = False,
    credential: Annotated[
        list[str] | None,
        typer.Option("--credential", help="Let in only this key, token or user:password; repeat."),
    ] = None,
    unknown: Unknown = UnknownFields.ignore,
    helpfulness: Helpfulness = 2,
    unknown_ids: UnknownIds = UnknownEntities.closed,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Answer an Accept header that nothing fits, no 406.")
    ] = False,
    deliver: Annotated[
        list[str] | None,
        typer.Option("--deliver", help="Send callbacks and webhooks to this host too; repeat."),
    ] = None,
    strict: Strict = False,
    model_file: ModelFile = None,
    data: Data = None,
    only: Only = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No line on standard error for each request.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes; each session lives in one.")
    ] = 1,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Serve documents as one HTTP server with a control plane and MCP."""
    if workers > 1:
        _share_port(workers, host, port, token, state=state, referee=referee)
        return
    from sandbox import World
    from sandbox.transports.lazy_imports import LazyApplication
    from sandbox.transports.server import PAGES_PREFIX, Server
    from sandbox.transports.server import serve as run

    place = None
    if worker:
        from agent.cli.serving_workers import Place

        place = Place.read()
    else:
        check_port(host, port)
    if data is not None and len(documents) > 1:
        fail("--data is for one document; serve each on a --port of its own")
    sources = named_sources(documents)
    load = partial(World.load, strict=strict, only=only or (), overrides=model_file, data=data)
    worlds = {name: load(source) for name, source in sources.items()}
    app = Server(
        worlds,
        token=token if place is None else place.token,
        worker=0 if place is None else place.number,
        address="" if place is None else place.address,
        time_scale=time_scale,
        cors=cors,
        watched=_files_to_watch(sources, load) if watch else None,
        state=state,
        referee=referee,
        deliver_to=deliver or (),
        report=None if quiet else report_request,
        mounts={VIEW_PREFIX: LazyApplication(partial(live_pages, host))},
        links={"Live view": f"{VIEW_PREFIX}/live"},
        options={
            "seed": seed,
            "faults": faults,
            "drift": drift,
            "credentials": credential or [],
            "unknown": unknown.value,
            "helpfulness": helpfulness,
            "unknown_ids": unknown_ids.value,
            "lenient": lenient,
        },
    )
    from agent.cli.load_notes import load_notes, service_notes

    listener = None if place is None else place.listener
    if place is not None and place.number > 1:
        run(app, listener=listener)
        return
    home = f"http://{host}:{port}"
    bases = Counter(world.document.base_path for world in worlds.values())
    for name, world in worlds.items():
        base = world.document.base_path
        # What two documents have under one path is the first one's; below /s/ each has its own.
        own = f"/s/{name}" if bases[base] > 1 else ""
        say(f"{world.document.title}: {home}{own}{base or '/'}  (session {name})")
        for line in load_notes(world):
            note(f"warning: {line}")
        for line in service_notes(world, home + own):
            note(line)
    say(f"documents, and a page to try them: {home}{PAGES_PREFIX}/")
    say(f"control plane: {home}/_wavetank  token: {app.token}")
    if app.speaks_mcp:
        say(f"MCP: {home}/_mcp")
    say(f"live view: {home}{VIEW_PREFIX}/live")
    try:
        run(app, host=host, port=port, listener=listener)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _share_port(
    workers: int, host: str, port: int, token: str | None, *, state: Path | None, referee: bool
) -> None:
    """Run the same command in several processes. What needs one process alone is refused."""
    if state is not None or referee:
        flag = "--state" if state is not None else "--referee"
        fail(f"{flag} is for one process; leave out --workers")
    from agent.cli.serving_workers import run_workers

    check_port(host, port)
    arguments, token = sys.argv[1:], token or secrets.token_urlsafe(24)
    run_workers(workers, host=host, port=port, token=token, arguments=arguments)


def report_request(line: str) -> None:
    """A request's line, as fast as can be: a server writes one for each."""
    sys.stderr.write(f"{printable(line)}\n")


def check_port(host: str, port: int) -> None:
    """End with one sentence where nothing can listen there, before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        fail(f"{host}:{port}: {reason}; choose another --port")


def live_pages(host: str) -> Application:
    """The viewer beside a running server: its sessions as they happen, and files to open."""
    from sandbox.transports.control import PREFIX
    from trajectories import Store
    from trajectories.viewer import allowed_hosts, viewer

    return viewer(
        Store.open(":memory:"), hosts=allowed_hosts(host), control=PREFIX, root=VIEW_PREFIX
    )


def named_worlds(documents: list[str], only: list[str] | tuple[str, ...] = ()) -> dict[str, World]:
    """Worlds by a short name each: the file's stem, numbered when two are alike."""
    from sandbox import World

    return {
        name: World.load(source, only=only) for name, source in named_sources(documents).items()
    }


def named_sources(documents: list[str]) -> dict[str, str]:
    """The documents by a short name each: the file's stem, numbered when two are alike."""
    sources: dict[str, str] = {}
    for source in documents:
        stem = Path(source).stem or "document"
        name, count = stem, 2
        while name in sources:
            name, count = f"{stem}-{count}", count + 1
        sources[name] = source
    return sources


def _files_to_watch(
    sources: dict[str, str], load: Callable[[str], World]
) -> dict[str, tuple[Path, Callable[[], World]]]:
    """The files among the documents, each with how to load it; fails when there is none."""
    files = {name: source for name, source in sources.items() if Path(source).is_file()}
    if not files:
        fail("--watch looks at files, and none of these documents is one")
    return {name: (Path(source), partial(load, source)) for name, source in files.items()}


def mcp(
    document: Doc,
    faults: Faults = None,
    drift: Drift = None,
    seed: Seed = 0,
    only: Only = None,
    model_file: ModelFile = None,
    data: Data = None,
    unknown: Unknown = UnknownFields.ignore,
    helpfulness: Helpfulness = 2,
    unknown_ids: UnknownIds = UnknownEntities.closed,
    search: Annotated[
        bool | None,
        typer.Option(
            "--search/--no-search",
            help="Offer search_tools and call_tool instead of all tools; so above 100 tools.",
        ),
    ] = None,
    print_config: Annotated[
        str | None,
        typer.Option("--print-config", help="claude, cursor or vscode: what to paste there."),
    ] = None,
) -> None:
    """Serve a document to an MCP client over standard input and output."""
    import asyncio

    from agent.cli.extras import needs
    from sandbox import World

    needs("mcp", "mcp", "serving MCP")
    from sandbox.transports.mcp import print_config as config
    from sandbox.transports.mcp import serve_stdio

    if print_config is not None:
        arguments = ["mcp", document, "--seed", str(seed)]
        arguments += ["--faults", faults] if faults else []
        arguments += ["--drift", drift] if drift else []
        arguments += [part for entry in only or () for part in ("--only", entry)]
        arguments += ["--model-file", str(model_file)] if model_file else []
        arguments += ["--data", str(data)] if data else []
        arguments += ["--unknown", unknown.value] if unknown != UnknownFields.ignore else []
        arguments += ["--helpfulness", str(helpfulness)] if helpfulness != 2 else []
        closed = unknown_ids == UnknownEntities.closed
        arguments += [] if closed else ["--unknown-ids", unknown_ids.value]
        arguments += [] if search is None else ["--search" if search else "--no-search"]
        say(config(print_config, command="wavetank", arguments=arguments))
        return
    world = World.load(document, only=only or (), overrides=model_file, data=data)
    session = world.session(
        seed=seed,
        faults=faults,
        drift=drift,
        unknown=unknown.value,
        helpfulness=helpfulness,
        unknown_ids=unknown_ids.value,
    )
    searching = len(world.tools) > MANY_TOOLS if search is None else search
    asyncio.run(serve_stdio(session, search=searching))
