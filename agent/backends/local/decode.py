"""Greedy decoding of many prompts at once: a shared beginning is computed once and kept.

Prompts with the same tools start with the same rules and tool docs. Their keys and values are
cached per adapter; a group of such prompts then only reads what differs. Groups are read one after
another and written together: a step of one row costs nearly as much as a step of sixteen. Rows
leave the batch as they finish.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.functional import pad
from transformers.cache_utils import DynamicCache, DynamicLayer

Finished = Callable[[list[int]], bool]
"""Whether a row's written ids are complete without an end token (a stop text, a full budget)."""


@dataclass(slots=True)
class Job:
    """One row of a batch."""

    ids: list[int]
    """The prompt."""
    shared: int
    """How many of them are a beginning that other prompts have too."""
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
    """Write every job's text into `written`, greedily.

    Jobs that start alike are read together; then all of them are written together.
    """
    for active, logits, cache, mask in _read(model, jobs, adapter, end, prefixes):
        positions = mask.sum(dim=1, keepdim=True)
        while True:
            chosen = _choose(logits, active)
            going = [row for row, token in enumerate(chosen) if _goes_on(active[row], token, end)]
            if not going:
                break
            if len(going) < len(active):
                cache.batch_select_indices(torch.tensor(going, device=model.device))
            active = [active[row] for row in going]
            mask, positions = _extended(mask[going]), positions[going]
            given = {
                "input_ids": torch.tensor([[chosen[row]] for row in going]),
                "attention_mask": mask,
                "position_ids": positions,
            }
            logits, cache = _forward(model, given, cache)
            positions = positions + 1


_Batch = tuple[list[Job], torch.Tensor, Any, torch.Tensor]
"""Rows, the logits of their next tokens, what was read of them, and which of it counts."""


def _read(
    model: Any, jobs: Sequence[Job], adapter: str | None, end: int, prefixes: Prefixes
) -> Iterator[_Batch]:
    """All prompts read, a group with one beginning at a time; in one batch where caches allow."""
    groups: dict[tuple[int, ...], list[Job]] = {}
    for job in jobs:
        groups.setdefault(tuple(job.ids[: job.shared]), []).append(job)
    parts = [
        _read_group(model, prefix, group, adapter, end, prefixes)
        for prefix, group in groups.items()
    ]
    if all(type(layer) is DynamicLayer for part in parts for layer in part[2].layers):
        yield _joined(parts)
    else:
        # A window's cache has thrown its beginning away: it cannot be padded at the front.
        yield from parts


def _read_group(
    model: Any,
    prefix: tuple[int, ...],
    jobs: list[Job],
    adapter: str | None,
    end: int,
    prefixes: Prefixes,
) -> _Batch:
    cache = prefixes.of(model, adapter, prefix) if prefix else None
    if cache is not None and len(jobs) > 1:
        cache.batch_repeat_interleave(len(jobs))
    ids, mask, positions = _padded([job.ids[len(prefix) :] for job in jobs], len(prefix), end)
    given = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
    logits, cache = _forward(model, given, cache)
    return jobs, logits, cache, mask


def _forward(model: Any, given: dict[str, torch.Tensor], cache: Any) -> tuple[torch.Tensor, Any]:
    moved = {name: tensor.to(model.device) for name, tensor in given.items()}
    out = model(**moved, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return out["logits"][:, -1], out["past_key_values"]


def _joined(parts: list[_Batch]) -> _Batch:
    """Batches as one: caches and masks padded at the front to one length."""
    if len(parts) == 1:
        return parts[0]
    width = max(mask.shape[1] for _, _, _, mask in parts)
    fronts = [width - mask.shape[1] for _, _, _, mask in parts]
    cache = DynamicCache()
    for layers in zip(*(part[2].layers for part in parts), strict=True):
        padded = zip(layers, fronts, strict=True)
        keys, values = zip(
            *((_fronted(kept.keys, by), _fronted(kept.values, by)) for kept, by in padded),
            strict=True,
        )
        cache.update(torch.cat(keys), torch.cat(values), len(cache.layers))
    masks = [pad(part[3], (front, 0)) for part, front in zip(parts, fronts, strict=True)]
    jobs = [job for part in parts for job in part[0]]
    return jobs, torch.cat([part[1] for part in parts]), cache, torch.cat(masks)


def _fronted(kept: torch.Tensor, by: int) -> torch.Tensor:
    """(rows, heads, length, size) with `by` empty places before the length."""
    return pad(kept, (0, 0, by, 0))


def _padded(
    rows: list[list[int]], shared: int, end: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Left-padded ids, their mask with the shared part before it, and true positions."""
    width = max(len(row) for row in rows)
    ids = torch.tensor([[end] * (width - len(row)) + row for row in rows])
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
