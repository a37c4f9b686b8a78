"""The console: tables for people, JSON for programs, one clear sentence for what went wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Progress

FINE, FAILED, MISUSED, BROKEN = 0, 1, 2, 3
"""Exit codes: all well; the agent or a check failed; wrong usage or bad input; our own error."""

_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_OUT = Console()
_ERR = Console(stderr=True)


def say(text: str) -> None:
    """A line for people, on standard output."""
    _OUT.print(printable(text), highlight=False, markup=False, soft_wrap=True)


def note(text: str) -> None:
    """A line beside the output, on standard error."""
    _ERR.print(printable(text), highlight=False, markup=False, soft_wrap=True)


def print_text(text: Text) -> None:
    """A styled line for people, on standard output; nothing in it is read as markup."""
    text.plain = printable(text.plain)
    _OUT.print(text, soft_wrap=True)


def printable(text: str) -> str:
    """A text whose control characters are spelt out: documents and agents write what they like."""
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def show_json(value: Any) -> None:
    """One JSON value on standard output."""
    packed = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    sys.stdout.buffer.write(packed + b"\n")
    sys.stdout.buffer.flush()


def show_table(
    rows: Sequence[Mapping[str, Any]], *, title: str = "", columns: Sequence[str] = ()
) -> None:
    """Rows as a table; columns are the keys of the first row unless named."""
    names = list(columns) or (list(rows[0]) if rows else [])
    table = Table(
        title=Text(printable(title)) if title else None,
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for name in names:
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        # As Text: nothing that a document says is read as markup.
        table.add_row(*(Text(printable(_cell(row.get(name)))) for name in names))
    _OUT.print(table)


def show(
    rows: Sequence[Mapping[str, Any]], *, json: bool, title: str = "", columns: Sequence[str] = ()
) -> None:
    """Rows for whoever asks: a table, or an array with --json."""
    if json:
        show_json(list(rows))
    else:
        show_table(rows, title=title, columns=columns)


def progress(*, quiet: bool = False) -> AbstractContextManager[Progress]:
    """A progress display on standard error: bar, counts, rate and the time left."""
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
        console=_ERR,
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
    except KeyboardInterrupt:
        note("wavetank: stopped; what was written so far is kept")
        return 130
    except Exception as error:
        if not isinstance(error, _expected_errors()):
            raise
        note(f"wavetank: {_sentence(error)}")
        return MISUSED


def _expected_errors() -> tuple[type[Exception], ...]:
    """What bad input raises. Asked for only then: loading all this costs a second."""
    from agent.errors import AgentError
    from sandbox.errors import SandboxError
    from trajectories.errors import TrajectoryError

    return SandboxError, TrajectoryError, AgentError


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"
    return str(value)
