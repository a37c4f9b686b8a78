"""Commands that run the whole loop: demo, pilot, init."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.console import fail, note, progress, say, show, show_json
from agent.cli.extras import has_local, needs
from agent.cli.inspecting import Doc, Json, KeptIn, Only, Seed

Docs = Annotated[list[str], typer.Argument(help="OpenAPI documents: paths, URLs or bundled names.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("demo")(demo)
    app.command("pilot")(pilot)
    app.command("init")(init)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the report and its files.")] = Path(
        "out/demo"
    ),
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """The whole loop on a bundled document; no key, no GPU."""
    from agent.evaluation.pilot_config import Brief

    local = has_local()
    why = "the bundled role adapters were taken, which have never read this document"
    if local:
        _have_backbone()
    else:
        why = "the extra 'local' is not installed, so scripted agents ran alone"
        say(f"Note: {why}.")
    brief = Brief(
        documents=("bookshop",),
        out=out,
        bundled=local,
        tasks=120,
        steps=12,
        live=12 if local else 20,
        stress=4 if local else 12,
        seed=seed,
        command="wavetank demo",
        why_untrained=why,
    )
    run(brief, json)


def pilot(
    documents: Docs,
    out: Annotated[Path, typer.Option("--out", help="Folder for the report and its files.")],
    train: Annotated[
        bool, typer.Option("--train", help="Train α-UMi on what was collected.")
    ] = False,
    compare: Annotated[
        list[str] | None, typer.Option("--compare", help="Another agent to evaluate; may repeat.")
    ] = None,
    count: Annotated[int, typer.Option("-n", min=8, help="Tasks.")] = 360,
    epochs: Annotated[float, typer.Option("--epochs", min=0.01, help="Of stage 1.")] = 1.0,
    recipe: Annotated[str, typer.Option("--recipe")] = "glpft",
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it would do and train for, and stop.")
    ] = False,
    seed: Seed = 0,
    store: KeptIn = None,
    only: Only = None,
    json: Json = False,
) -> None:
    """Tasks, collection, (training,) evaluation, stress and one HTML report for your documents."""
    from agent.agents import agent_from
    from agent.evaluation.pilot_config import Brief

    for name in compare or ():
        agent_from(name)
    if train:
        needs("local", "torch", "training")
        _have_backbone()
    command = " ".join(["wavetank pilot", *documents, *(["--train"] if train else [])])
    brief = Brief(
        documents=tuple(documents),
        out=out,
        train=train,
        compare=tuple(compare or ()),
        tasks=count,
        epochs=epochs,
        recipe=recipe,
        seed=seed,
        only=tuple(only or ()),
        command=command,
        why_untrained="" if train else "it was not asked for (--train)",
    )
    if estimate:
        from agent.evaluation.pilot import estimate as estimate_pilot

        show([estimate_pilot(brief)], json=json)
        return
    run(brief, json, store=store)


def _have_backbone() -> None:
    from agent.backends.local import pull

    pull()


def run(brief: Any, json: bool, *, store: str | None = None) -> None:
    """Run a pilot with a progress display and show its result."""
    from dataclasses import replace

    import orjson

    from agent.evaluation.pilot import pilot as stages
    from agent.evaluation.runs import open_run

    kept, name = open_run("pilot", brief.documents[0], store)
    kept.close()
    brief = replace(brief, store=kept.place, run=name)
    with progress(quiet=json) as bar:
        shown: dict[str, Any] = {}
        for stage in stages(brief):
            if stage.name not in shown:
                if not json and not bar.console.is_terminal:
                    # The bars of a log come at its end: say at least where the time goes.
                    note(f"{stage.name} …")
                shown[stage.name] = bar.add_task(stage.name, total=stage.total, rate="")
            bar.update(shown[stage.name], completed=stage.done, total=stage.total, rate=stage.note)
    result = orjson.loads((brief.out / "report.json").read_bytes())
    if json:
        show_json(result)
    else:
        show_result(result, report=brief.out / "report.html", run=name)


def show_result(result: Mapping[str, Any], *, report: Path, run: str) -> None:
    """A pilot's result for people; `run` is what `wavetank show` calls its episodes."""
    for kind, part in result["evaluation"]["static"].items():
        metrics = ("plan_acc", "action_em", "hallucination", "argument_f1", "rouge_l")
        rows = [
            {"agent": agent, **{m: scores[m] for m in metrics}}
            for agent, scores in part["agents"].items()
        ]
        show(rows, json=False, title=f"{kind}: {part['title']} ({part['n_steps']} steps, percent)")
    show(
        [
            {"agent": a, "tasks": r["n_tasks"], "success": r["success"], "interval": r["interval"]}
            for a, r in result["evaluation"]["live"].items()
        ],
        json=False,
        title="live",
    )
    presets = list(dict.fromkeys(row["preset"] for row in result["stress"]))
    agents = list(dict.fromkeys(row["agent"] for row in result["stress"]))
    cells = {(row["agent"], row["preset"]): row["success"] for row in result["stress"]}
    show(
        [{"agent": a, **{p: cells.get((a, p)) for p in presets}} for a in agents],
        json=False,
        title="stress: goal reached, percent",
    )
    for line in result["verdict"]:
        say(line)
    say(f"report: {report}; episodes: wavetank show {run}")


def init(
    document: Doc,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path("."),
    seed: Seed = 0,
) -> None:
    """A tasks file for your own document and a CI job that runs it, ready to edit."""
    from agent.cli.starter import write_starter
    from sandbox import World

    world = World.load(document)
    for path in write_starter(world, document, out, seed=seed):
        say(f"wrote {path}")
    if not world.tools:
        fail("the document has no operations to make tasks of")
