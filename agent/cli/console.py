"""The console: tables for people, JSON for programs, one clear sentence for what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
import typer

from agent.cli.tables import Rows, printable, table_lines

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.text import Text


FINE, FAILED, MISUSED, BROKEN = 0, 1, 2, 3
"""Exit codes: all well; the agent or a check failed; wrong usage or bad input; our own error."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def say(text: str) -> None:
    """A line for people, on standard output."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A line beside the output, on standard error."""
    sys.stderr.write(f"{printable(text)}\n")
    sys.stderr.flush()


def print_text(text: Text) -> None:
    """A styled line for people, on standard output; nothing in it is read as markup."""
    from rich.console import Console

    text.plain = printable(text.plain)
    Console().print(text, soft_wrap=True)


def show_json(value: Any) -> None:
    """One JSON value on standard output."""
    packed = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    sys.stdout.buffer.write(packed + b"\n")
    sys.stdout.buffer.flush()


def show_table(rows: Rows, *, title: str = "", columns: Sequence[str] = ()) -> None:
    """Rows as a table; columns are the keys of the first row unless named.

    A terminal gets what fits its width; what is piped has one whole line for each row.
    """

    width = get_terminal_size().columns if sys.stdout.isatty() else None
    names = list(columns) or (list(rows[0]) if rows else [])
    if title:
        say(title)
    for line in table_lines(rows, names, width=width):
        say(line)


def show(rows: Rows, *, json: bool, title: str = "", columns: Sequence[str] = ()) -> None:
    """Rows for whoever asks: a table, or an array with --json."""
    if json:
        show_json(list(rows))
    else:
        show_table(rows, title=title, columns=columns)


def progress(*, quiet: bool = False) -> AbstractContextManager[Progress]:
    """A progress display on standard error: bar, counts, rate and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet,
        transient=False,
    )


def fail(message: str, code: int = MISUSED) -> NoReturn:
    """End with one sentence on standard error."""
    note(f"wavetank: {message}")
    raise typer.Exit(code)


def run_guarded(main: Callable[[], Any]) -> int:
    """Run the command line; what we were given wrong is one sentence, what we did wrong says so."""
    try:
        result = main()
        return result if isinstance(result, int) else FINE
    except FileNotFoundError as error:
        note(f"wavetank: {error.filename}: there is no such file")
        return MISUSED
    except (PermissionError, IsADirectoryError) as error:
        note(f"wavetank: {error.filename}: {error.strerror}")
        return MISUSED
    except BrokenPipeError:
        return FINE
    except (KeyboardInterrupt, typer.Abort):
        note("wavetank: stopped; what was written so far is kept")
        return INTERRUPTED
    except Exception as error:
        if not isinstance(error, _expected_errors()):
            raise
        note(f"wavetank: {_sentence(error)}{_advice(error)}")
        return MISUSED


def _expected_errors() -> tuple[type[Exception], ...]:
    """What bad input raises. Asked for only then: loading all this costs a second."""
    from agent.errors import AgentError
    from sandbox.errors import SandboxError
    from trajectories.errors import TrajectoryError

    return SandboxError, TrajectoryError, AgentError


def _advice(error: Exception) -> str:
    """How to install what is missing, where that is what went wrong."""
    extra = getattr(error, "extra", None)
    if extra is None:
        return ""
    from agent.installation import how_to_add

    return f": {how_to_add(extra)}"


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())
