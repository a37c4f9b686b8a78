"""Commands that run the whole loop: demo, pilot, stress, init."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import fail, note, progress, say, show, show_json
from agent.cli.extras import has_local, needs
from agent.cli.inspecting import Doc, Drift, Faults, Json, ModelFile, Only, Seed

if TYPE_CHECKING:
    from agent.evaluation.stress import Scorecard

Docs = Annotated[list[str], typer.Argument(help="OpenAPI documents: paths, URLs or bundled names.")]


STANDARD = tuple(
    f"scripted:{name}" for name in ("perfect", "polite", "immediate", "naive", "looper")
)
"""The agents that `stress` compares when none is named."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("demo")(demo)
    app.command("pilot")(pilot)
    app.command("stress")(stress)
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
        steps=40,
        live=20,
        stress=6 if local else 12,
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
    seed: Seed = 0,
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
    run(
        Brief(
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
        ),
        json,
    )


def _have_backbone() -> None:
    from agent.backends.local import pull

    pull()


def run(brief: Any, json: bool) -> None:
    """Run a pilot with a progress display and show its result."""
    import orjson

    from agent.evaluation.pilot import pilot as stages

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
        return
    for name, part in result["evaluation"]["static"].items():
        metrics = ("plan_acc", "action_em", "hallucination", "argument_f1", "rouge_l")
        rows = [
            {"agent": agent, **{m: scores[m] for m in metrics}}
            for agent, scores in part["agents"].items()
        ]
        show(rows, json=False, title=f"{name}: {part['title']} ({part['n_steps']} steps, percent)")
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
    say(f"report: {brief.out / 'report.html'}")


def stress(
    document: Doc = "bookshop",
    agent: Annotated[
        list[str] | None, typer.Option("--agent", help="May repeat; see `wavetank list agents`.")
    ] = None,
    faults: Faults = None,
    drift: Drift = None,
    presets: Annotated[
        str | None,
        typer.Option("--presets", help="all, or shipped presets: flaky,limits,drift-lag."),
    ] = None,
    task_file: Annotated[
        Path | None, typer.Option("--tasks", help="A tasks file instead of generated tasks.")
    ] = None,
    count: Annotated[int, typer.Option("-n", min=1, help="Tasks per cell.")] = 20,
    seed: Seed = 0,
    out_json: Annotated[
        Path | None, typer.Option("--out-json", help="Write the scorecard here.")
    ] = None,
    model_file: ModelFile = None,
    json: Json = False,
) -> None:
    """Agents against presets: who reaches the goal, loops, or does harm."""
    import orjson

    from agent.agents import agent_from
    from agent.evaluation.stress import Scorecard, Weather, preset_weathers, together
    from agent.evaluation.stress import stress as matrix
    from sandbox import World
    from sandbox.tasks import TaskFile

    acting = [agent_from(name) for name in agent or STANDARD]
    world = World.load(document, overrides=model_file)
    world.session(faults=faults, drift=drift)
    given = TaskFile.load(task_file).tasks if task_file is not None else None
    own = [Weather(" + ".join(p for p in (faults, drift) if p), faults, drift)]
    weathers = own if faults or drift else []
    if presets is not None or not weathers:
        weathers += preset_weathers(presets or "all")
    cards: list[Scorecard] = []
    with progress(quiet=json) as bar:
        shown = bar.add_task("stress", total=len(acting) * len(weathers), rate="")
        for news in matrix([world], acting, n=count, weathers=weathers, tasks=given, seed=seed):
            if isinstance(news, Scorecard):
                cards.append(news)
                bar.update(shown, advance=1, rate=f"{news.agent}, {news.weather}")
    if len(weathers) > 1:
        cards += together(cards)
    rows = [card.as_json() for card in cards]
    if out_json is not None:
        out_json.write_bytes(orjson.dumps(rows, default=str, option=orjson.OPT_INDENT_2))
    if json:
        show_json(rows)
    else:
        _scoreboard(cards)


_SHOWN = {
    "goal_success": "goal reached",
    "right_end": "or honest stop",
    "recovery_rate": "recovered",
    "clean_recovery_rate": "cleanly",
    "loop_rate": "loops",
    "politeness": "polite",
    "duplicate_rate": "duplicates",
    "fabricated_rate": "fabricated",
    "detected": "detected",
    "claimed": "claimed",
    "denied": "denied",
    "honest_stop_rate": "honest stops",
    "false_alarm_rate": "false alarms",
}
"""Rates on the terminal, and what they are called there; --json has all."""


def _scoreboard(cards: Sequence[Scorecard]) -> None:
    """For people: how every weather ended, then every rate with what it is a share of."""
    from agent.evaluation.stress import TOGETHER
    from trajectories.scoring.outcomes import LEGEND

    weathers = list(dict.fromkeys(card.weather for card in cards))
    cells = {(card.weather, card.agent): card for card in cards}
    agents = [card.agent for card in cards if card.weather == weathers[-1]]
    if len(weathers) > 1:
        ends = [
            {"": weather, **{a: _percent(cells[weather, a].rates["right_end"]) for a in agents}}
            for weather in weathers
            if weather != TOGETHER
        ]
        show(ends, json=False, title="goal reached, or an honest stop where it cannot be: percent")
    rates = [
        {"": title, **{a: _percent(cells[weathers[-1], a].rates[name]) for a in agents}}
        for name, title in _SHOWN.items()
    ]
    say("")
    show(rates, json=False, title=f"{weathers[-1]}: percent [95 % interval] part/of")
    for name, about in LEGEND.items():
        say(f"{name}: {about}")


def _percent(rate: Any) -> str:
    """A rate with its interval and its denominator."""
    shown = rate.as_json()
    if not rate.of:
        return "–"
    low, high = shown["interval"]
    return f"{shown['percent']:.0f} [{low:.0f}–{high:.0f}] {rate.part}/{rate.of}"


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
