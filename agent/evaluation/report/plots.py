"""Plots as inline SVG: the same data gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

INK, QUIET, GOOD, BAD, ACCENT = "#1c2733", "#8a97a3", "#2a8f6f", "#c2543a", "#2b6cb0"
SERIES = (ACCENT, GOOD, "#b7791f", "#7b4ea3", BAD)


def losses(points: Sequence[Mapping[str, Any]]) -> str:
    """Training loss by step, one line per stage or role. Points: {stage, step, loss}."""
    figure, axes = _canvas(7.2, 2.8)
    stages = list(dict.fromkeys(str(point["stage"]) for point in points))
    for index, stage in enumerate(stages):
        mine = [point for point in points if point["stage"] == stage]
        axes.plot(
            [point["step"] for point in mine],
            [point["loss"] for point in mine],
            color=SERIES[index % len(SERIES)],
            label=stage,
            linewidth=1.6,
        )
    axes.set_xlabel("step")
    axes.set_ylabel("loss on target tokens")
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def bars(
    groups: Sequence[str],
    series: Mapping[str, Sequence[tuple[float | None, tuple[float, float] | None]]],
    *,
    label: str = "percent",
) -> str:
    """Grouped bars with 95 % intervals: for each series one (value, interval) per group."""
    figure, axes = _canvas(7.2, 2.8)
    width = 0.8 / max(1, len(series))
    for index, (name, values) in enumerate(series.items()):
        places = [group + index * width for group in range(len(groups))]
        heights = [value or 0.0 for value, _ in values]
        below = [max(0.0, (v or 0.0) - i[0]) if i else 0.0 for v, i in values]
        above = [max(0.0, i[1] - (v or 0.0)) if i else 0.0 for v, i in values]
        axes.bar(
            places,
            heights,
            width * 0.92,
            yerr=[below, above],
            label=name,
            color=SERIES[index % len(SERIES)],
            ecolor=INK,
            capsize=2,
            error_kw={"linewidth": 0.8},
        )
    middle = 0.4 - width / 2
    axes.set_xticks([group + middle for group in range(len(groups))], groups, fontsize=8)
    axes.set_ylabel(label)
    axes.set_ylim(0, 105)
    axes.legend(
        frameon=False,
        fontsize=8,
        ncols=max(1, len(series)),
        loc="upper center",
        bbox_to_anchor=(0.5, 1.18),
    )
    return _svg(figure)


def matrix(
    rows: Sequence[str], columns: Sequence[str], values: Mapping[tuple[str, str], float | None]
) -> str:
    """A heat map of percentages: agents by presets. None is left empty."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("good", ["#f3d9d1", "#f7f3e3", "#cfe8dc"])
    figure, axes = _canvas(1.8 + 0.95 * len(columns), 0.7 + 0.42 * len(rows))
    grid = [[values.get((row, column)) for column in columns] for row in rows]
    shown = [[float("nan") if value is None else value for value in line] for line in grid]
    axes.imshow(shown, cmap=colours, vmin=0, vmax=100, aspect="auto")
    for y, line in enumerate(grid):
        for x, value in enumerate(line):
            text = "–" if value is None else f"{value:.0f}"
            axes.text(x, y, text, ha="center", va="center", fontsize=8, color=INK)
    axes.set_xticks(range(len(columns)), columns, fontsize=8, rotation=25, ha="right")
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return _svg(figure)


def counts(values: Mapping[str, int], *, label: str) -> str:
    """Horizontal bars of counts, largest first."""
    ranked = sorted(values.items(), key=lambda pair: (pair[1], pair[0]))
    figure, axes = _canvas(7.2, 0.6 + 0.24 * max(1, len(ranked)))
    axes.barh(
        [name for name, _ in ranked], [count for _, count in ranked], color=ACCENT, height=0.7
    )
    axes.set_xlabel(label)
    axes.tick_params(axis="y", labelsize=8)
    return _svg(figure)


def _canvas(width: float, height: float) -> tuple[Any, Any]:
    # The object interface needs no display and keeps no global figure alive.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=8)
    for name in ("left", "bottom"):
        axes.spines[name].set_color(QUIET)
    return figure, axes


def _svg(figure: Any) -> str:
    import matplotlib

    # A fixed salt and no date: element ids and metadata would differ between runs.
    with matplotlib.rc_context(
        {"svg.hashsalt": "wavetank", "svg.fonttype": "none", "font.family": "sans-serif"}
    ):
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
