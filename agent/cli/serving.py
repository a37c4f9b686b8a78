"""Commands that serve a world: serve (HTTP, control plane, MCP) and mcp (stdio)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.console import fail, note, say
from agent.cli.look import Doc, Drift, Faults, Only, Seed

if TYPE_CHECKING:
    from sandbox import World

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
    only: Only = None,
) -> None:
    """Serve documents as one HTTP server with a control plane and MCP."""
    from sandbox.transports.server import Server
    from sandbox.transports.server import serve as run

    worlds = named_worlds(documents, only or ())
    app = Server(
        worlds,
        token=token,
        time_scale=time_scale,
        cors=cors,
        options={"seed": seed, "faults": faults, "drift": drift},
    )
    home = f"http://{host}:{port}"
    for name, world in worlds.items():
        say(f"{world.document.title}: {home}{world.document.base_path or '/'}  (session {name})")
        for notice in world.document.warnings:
            note(f"warning: {notice.pointer}: {notice.reason}")
    say(f"control plane: {home}/_wavetank  token: {app.token}")
    say(f"MCP: {home}/_mcp")
    try:
        run(app, host=host, port=port)
    except OSError as error:
        fail(f"{host}:{port}: {error.strerror}; choose another --port")


def named_worlds(documents: list[str], only: list[str] | tuple[str, ...] = ()) -> dict[str, World]:
    """Worlds by a short name each: the file's stem, numbered when two are alike."""
    from sandbox import World

    worlds: dict[str, World] = {}
    for source in documents:
        stem = Path(source).stem or "document"
        name, count = stem, 2
        while name in worlds:
            name, count = f"{stem}-{count}", count + 1
        worlds[name] = World.load(source, only=only)
    return worlds


def mcp(
    document: Doc,
    faults: Faults = None,
    drift: Drift = None,
    seed: Seed = 0,
    only: Only = None,
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
        say(config(print_config, command="wavetank", arguments=arguments))
        return
    world = World.load(document, only=only or ())
    asyncio.run(serve_stdio(world.session(seed=seed, faults=faults, drift=drift)))
