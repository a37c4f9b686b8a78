"""A stress run as files: JUnit XML for a CI server, Markdown for a pull request, one HTML page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from agent.evaluation.gates import Judgement
from agent.evaluation.report.reasons import HeatCell, heat_cell, worst
from agent.evaluation.stress import Scorecard
from trajectories import Trajectory
from trajectories.exports.exporter import fresh
from trajectories.scoring.findings import Summary, summarise
from trajectories.scoring.outcomes import in_words
from trajectories.viewer.bundle import self_contained
from trajectories.viewer.pages import visible


@dataclass(frozen=True, slots=True)
class StressRun:
    """What all forms of the report are made from."""

    title: str
    """Of the document."""
    judgement: Judgement
    cards: Sequence[Scorecard]
    found: Mapping[str, Sequence[Summary]]
    """Findings by agent."""
    episodes: Mapping[tuple[str, str], Sequence[Trajectory]]
    """By agent and scenario."""
    run: str
    """What `wavetank show` takes."""
    fail_on: Sequence[str] = ()
    """Kinds of findings that fail an episode, whatever became of its task."""

    def show(self, episode: str) -> str:
        """The command that tells an episode, as a shell takes it."""
        return f"wavetank show {quote(self.run)} {episode[:8]}"


def write_junit(run: StressRun, out: Path) -> None:
    """One suite per agent and scenario, one case per episode; ours count as errors."""
    from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

    xml = JUnitXml(run.title)
    for (agent, scenario), records in run.episodes.items():
        suite = TestSuite(visible(f"{agent} / {scenario}"))
        for record in records:
            case = TestCase(
                visible(str(record.task.get("id") or record.id)), visible(f"{agent}.{scenario}")
            )
            found = summarise([record])
            said = [*(each.text for each in found), *map(in_words, record.outcome.failures)]
            text = visible("; ".join([*(said or [record.outcome.end]), run.show(record.id)]))
            harm = any(each.kind in run.fail_on for each in found)
            if record.outcome.attribution == "ours":
                case.result = [Error(text)]
            elif harm or not record.outcome.success:
                case.result = [Failure(text, found[0].kind if found else str(record.outcome.kind))]
            suite.add_testcase(case)
        xml.add_testsuite(suite)
    with fresh(out) as file:
        xml.write(file)


def markdown(run: StressRun) -> str:
    """The verdict, a table and the findings, for a pull request."""
    lines = [f"## {run.judgement.verdict}: {_plain(run.title)}", ""]
    lines += [f"- {_plain(reason)}" for reason in run.judgement.reasons]
    lines += ["", "| agent | scenario | right ends | 95 % interval | recovered |"]
    lines += ["|---|---|---|---|---|"]
    for card in run.cards:
        rate, recovery = card.rates["right_end"], card.rates["recovery_rate"]
        ends = rate.interval
        interval = f"{100 * ends[0]:.0f} – {100 * ends[1]:.0f}" if ends else "–"
        names = f"{_plain(card.agent)} | {_plain(card.scenario)}"
        shares = f"{rate.part}/{rate.of} | {interval} | {recovery.part}/{recovery.of}"
        lines.append(f"| {names} | {shares} |")
    for agent, found in run.found.items():
        lines += ["", f"### What {_plain(agent)} did wrong", ""]
        lines += [
            f"- {_plain(each.sentence)}. Mend: {each.mend}. `{run.show(each.episodes[0])}`"
            for each in found
        ] or ["- nothing was found"]
    return "\n".join(lines) + "\n"


def write_html(run: StressRun, out: Path) -> None:
    """One self-contained page: verdict, heat map with reasons, findings, the worst episodes."""
    cells = {(card.agent, card.scenario): _heat_cell(run, card) for card in run.cards}
    page = self_contained(
        "stress",
        title="Wavetank stress",
        run=run,
        agents=list(dict.fromkeys(card.agent for card in run.cards)),
        scenarios=list(dict.fromkeys(card.scenario for card in run.cards)),
        cells=cells,
        worst=[p.parts() for p in worst(r for part in run.episodes.values() for r in part)],
    )
    with fresh(out) as file:
        file.write(page.encode("utf-8", "replace"))


def _heat_cell(run: StressRun, card: Scorecard) -> HeatCell:
    rate = card.rates["right_end"]
    # The row of all scenarios together has no episodes of its own: the findings are its reasons.
    records = run.episodes.get((card.agent, card.scenario), ())
    return heat_cell(card.agent, card.scenario, rate.part, rate.of, rate.interval, records)


def _plain(text: Any) -> str:
    """Text that Markdown shows as it is."""
    shown = visible(text).replace("\n", " ")
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in shown)
