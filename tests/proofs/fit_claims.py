"""Fits the weights by which claims are read, to the labelled sentences of the tests.

    python -m tests.proofs.fit_claims           # writes trajectories/scoring/claim_weights.tsv
    python -m tests.proofs.fit_claims --check   # writers a to v, fitted without a quarter of them

The check prints each writer's answers, how many of 100 are read rightly, and how many of them are
done read as not done or the reverse.

A logistic regression over the phrases of a text (`trajectories.scoring.phrases`), full batch and
without randomness: the same sentences give the same bytes on the same machine. Phrases that matter
least are left out, and the rest is fitted once more. The sets `unseen…` are never fitted to.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch.nn import functional

from tests.trajectories.scoring.test_claims import is_right, labelled
from trajectories.scoring.claims import CLAIMS, Weights, read
from trajectories.scoring.phrases import phrases

TARGET = Path(__file__).parents[2] / "trajectories/scoring/claim_weights.tsv"
KEPT = 9_000
"""Phrases that get weights."""
DECAY = 8.0
STEPS = 60

Rows = Sequence[tuple[str, set[str]]]
"""(label, phrases) of each text."""


def fit(rows: Rows) -> Weights:
    """Weights in 64ths for the phrases that matter most."""
    counts = Counter(phrase for _, found in rows for phrase in found)
    names = sorted(phrase for phrase, count in counts.items() if count >= 3)
    strength = _regression(rows, names).abs().amax(1)
    reach = torch.tensor([float(counts[name]) for name in names]).sqrt()
    best = (strength[:-1] * reach).topk(min(KEPT, len(names))).indices.tolist()
    names = sorted(names[index] for index in best)
    weights = (_regression(rows, names) * 64).round().int().tolist()
    return {name: tuple(row) for name, row in zip([*names, ""], weights, strict=True) if any(row)}


def _regression(rows: Rows, names: list[str]) -> torch.Tensor:
    """Weights (phrases + 1, claims) of the names, the last row without a phrase."""
    place = {name: index for index, name in enumerate(names)}
    spots = [
        [*sorted(place[each] for each in found if each in place), len(names)] for _, found in rows
    ]
    starts = torch.tensor([0, *map(len, spots[:-1])]).cumsum(0)
    columns = torch.tensor([index for each in spots for index in each])
    labels = torch.tensor([CLAIMS.index(label) for label, _ in rows])
    weights = torch.zeros(len(names) + 1, len(CLAIMS), requires_grad=True)
    descent = torch.optim.Adam([weights], betas=(0.9, 0.99))
    for step in range(1, STEPS + 1):
        descent.param_groups[0]["lr"] = 0.08 * (1 - step / (STEPS + 1))
        descent.zero_grad()
        sums = functional.embedding_bag(columns, weights, starts, mode="sum")
        loss = functional.cross_entropy(sums, labels, reduction="sum")
        (loss + DECAY / 2 * weights.pow(2).sum()).backward()  # type: ignore[no-untyped-call]
        descent.step()
    return weights.detach()


def text_of(weights: Weights) -> str:
    """The weights as lines: a phrase, a tab, a number for each claim; nothing for 0."""
    head = "# phrase, then 64ths for " + ", ".join(CLAIMS) + "; by tests/proofs/fit_claims.py\n"
    return head + "".join(
        f"{name}\t{','.join(str(each or '') for each in row)}\n"
        for name, row in sorted(weights.items())
    )


def fitted(*left: str) -> Weights:
    """Weights fitted to all sets but these, and never to those that are called `unseen…`."""
    return fit(
        [
            (label, found)
            for part, label, _, found in _rows()
            if part not in left and not part.startswith("unseen")
        ]
    )


@cache
def _rows() -> list[tuple[str, str, str, set[str]]]:
    return [(part, label, text, phrases(text)) for part, label, text in labelled()]


def main() -> None:
    torch.set_num_threads(1)
    if "--check" not in sys.argv:
        TARGET.write_text(text_of(fitted()), "utf-8")
        return
    writers = [part for part in dict.fromkeys(each[0] for each in _rows()) if len(part) == 1]
    for fold in (writers[first::4] for first in range(4)):
        weights = fitted(*fold)
        for writer in fold:
            own = [
                (label, read(text, weights)) for part, label, text, _ in _rows() if part == writer
            ]
            right = sum(is_right(*each) for each in own)
            opposite = sum(set(each) == {"done", "not_done"} for each in own)
            print(writer, len(own), f"{100 * right / len(own):.1f}", opposite, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
