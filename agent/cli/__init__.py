"""The command line: `wavetank …`. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer

from agent.cli.console import BROKEN, note, run_guarded
from specs import __version__

app = typer.Typer(
    name="wavetank",
    help="Any OpenAPI document as a world of tools that fail and change, for agents to be tested "
    "and trained in.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"wavetank {__version__}\n")
        raise typer.Exit(0)


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_show_version, help="Show it and stop."
    ),
) -> None:
    """Options that stand before the command."""


def _register() -> None:
    for name in ("running", "stressing", "inspecting", "data", "learning", "serving", "viewing"):
        import_module(f"agent.cli.{name}").register(app)


def main(arguments: list[str] | None = None) -> None:
    """The console command. Exit codes: 0 fine, 1 a check failed, 2 bad input, 3 our own error."""
    _register()

    def run() -> Any:
        return app(args=arguments, standalone_mode=False)

    try:
        sys.exit(run_guarded(run))
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.Abort:
        sys.exit(130)
    except SystemExit:
        raise
    except Exception as error:
        if _usage(error):
            sys.exit(2)
        import traceback

        traceback.print_exc()
        note(f"wavetank: this is our own error, please report it: {type(error).__name__}: {error}")
        sys.exit(BROKEN)


def _usage(error: Exception) -> bool:
    """Show a usage error as the library words it; False when it is something else."""
    show = getattr(error, "show", None)
    if show is None or not hasattr(error, "exit_code"):
        return False
    show()
    return True
