"""Greedy decoding of many prompts at once: a shared beginning is computed once and kept.

All prompts of a world start with the same rules and tool docs. Their keys and values are cached
per adapter; a batch then only reads what differs. Rows leave the batch as they finish.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

Finished = Callable[[list[int]], bool]
"""Whether a row's written ids are complete without an end token (a stop text, a full budget)."""


@dataclass(slots=True)
class Job:
    """One row of a batch."""

    ids: list[int]
    """The prompt."""
    shared: int
    """How many of them every prompt of this group starts with."""
    finished: Finished
    matcher: Any | None = None
    """An llguidance matcher that holds the row to its grammar."""
    written: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Prefixes:
    """Keys and values of prompt beginnings, the most recently used few."""

    size: int = 12
    _kept: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict, repr=False)

    def of(self, model: Any, adapter: str | None, ids: Sequence[int]) -> Any:
        """A private copy of the cache of `ids` under an adapter."""
        key = (id(model), adapter, *ids)
        if key not in self._kept:
            given = torch.tensor([list(ids)], device=model.device)
            self._kept[key] = model(input_ids=given, use_cache=True, logits_to_keep=1)[
                "past_key_values"
            ]
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return copy.deepcopy(self._kept[key])


@torch.inference_mode()
def decode(
    model: Any, jobs: Sequence[Job], *, adapter: str | None, end: int, prefixes: Prefixes
) -> None:
    """Write every job's text into `written`, greedily. All jobs share their first `shared` ids."""
    shared = jobs[0].shared
    cache = prefixes.of(model, adapter, jobs[0].ids[:shared]) if shared else None
    if cache is not None and len(jobs) > 1:
        cache.batch_repeat_interleave(len(jobs))
    ids, mask, positions = _padded([job.ids[shared:] for job in jobs], shared, end)
    active = list(jobs)
    given = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
    while active:
        moved = {name: tensor.to(model.device) for name, tensor in given.items()}
        out = model(**moved, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = out["past_key_values"]
        chosen = _choose(out["logits"][:, -1], active)
        going = [row for row, token in enumerate(chosen) if _goes_on(active[row], token, end)]
        if not going:
            return
        if len(going) < len(active):
            cache.batch_select_indices(torch.tensor(going, device=model.device))
        active = [active[row] for row in going]
        given = {
            "input_ids": torch.tensor([[chosen[row]] for row in going]),
            "attention_mask": _extended(given["attention_mask"][going]),
            "position_ids": given["position_ids"][going, -1:] + 1,
        }


def _padded(
    rows: list[list[int]], shared: int, pad: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Left-padded ids, their mask with the shared part before it, and true positions."""
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
    own = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    mask = torch.cat([torch.ones(len(rows), shared, dtype=own.dtype), own], dim=1)
    positions = shared + (own.cumsum(dim=1) - 1).clamp(min=0)
    return ids, mask, positions


def _extended(mask: torch.Tensor) -> torch.Tensor:
    return torch.cat([mask, mask.new_ones(mask.shape[0], 1)], dim=1)


def _choose(logits: torch.Tensor, jobs: Sequence[Job]) -> list[int]:
    """The likeliest token of each row that its grammar, if it has one, allows."""
    scores = logits.float().cpu()
    for row, job in enumerate(jobs):
        if job.matcher is not None:
            scores[row].masked_fill_(~_allowed(job.matcher, scores.shape[1]), float("-inf"))
    return [int(token) for token in scores.argmax(dim=1)]


def _allowed(matcher: Any, size: int) -> torch.Tensor:
    packed = torch.frombuffer(bytearray(matcher.compute_bitmask()), dtype=torch.uint8)
    bits = (packed[:, None] >> torch.arange(8, dtype=torch.uint8)) & 1
    allowed = torch.zeros(size, dtype=torch.bool)
    count = min(size, bits.numel())
    allowed[:count] = bits.flatten()[:count].bool()
    return allowed


def _goes_on(job: Job, token: int, end: int) -> bool:
    if token == end:
        return False
    job.written.append(token)
    if job.matcher is not None:
        job.matcher.consume_token(token)
    return not job.finished(job.written)
