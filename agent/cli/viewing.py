"""Commands that show what happened: view (in the browser), show (in the terminal), runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.collecting import StoreUrl
from agent.cli.console import fail, note, say, show, show_json
from agent.cli.inspecting import Json

if TYPE_CHECKING:
    from trajectories import Store, Trajectory
    from trajectories.viewer.app import Continue
    from trajectories.viewer.figures import Figures

NAMES = Annotated[
    list[str] | None,
    typer.Argument(
        help="A run's number, a store (path or URL), files, a checkpoint folder, or results."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("view")(view)
    app.command("show")(show_run)
    app.command("runs")(runs)


def view(
    names: NAMES = None,
    store: StoreUrl = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8080,
    host: Annotated[
        str, typer.Option("--host", help="Loopback unless you say otherwise.")
    ] = "127.0.0.1",
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", help="Write one self-contained HTML file instead of serving."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Episodes in a bundle at most.")
    ] = 200,
) -> None:
    """Browse trajectories: what the agent did, what was true, and where they parted.

    A checkpoint folder shows its training, a JSON of results its tables and charts.
    Example: wavetank view 3 --bundle run.html
    """
    from itertools import islice

    from agent.evaluation.report.figures import data_figures
    from trajectories import Store
    from trajectories.viewer import allowed_hosts, viewer, write_bundle

    named = [*(names or ()), *([store] if store else ())]
    found = {name: figures for name in named if (figures := number_page(Path(name)))}
    rest = [name for name in named if name not in found]
    opened = open_episodes(rest) if rest or not found else Store.open(":memory:")
    if bundle is not None:
        chosen = islice(opened.iterate(), limit)
        title = opened.place if rest or not found else "Wavetank"
        count = write_bundle(chosen, bundle, title=title, numbers=list(found.values()))
        say(f"{count} of {opened.count()} episodes in {bundle}")
        return
    import uvicorn

    app = viewer(
        opened,
        hosts=allowed_hosts(host),
        go_on=episode_continuer(),
        numbers=list(found.values()),
        data=data_figures,
    )
    say(f"http://{host}:{port}/  ({opened.count()} episodes; Ctrl-C ends it)")
    try:
        uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)
    except SystemExit:
        fail(f"{host}:{port}: the port is in use; choose another --port")


def show_run(
    run: Annotated[str, typer.Argument(help="A run's number, a store or a file.")],
    episode: Annotated[
        str | None, typer.Argument(help="Place in the list (from 1), or the beginning of an id.")
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", help="Two episodes, aligned; the first difference is marked."),
    ] = None,
    json: Json = False,
) -> None:
    """An episode in the terminal: what was shown beside what was true, and where they parted.

    Example: wavetank show 3 1
    """
    from agent.cli.transcript import print_comparison, print_episode
    from agent.evaluation.blame import blame_in
    from agent.runtime.rerun import Reruns
    from trajectories.viewer.episodes import story

    store = open_episodes([run])
    if diff is not None:
        left, right = (_pick(store, name) for name in diff)
        print_comparison(left, right)
        return
    if episode is not None:
        found = _pick(store, episode)
        if json:
            show_json(found.model_dump(mode="json"))
        else:
            print_episode(found)
            blamed = blame_in(found, Reruns())
            if blamed is not None:
                say(f"to blame, by execution: {blamed.sentence}")
        return
    rows = []
    for number, record in enumerate(store.iterate(), 1):
        told = story(record)
        outcome = told["kind"] or ("success" if told["success"] else "failure")
        rows.append(
            {
                "episode": number,
                "outcome": outcome,
                "agent": told["agent"],
                "faults fired": told["fired"],
                "calls": told["calls"],
                "task": told["instruction"][:70],
                "id": record.id,
            }
        )
    show(rows, json=json)


def runs(json: Json = False) -> None:
    """Runs that were kept, newest last; `wavetank show NUMBER` opens one."""
    from agent.evaluation.runs import kept_runs, runs_folder
    from trajectories import Store, TrajectoryError

    rows = []
    for run in kept_runs():
        try:
            with Store.open(run.path, create=False) as store:
                count, right = store.count(), store.count(outcome="success")
        except TrajectoryError:
            count, right = 0, 0
        rows.append(
            {
                "run": run.number,
                "command": run.command,
                "about": run.subject,
                "episodes": count,
                "right": right,
                "store": str(run.path),
            }
        )
    if not rows and not json:
        note(f"no runs in {runs_folder()} yet: stress, eval and pilot keep theirs there")
    show(rows, json=json, columns=("run", "command", "about", "episodes", "right"))


def open_episodes(names: list[str]) -> Store:
    """One store for all that was named; files are read into a store in memory.

    Raises AgentError for a run that is not there, TrajectoryError for a file nobody can read.
    """
    from agent.evaluation.runs import find_store, kept_runs
    from trajectories import Store
    from trajectories.imports import open_file

    if not names:
        kept = kept_runs()
        if not kept:
            fail("name a store or a file; no run was kept yet")
        names = [str(kept[-1].number)]
    files = [name for name in names if _is_to_import(name)]
    if len(files) < len(names) and len(names) > 1:
        fail("name one store or run, or any number of files")
    if not files:
        return Store.open(find_store(names[0]), create=False)
    store = Store.open(":memory:")
    for name in files:
        store.add_many(open_file(name))
    if not store.count():
        fail(f"{', '.join(files)}: no episodes in it")
    return store


def number_page(path: Path) -> Figures | None:
    """The figures of a checkpoint folder or of a JSON of results; None for anything else.

    Raises AgentError for one that cannot be read.
    """
    from agent.evaluation.report.figures import is_checkpoint, result_figures, training_figures
    from trajectories.imports.detection import format_of

    if path.is_dir():
        return training_figures(path) if is_checkpoint(path) else None
    is_results = path.suffix == ".json" and path.is_file() and not format_of(path, strict=False)
    return result_figures(path) if is_results else None


def _is_to_import(name: str) -> bool:
    path = Path(name)
    if not path.is_file():
        return path.is_dir()
    with open(path, "rb") as file:
        return file.read(16) != b"SQLite format 3\0"


def _pick(store: Store, name: str) -> Trajectory:
    ids = list(store.ids())
    if name.isdigit() and 0 < int(name) <= len(ids):
        name = ids[int(name) - 1]
    matching = [id for id in ids if id.startswith(name)]
    if len(matching) != 1:
        fail(
            f"{len(matching) or 'no'} episodes match {name!r}; give a place from 1 to {len(ids)} "
            "or the beginning of one id"
        )
    found = store.get(matching[0])
    assert found is not None
    return found


def episode_continuer() -> Continue:
    """Plays episodes on in this process; documents are loaded once."""
    from agent.agents import agent_from
    from agent.errors import AgentError
    from agent.runtime.continuation import continue_episode
    from agent.runtime.rerun import Reruns
    from sandbox.errors import SandboxError

    worlds = Reruns()

    def go_on(record: Trajectory, step: int, options: Mapping[str, str]) -> Trajectory:
        try:
            return continue_episode(record, step, options, worlds=worlds, agents=agent_from)
        except (AgentError, SandboxError) as error:
            raise ValueError(str(error)) from error

    return go_on
