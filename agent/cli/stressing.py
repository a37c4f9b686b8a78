"""The command `stress`: agents through scenarios, what they did wrong, and gates for a CI job."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import BROKEN, FAILED, INTERRUPTED, fail, note, progress, say, show_json
from agent.cli.gating import check_baseline, gate_of
from agent.cli.inspecting import Doc, Drift, Faults, Json, KeptIn, ModelFile, Only, Seed
from agent.cli.mutating import stress_mutants
from agent.cli.scoreboard import show_findings, show_scorecards
from agent.cli.witnessing import check_test_place, shrink_worst

if TYPE_CHECKING:
    from agent.evaluation.stress import Scenario, Scorecard
    from sandbox.world import World
    from trajectories import Store, Trajectory

COMPARED = tuple(
    f"scripted:{name}" for name in ("perfect", "polite", "immediate", "naive", "looper")
)
"""The agents that `stress` compares when none is named."""
_SHRINKING = 240.0
"""Seconds for the smallest case."""
_CTRL_C = "stopped by Ctrl-C"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("stress")(stress)


def stress(
    document: Doc = "bookshop",
    agent: Annotated[
        list[str] | None, typer.Option("--agent", help="May repeat; see `wavetank list agents`.")
    ] = None,
    suite: Annotated[
        str | None, typer.Option("--suite", help="quick, standard, full, or a file.")
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
    count: Annotated[
        int | None, typer.Option("-n", min=1, help="Tasks per agent and scenario.")
    ] = None,
    seed: Seed = 0,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", min=0, max=100, help="Percent of right ends to hold."),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", help="Findings that may not occur; `wavetank list findings`."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="An earlier --out-json to hold against.")
    ] = None,
    conclusive: Annotated[
        bool, typer.Option("--conclusive", help="Fail also when the run says too little.")
    ] = False,
    max_minutes: Annotated[
        float | None, typer.Option("--max-minutes", min=0.01, help="Stop then; report what ran.")
    ] = None,
    max_calls: Annotated[
        int | None, typer.Option("--max-calls", min=1, help="Tool calls of the whole run at most.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=1, help="Of the whole run, as written.")
    ] = None,
    store: KeptIn = None,
    out_json: Annotated[
        Path | None, typer.Option("--out-json", help="Write the scorecard here.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="JUnit XML for a CI server.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="For a pull request.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="One page with the worst episodes told.")
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option("--mutate", help="Bugs planted into a good agent: does --suite see them?"),
    ] = False,
    shrinks: Annotated[
        bool, typer.Option("--shrink", help="The smallest case of the worst finding.")
    ] = False,
    save_test: Annotated[
        Path | None, typer.Option("--save-test", help="Write that case as a pytest; shrinks.")
    ] = None,
    only: Only = None,
    model_file: ModelFile = None,
    json: Json = False,
) -> None:
    """Agents through scenarios: what they did wrong in plain words, and gates for a CI job.

    Exit code 1 when a gate (--fail-under, --fail-on, --baseline, --suite) fails, 3 when nothing
    valid ran. Example: wavetank stress openapi.yaml --agent python:bot.py:solve --suite quick
    """
    import orjson

    from agent.agents import agent_from
    from agent.collect.collect import check_plans, read_tasks
    from agent.evaluation.gates import judge_run
    from agent.evaluation.report.stress_files import StressRun, write_html, write_junit
    from agent.evaluation.report.stress_files import markdown as as_markdown
    from agent.evaluation.runs import find_store, open_run
    from agent.evaluation.stress import together
    from agent.evaluation.suite_tasks import suite_tasks
    from sandbox import World
    from trajectories import Store

    if mutants:
        if agent or faults or drift or presets or task_file:
            fail("--mutate brings its own agents; it goes with --suite, -n, --seed, --fail-under")
        stress_mutants(
            World.load(document, overrides=model_file, only=only or ()),
            (suite or "standard").split(","),
            n=count, seed=seed, fail_under=fail_under, out_json=out_json, json=json,
        )  # fmt: skip
        return
    check_test_place(save_test)
    gate = gate_of(fail_under, fail_on, baseline)
    acting = [agent_from(name) for name in agent or COMPARED]
    scenarios, tasks_each = _scenarios(suite, faults, drift, presets)
    world = World.load(document, overrides=model_file, only=only or ())
    about = {"document": world.document.title, "sha256": world.document.sha256, "suite": suite}
    if gate.baseline is not None:
        check_baseline(gate.baseline, acting, scenarios, about, baseline)
    for scenario in scenarios:
        # A plan that cannot be used is said before anything runs.
        check_plans([world], faults=scenario.faults, drift=scenario.drift, seed=seed)
    n = count or tasks_each
    # Where the document yields none, `collect` says why.
    tasks = read_tasks(task_file, world) if task_file else suite_tasks(world, n, seed=seed) or None
    kept, kept_as = open_run("stress", document, store)
    with kept:
        cards, episodes, broken, cut = _run_scenarios(
            world, acting, scenarios, kept, n=n, tasks=tasks, seed=seed,
            max_minutes=max_minutes, max_calls=max_calls, max_tokens=max_tokens, quiet=json,
        )  # fmt: skip
    if cut == _CTRL_C and not cards:
        fail(f"{cut} before an episode had ended", INTERRUPTED)
    if len(scenarios) > 1:
        cards += together(cards)
    found = _findings(episodes)
    shares = _blame(world, episodes)
    judgement = judge_run(cards, found, gate, broken)
    run = StressRun(world.document.title, judgement, cards, found, episodes, kept_as, gate.fail_on)
    rows = [card.as_json() | {"run": about} for card in cards]
    for row in rows:
        if row["agent"] in shares:
            row["blame"] = shares[row["agent"]]
    witness = None
    if out_json is not None:
        out_json.write_bytes(orjson.dumps(rows, default=str, option=orjson.OPT_INDENT_2))
    if junit is not None:
        write_junit(run, junit)
    if markdown is not None:
        markdown.write_text(as_markdown(run), encoding="utf-8")
    if html is not None:
        write_html(run, html)
    if not json:
        show_scorecards(cards)
        show_findings(run)
        for name_of, counted in shares.items():
            parts = ", ".join(f"{role} {part}" for role, part in counted.items())
            say(f"{name_of}, failed episodes by the role to blame (by execution): {parts}")
    if shrinks or save_test is not None:
        with Store.open(find_store(kept_as)) as kept:
            witness = shrink_worst(
                world, acting, found, kept, kinds=gate.fail_on if fail_on else (),
                save_test=save_test, seconds=_SHRINKING, run=kept_as, json=json,
            )  # fmt: skip
    if json:
        show_json([*rows, witness] if witness is not None else rows)
    if cut:
        note(f"wavetank: {cut}; the report covers what ran until then (`wavetank show {kept_as}`)")
    if cut == _CTRL_C:
        raise typer.Exit(INTERRUPTED)
    gated = any((fail_under is not None, fail_on, baseline, suite, conclusive))
    verdict = run.judgement.verdict
    if verdict == "ERROR":
        raise typer.Exit(BROKEN if broken else _error_code(episodes))
    if gated and (verdict == "FAIL" or (conclusive and (verdict == "INCONCLUSIVE" or cut))):
        raise typer.Exit(FAILED)


def _scenarios(
    suite: str | None, faults: str | None, drift: str | None, presets: str | None
) -> tuple[list[Scenario], int]:
    """What the agents go through, and how many tasks each."""
    from agent.evaluation.stress import Scenario, preset_scenarios
    from agent.evaluation.suites import load_suite

    if suite is not None:
        if faults or drift or presets:
            fail("--suite names its own scenarios; leave out --faults, --drift and --presets")
        chosen = load_suite(suite)
        return chosen.as_scenarios(), chosen.tasks
    own = [Scenario(" + ".join(p for p in (faults, drift) if p), faults, drift)]
    scenarios = own if faults or drift else []
    if presets is not None or not scenarios:
        scenarios += preset_scenarios(presets or "all")
    return scenarios, 20


def _run_scenarios(
    world: Any,
    agents: Sequence[Any],
    scenarios: Sequence[Scenario],
    store: Store,
    *,
    n: int,
    tasks: Any,
    seed: int,
    max_minutes: float | None,
    max_calls: int | None,
    max_tokens: int | None,
    quiet: bool,
) -> tuple[list[Scorecard], dict[tuple[str, str], list[Trajectory]], dict[str, str], str]:
    """The scorecards, the episodes of each, by agent why some could not be run, and why the run was
    cut short, if it was."""
    from agent.collect.collect import Collected, Invalid, Known, as_json
    from agent.errors import CollectError
    from agent.evaluation.stress import Scorecard, scorecard
    from agent.evaluation.stress import stress as matrix
    from agent.runtime.recorder import written_tokens

    cards: list[Scorecard] = []
    episodes: dict[tuple[str, str], list[Trajectory]] = {}
    broken: dict[str, str] = {}
    cells = [(agent, scenario) for scenario in scenarios for agent in agents]
    records: list[Trajectory] = []
    calls, tokens, cut = 0, 0, ""
    end = inf if max_minutes is None else time.monotonic() + 60 * max_minutes

    def finish(card: Scorecard) -> None:
        cards.append(card)
        # Episodes run side by side: in the order of the tasks, a report is the same every time.
        order = sorted(records, key=lambda each: (str(each.task.get("id")), each.label))
        episodes[card.agent, card.scenario] = order
        records.clear()
        bar.update(line, advance=1, rate=f"{card.agent}, {card.scenario}")

    with progress(quiet=quiet) as bar:
        line = bar.add_task("stress", total=len(cells), rate="")
        try:
            for event in matrix(
                [world],
                agents,
                n=n,
                scenarios=scenarios,
                tasks=tasks,
                seed=seed,
                store=store,
                until=end,
            ):
                if isinstance(event, Scorecard):
                    finish(event)
                elif isinstance(event, Invalid):
                    broken[cells[len(cards)][0].name] = event.reason
                elif isinstance(event, Known):
                    records += filter(None, map(store.get, event.ids))
                elif isinstance(event, Collected) and (record := store.get(event.id)) is not None:
                    records.append(record)
                    calls += len(record.ledger)
                    tokens += written_tokens(record)
                if time.monotonic() > end:
                    cut = f"stopped after --max-minutes {max_minutes:g}"
                elif max_calls is not None and calls >= max_calls:
                    cut = f"stopped after {calls} calls (--max-calls {max_calls})"
                elif max_tokens is not None and tokens >= max_tokens:
                    cut = f"stopped after about {tokens} tokens (--max-tokens {max_tokens})"
                if cut:
                    break
        except KeyboardInterrupt:
            cut = _CTRL_C
        except CollectError as error:
            if not cards and not records:
                raise
            cut = f"stopped: {error}"
        if (records or cut == _CTRL_C) and len(cards) < len(cells):
            # Episodes run side by side: of the scenario that was cut short all that ended count.
            agent, scenario = cells[len(cards)]
            plans = as_json(scenario.faults), as_json(scenario.drift)
            records[:] = [
                record
                for record in store.iterate(agent=agent.name)
                if record.document.sha256 == world.document.sha256
                and (record.faults, record.drift) == plans
            ]
        if records:
            card = scorecard(agent.name, scenario.name, records, solvable=scenario.solvable)
            finish(replace(card, comparable=scenario.comparable))
    return cards, episodes, broken, cut


def _findings(episodes: dict[tuple[str, str], list[Trajectory]]) -> dict[str, Any]:
    from trajectories.scoring.findings import summarise

    by_agent: dict[str, list[Trajectory]] = defaultdict(list)
    for (agent, _), records in episodes.items():
        by_agent[agent] += records
    return {agent: summarise(records) for agent, records in by_agent.items()}


def _blame(
    world: World, episodes: dict[tuple[str, str], list[Trajectory]]
) -> dict[str, dict[str, int]]:
    """For agents made of roles: failed episodes by the role that is to blame."""
    from agent.evaluation.blame import blame_shares
    from agent.runtime.rerun import Reruns

    worlds = Reruns.of([world])
    made: dict[str, list[Trajectory]] = defaultdict(list)
    for (agent, _), records in episodes.items():
        if agent.partition(":")[0] in ("umi", "single", "checkpoint"):
            made[agent] += records
    return {agent: blame_shares(records, worlds) for agent, records in made.items()}


def _error_code(episodes: dict[tuple[str, str], list[Trajectory]]) -> int:
    """Nothing valid ran: 1 when every episode was the agent's own crash, else 3."""
    ended = [record for records in episodes.values() for record in records]
    crashed = ended and all(record.outcome.attribution != "ours" for record in ended)
    return FAILED if crashed else BROKEN
