"""Episodes as one HTML file that opens from disk: no server, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from trajectories.exports.exporter import fresh
from trajectories.records import Trajectory
from trajectories.timeline import timeline
from trajectories.viewer.episodes import story
from trajectories.viewer.figures import Figures
from trajectories.viewer.pages import policy_of, render, static


def write_bundle(
    records: Iterable[Trajectory],
    out: Path,
    *,
    title: str = "Wavetank",
    numbers: Sequence[Figures] = (),
) -> int:
    """Write the records to one file, with an index at the top; returns how many there are.

    The file appears only when it is complete.
    """
    episodes = [(story(record), timeline(record)) for record in records]
    page = self_contained("bundle", title=title, episodes=episodes, found=numbers)
    with fresh(out) as file:
        file.write(page.encode("utf-8", "replace"))
    return len(episodes)


def self_contained(template: str, *, title: str = "Wavetank", **values: Any) -> str:
    """A page that brings its style along: nothing is fetched, and no script runs."""
    style = static("view.css").decode()
    return render(
        template, title=title, root="", live=False, style=style, policy=policy_of(style), **values
    )
