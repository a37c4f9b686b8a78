"""Commands of the data engine: tasks, collect, correct, import, replay, export."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agent.cli.collecting import StoreUrl, collect, correct
from agent.cli.console import FAILED, note, progress, say, show, show_json, show_table
from agent.cli.inspecting import Json, ModelFile, Only, Seed

if TYPE_CHECKING:
    from sandbox.tasks import Task
    from sandbox.tasks.diversity import Diversity
    from trajectories import Trajectory
    from trajectories.exports import Summary


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("tasks")(tasks)
    app.command("collect")(collect)
    app.command("correct")(correct)
    app.command("import")(import_)
    app.command("replay")(replay)
    app.command("export")(export)


def tasks(
    document: Annotated[
        str | None, typer.Argument(help="Path, URL or bundled name of an OpenAPI document.")
    ] = None,
    count: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    seed: Seed = 0,
    kinds: Annotated[
        str | None, typer.Option("--kinds", help="Comma-separated, for example read,create.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write here instead of standard output.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="How different the tasks are, instead of the tasks.")
    ] = False,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            help="MODEL@URL of an OpenAI-compatible server that rephrases the instructions; "
            "its key, if any, in WAVETANK_TEACHER_KEY.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", help="Count the different tasks that a store holds instead."),
    ] = None,
    only: Only = None,
    model_file: ModelFile = None,
    json: Json = False,
) -> None:
    """Generated tasks with goals and reference solutions, as a tasks file (YAML)."""
    if (document is None) == (store is None):
        raise typer.BadParameter("give either a document or --store")
    if store is not None:
        show_kept(store, json=json)
        return
    assert document is not None
    from agent.collect.shards import reasons
    from sandbox import World
    from sandbox.tasks import Report, TaskFile, generate
    from sandbox.tasks.diversity import diversity

    world = World.load(document, only=only or (), overrides=model_file)
    yields = Report()
    wanted = kinds.split(",") if kinds else None
    made = list(generate(world, n=count, seed=seed, kinds=wanted, report=yields))
    if teacher is not None:
        made = reword(made, teacher)
    file = TaskFile(document=document, tasks=made)
    if report:
        show_diversity(diversity(made, world, seed=seed), world.document.title, json=json)
    elif json:
        show_json(file.model_dump(mode="json", exclude_defaults=True))
    elif out is not None:
        file.dump(out)
        say(f"{len(made)} tasks in {out}")
    else:
        typer.echo(file.text(), nl=False)
    if len(made) < count:
        note(
            f"only {len(made)} of {count} tasks: "
            + (reasons(yields) or "the document offers no more")
        )


def show_kept(place: str, *, json: bool) -> None:
    """The table of a store's tasks, document by document."""
    from agent.collect.store_statistics import count_store
    from trajectories import Store

    with Store.open(place, create=False) as opened:
        found = count_store(opened)
    rows = [each.row(found[-1].trajectories) for each in found]
    if json:
        show_json(rows)
    else:
        show_table(rows, title="tasks in the store; pairs: different wordings and call sequences")


def reword(tasks: list[Task], teacher: str) -> list[Task]:
    """The tasks in a teacher's words where they can be used; what was refused is noted."""
    from agent.collect.paraphrase import paraphrase, teacher_from

    chat = teacher_from(teacher, key=os.environ.get("WAVETANK_TEACHER_KEY"))
    results = paraphrase(tasks, chat)
    refused = Counter(result.refused for result in results if result.refused)
    note(f"{len(results) - refused.total()} of {len(results)} instructions rephrased")
    for reason, times in refused.most_common(5):
        note(f"{times} kept as they were: {reason}")
    return [result.task for result in results]


def show_diversity(found: Diversity, title: str, *, json: bool) -> None:
    """The measures as a table, or all of them nested as JSON."""
    if json:
        show_json(found.as_json())
    else:
        show(found.rows(), json=False, title=f"{title}: diversity of the tasks")


def import_(
    file: Annotated[Path, typer.Argument(help="A file in a foreign format.")],
    format: Annotated[str, typer.Option("--format", help="See `wavetank list formats`.")],
    store: StoreUrl,
    json: Json = False,
) -> None:
    """Read trajectories of another format into a store."""
    from trajectories import Store
    from trajectories.imports import import_file

    # Read first: a file that cannot be read must leave no empty store behind.
    found = list(import_file(file, format))
    with Store.open(store) as opened:
        added = opened.add_many(found)
    if json:
        show_json({"read": len(found), "added": added})
    else:
        say(f"{len(found)} trajectories read, {added} of them new, in {store}")


def replay(
    store: StoreUrl,
    document: Annotated[
        list[str] | None, typer.Option("--doc", help="Where the documents lie, when they moved.")
    ] = None,
    limit: Annotated[int | None, typer.Option("-n", min=1, help="At most so many.")] = None,
    json: Json = False,
) -> None:
    """Make every recorded call again and compare every observation, byte for byte."""
    from itertools import islice

    from agent.runtime.rerun import Reruns, is_imported, verify
    from trajectories import Store

    different = []
    total = observations = skipped = 0
    rerun = Reruns(document or ())
    with Store.open(store, create=False) as opened, progress(quiet=json) as bar:
        shown = bar.add_task(
            "replaying", total=min(opened.count(), limit or opened.count()), rate=""
        )
        for trajectory in islice(opened.neighbours(), limit):
            bar.update(shown, advance=1)
            if is_imported(trajectory):
                skipped += 1
                continue
            report = verify(trajectory, rerun)
            total += 1
            observations += report.compared
            if not report.same:
                different.append(report)
    if json:
        show_json(
            {
                "trajectories": total,
                "observations": observations,
                "imported": skipped,
                "different": [str(r) for r in different],
            }
        )
    else:
        for report in different:
            say(str(report))
        say(
            f"{total} trajectories, {observations} observations reproduced; "
            f"{len(different)} trajectories differ"
            + (f"; {skipped} imported ones have no world to be replayed in" if skipped else "")
        )
    if different:
        raise typer.Exit(FAILED)


def export(
    store: StoreUrl,
    format: Annotated[
        str,
        typer.Option(
            "--format", help="One of `wavetank list formats`: native, trl, trl-preference, …"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="File or folder to write.")],
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", help="success, failure, or an ending such as give_up."),
    ] = None,
    fault: Annotated[str | None, typer.Option("--fault", help="A fault that fired: H01.")] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Who acted.")] = None,
    document: Annotated[
        str | None, typer.Option("--document", help="Title, source or sha256 of a document.")
    ] = None,
    only_recoveries: Annotated[
        bool, typer.Option("--only-recoveries", help="Only those with a recovery in them.")
    ] = False,
    balance: Annotated[
        int | None, typer.Option("--balance", min=1, help="At most so many of each scenario.")
    ] = None,
    hold_out: Annotated[
        Literal["document", "fault"] | None,
        typer.Option("--hold-out", help="Write a quarter of these kinds apart, as NAME-unseen."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides what is held out.")] = 0,
    json: Json = False,
) -> None:
    """Write a store's trajectories in a format that trainers and viewers read."""
    from agent.collect.holdout import KINDS, held_kinds
    from agent.evaluation.runs import find_store
    from sandbox.errors import UnknownName
    from trajectories import Store
    from trajectories import export as write
    from trajectories.labels import limit_per_scenario
    from trajectories.query import ENDINGS, Terms

    if outcome is not None and outcome not in (valid := ("success", "failure", *ENDINGS)):
        raise UnknownName("outcome", outcome, valid)
    terms: Terms = {"label": "recovery"} if only_recoveries else {}
    for name, value in (
        ("outcome", outcome), ("fault", fault), ("agent", agent), ("document", document)
    ):  # fmt: skip
        if value is not None:
            terms[name] = value  # type: ignore[literal-required]
    with Store.open(find_store(store), create=False) as opened:

        def selection() -> Iterator[Trajectory]:
            found = opened.iterate(**terms)
            return found if balance is None else limit_per_scenario(found, limit=balance)

        parts: dict[Path, Iterable[Trajectory]] = {out: selection()}
        if hold_out is not None:
            kinds = KINDS[hold_out]
            held = held_kinds({name for each in selection() for name in kinds(each)}, seed=seed)
            note(f"held out: {', '.join(sorted(held)) or 'nothing, there is one kind only'}")
            parts = {
                out: (each for each in selection() if not kinds(each) & held),
                out.with_name(f"{out.stem}-unseen{out.suffix}"): (
                    each for each in selection() if kinds(each) & held
                ),
            }
        rows = [row_of(write(records, format, place)) for place, records in parts.items()]
        counts = f"{opened.count(**terms)} of {opened.count()} trajectories are asked for"
    if not json:
        say(counts)
    show(rows, json=json)


def row_of(summary: Summary) -> dict[str, Any]:
    """An export's summary as a row."""
    return {name: getattr(summary, name) for name in summary.__dataclass_fields__}
