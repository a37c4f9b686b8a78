"""The commands `collect` and `correct`, and the table of what each document gave."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agent.cli.console import INTERRUPTED, fail, note, progress, say, show_json, show_table
from agent.cli.extras import needs
from agent.cli.inspecting import Drift, Faults, Json, ModelFile, Only, Seed

if TYPE_CHECKING:
    from agent.collect.progress import Progress

Docs = Annotated[list[str], typer.Argument(help="OpenAPI documents: paths, URLs or bundled names.")]
StoreUrl = Annotated[str, typer.Option("--store", help="A SQLite file or a database URL.")]
AgentName = Annotated[str, typer.Option("--agent", help="See `wavetank list agents`.")]


@dataclass(slots=True)
class Row:
    """What one document gave."""

    document: str
    asked: int = 0
    tasks: int = 0
    """Different ones."""
    repeated: int = 0
    """Attempted again under another label, as the tasks ran out."""
    collected: int = 0
    succeeded: int = 0
    why: str = ""
    """Why there are not more tasks."""


@dataclass(slots=True)
class Tally:
    """Counts over a collection, and one row for each document."""

    collected: int = 0
    known: int = 0
    invalid: int = 0
    succeeded: int = 0
    documents: dict[str, Row] = field(default_factory=dict)

    def hear(self, news: Progress) -> None:
        """Take in what a collection says."""
        from agent.collect.progress import Collected, Invalid, Known, Skipped, Yielded

        match news:
            case Collected(source=source, success=success):
                self.collected += 1
                self.succeeded += success
                row = self._row(source)
                row.collected += 1
                row.succeeded += success
            case Known(ids):
                self.known += len(ids)
            case Invalid():
                self.invalid += 1
            case Yielded(source=source):
                row = self._row(source)
                if news.again:
                    row.repeated += news.found
                else:
                    row.asked += news.asked
                    row.tasks += news.found
                row.why = news.why or row.why
            case Skipped(source=source, reason=reason):
                row = self._row(source)
                if not row.why:
                    note(f"skipped: {source}: {reason}")
                row.why = reason

    def _row(self, source: str) -> Row:
        return self.documents.setdefault(source, Row(Path(source).name))

    def as_json(self) -> dict[str, Any]:
        """The counts, and the table."""
        counts = {
            name: getattr(self, name) for name in ("collected", "known", "invalid", "succeeded")
        }
        return {**counts, "documents": [asdict(row) for row in self.documents.values()]}


def processes(text: str) -> int | Literal["ray"]:
    """The value of --workers."""
    if text == "ray":
        needs("ray", "ray", "--workers ray")
        return "ray"
    if not text.isdigit() or int(text) < 1:
        raise typer.BadParameter(f"{text!r} is neither a number of processes nor ray")
    return int(text)


def collect(
    documents: Docs,
    store: StoreUrl,
    agent: AgentName = "scripted:perfect",
    count: Annotated[int, typer.Option("-n", min=1, help="How many trajectories in all.")] = 100,
    task_file: Annotated[
        Path | None, typer.Option("--tasks", help="A tasks file instead of generated tasks.")
    ] = None,
    faults: Faults = None,
    drift: Drift = None,
    seed: Seed = 0,
    workers: Annotated[str, typer.Option("--workers", help="A number of processes, or ray.")] = "1",
    transport: Annotated[
        Literal["in-process", "http", "mcp"], typer.Option("--transport", help="How calls travel.")
    ] = "in-process",
    helpfulness: Annotated[
        int | None,
        typer.Option("--helpfulness", min=0, max=4, help="How much errors explain; 2 by default."),
    ] = None,
    share_tools: Annotated[
        bool, typer.Option("--share-tools", help="Offer tasks the same tools in groups of eight.")
    ] = False,
    only: Only = None,
    model_file: ModelFile = None,
    json: Json = False,
) -> None:
    """Collect verified trajectories into a store; started again, it goes on where it stopped."""
    from agent.agents import agent_from
    from agent.collect.collect import Collected, Invalid, Known, Short, check_plans, read_tasks
    from agent.collect.collect import collect as run
    from sandbox import World
    from trajectories import Store

    if transport == "mcp":
        needs("mcp", "mcp", "--transport mcp")
    many = processes(workers)
    worlds = [World.load(each, only=only or (), overrides=model_file) for each in documents]
    given = read_tasks(task_file, worlds[0]) if task_file is not None else None
    acting = agent_from(agent)
    # A plan that cannot be used is said before anything is written.
    check_plans(worlds, faults=faults, drift=drift, seed=seed)
    # Left out unless asked for: options are a part of an episode's id.
    options: dict[str, Any] = {} if helpfulness is None else {"helpfulness": helpfulness}
    if model_file is not None:
        options["overrides"] = worlds[0].overrides
    tally = Tally()
    with Store.open(store) as opened, progress(quiet=json) as bar:
        shown = bar.add_task("collecting", total=count, rate="")
        try:
            for news in run(
                worlds,
                acting,
                opened,
                n=count,
                tasks=given,
                faults=faults,
                drift=drift,
                seed=seed,
                workers=many,
                transport=transport,
                share_tools=share_tools,
                **options,
            ):
                tally.hear(news)
                if isinstance(news, Collected):
                    elapsed = bar.tasks[0].elapsed or 1e-9
                    bar.update(shown, advance=1, rate=f"{tally.collected / elapsed:,.0f}/s")
                elif isinstance(news, Known):
                    bar.update(shown, advance=news.count)
                elif isinstance(news, Invalid):
                    note(f"not counted: {news.document}: {news.reason}")
                elif isinstance(news, Short):
                    note(f"the documents offer {news.found} of the {news.asked} tasks asked for")
        except KeyboardInterrupt:
            there = opened.count(agent=acting.name)
            fail(
                f"stopped by Ctrl-C: {there} trajectories of {acting.name} are in {store}; "
                "the same command goes on",
                INTERRUPTED,
            )
    if json:
        show_json(tally.as_json())
        return
    show_table([asdict(row) for row in tally.documents.values()], title="tasks per document")
    say(
        f"{tally.collected} collected ({tally.succeeded} reached their goal), "
        f"{tally.known} were there before, {tally.invalid} not counted; in {store}"
    )


def correct(
    store: StoreUrl,
    into: Annotated[str, typer.Option("--into", help="Where the corrections go, another store.")],
    document: Annotated[
        list[str] | None, typer.Option("--doc", help="Where the documents lie, when they moved.")
    ] = None,
    json: Json = False,
) -> None:
    """Failed episodes as the solver ends them, from the step to blame on: data to train on."""
    from agent.evaluation.corrections import correction
    from agent.runtime.rerun import Reruns
    from trajectories import Store

    if Path(store).resolve() == Path(into).resolve():
        fail("--into must be another store than --store")
    failed = corrected = 0
    worlds = Reruns(document or ())
    with (
        Store.open(store, create=False) as opened,
        Store.open(into) as kept,
        progress(quiet=json) as bar,
    ):
        shown = bar.add_task("correcting", total=opened.count(), rate="")
        for record in opened.neighbours():
            bar.update(shown, advance=1)
            if record.outcome.success:
                continue
            failed += 1
            found = correction(record, worlds)
            if found is not None:
                kept.add_many([found])
                corrected += 1
    if json:
        show_json({"failed": failed, "corrected": corrected})
        return
    say(f"{corrected} of {failed} failed episodes corrected, in {into}")
