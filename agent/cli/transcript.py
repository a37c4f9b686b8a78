"""One episode as lines for a terminal. Everything shown may be hostile, so it is made visible."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from agent.cli.console import print_text
from trajectories import Trajectory
from trajectories.scoring.findings import findings, legends, summarise
from trajectories.scoring.outcomes import ABOUT
from trajectories.timeline import Step, compare, timeline
from trajectories.viewer.episodes import story
from trajectories.viewer.pages import excerpt

_LONG = 1200
_SHOWN = 400
"""Characters of a reply; `wavetank view` has all of it."""
_TAGS = ("caller", "conclusion", "give up")


def print_episode(record: Trajectory) -> None:
    """The head, every step with what was true beside it, and how it ended."""
    _head(record)
    for step in timeline(record):
        _step(step)
    _end(record)


def print_comparison(left: Trajectory, right: Trajectory) -> None:
    """Two episodes aligned by their calls; the first difference is marked."""
    for name, record in (("A", left), ("B", right)):
        print_text(Text(f"{name}: {record.id}", style="bold"))
        _head(record)
    marked = False
    for pair in compare(timeline(left), timeline(right)):
        if pair.relation != "same" and not marked:
            print_text(Text(f">>> first difference: {pair.relation}", style="bold red"))
            marked = True
        if pair.relation == "same" and pair.left is not None:
            same = pair.left
            print_text(
                Text(f"  both: {same.number} {excerpt(same.tool or 'end', 80)} {same.shown}")
            )
            continue
        for name, step in (("A", pair.left), ("B", pair.right)):
            if step is not None:
                print_text(Text(f"{name}:", style="bold"))
                _step(step)
    if not marked:
        print_text(Text("They went the same way."))
    for name, record in (("A", left), ("B", right)):
        print_text(Text(f"{name}:", style="bold"))
        _end(record)


def _head(record: Trajectory) -> None:
    told: dict[str, Any] = story(record)
    print_text(Text(f"{told['agent']} on {told['document']}, seed {told['seed']}"))
    for name in ("faults", "drift"):
        if told[name]:
            print_text(Text(f"{name}: {excerpt(told[name], 200)}"))
    print_text(Text(f"task: {excerpt(told['instruction'], _LONG)}\n"))


def _step(step: Step) -> None:
    tool = "end" if step.tool is None else step.tool or "a call that cannot be read"
    line = Text(f"{step.number}. ", style="bold")
    line.append(excerpt(tool, 100))
    line.append(f"  at {step.at:g} s", style="dim")
    for mark in (*(label for label in step.labels if label != "clean"), *step.faults):
        line.append(f"  [{mark}]", style="yellow")
    if step.repeats:
        line.append(f"  again: step {step.repeats}", style="dim")
    print_text(line)
    for turn in step.turns:
        text = turn.text.strip()
        if turn.role == "caller" and text == f"Action: {step.tool}\nAction Input: {step.arguments}":
            _block("call", step.arguments)
        elif turn.role != "observation" and text not in {f"Next: {tag}." for tag in _TAGS}:
            _block(turn.role, text)
    if step.tool is not None:
        _block(f"shown {step.shown}".strip(), step.observation or "nothing", _SHOWN)
        _block("true", "committed" if step.committed else "nothing committed")
    if step.gap:
        print_text(Text(f"     >> {step.gap}", style="red"))
    for problem in step.problems:
        _block("refused", problem)
    for change in step.changes:
        _block(change.kind, change.place)
        for field in change.fields:
            before, after = (
                "–" if value is None else excerpt(value, 120).replace("\n", " ")
                for value in (field.before, field.after)
            )
            pointer = excerpt(field.pointer, 80)
            print_text(Text(f"       {pointer}: {before} → {after}", style="dim"))
    print_text(Text(""))


def _block(name: str, text: str, length: int = _LONG) -> None:
    lines = excerpt(text, length).splitlines() or [""]
    print_text(Text(f"   {name}: ", style="cyan").append(lines[0], style="default"))
    for line in lines[1:]:
        print_text(Text(f"     {line}"))


def _end(record: Trajectory) -> None:
    told = story(record)
    kind = record.outcome.kind or ("success" if told["success"] else "failure")
    about = next((words for name, words in ABOUT.items() if name == kind), kind)
    style = "green" if told["success"] else "red"
    print_text(Text(f"outcome: {about} (ended by {told['end']})", style=style))
    print_text(Text(f"the user was told: {excerpt(told['answer'] or 'nothing', _LONG)}"))
    for failure in told["failures"]:
        if failure != about:
            print_text(Text(f"in truth: {excerpt(failure, 2500)}"))
    texts = {each.kind: each.text for each in summarise([record])}
    for found in findings(record):
        steps = ", ".join(str(row + 1) for row in found.rows if row >= 0)
        place = f" (call{'s' if len(found.rows) > 1 else ''} {steps})" if steps else ""
        text = texts[found.kind]
        mend = legends()[found.kind].mend
        print_text(Text(f"found: {text}{place}; mend: {mend}", style="red"))
    if told["blame"]:
        print_text(Text(f"to blame: {excerpt(told['blame'], 200)}"))
