"""Greedy decoding of many prompts at once, none of which is read twice from its beginning.

A role's next prompt continues its last one, and prompts with the same tools start with the same
rules and docs. So prompts are read in stretches, and what was read up to a cut is kept per adapter.
The stretches depend on the prompt alone: a text is the same whatever was kept before. Rows are read
one after another and written together: a step of one row costs nearly as much as one of sixteen.
Rows leave the batch as they finish.
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
    cuts: Sequence[int]
    """Rising lengths of beginnings that later prompts may start with; the last may be all."""
    finished: Finished
    matcher: Any | None = None
    """An llguidance matcher that holds the row to its grammar."""
    written: list[int] = field(default_factory=list)


_Read = tuple[torch.Tensor, Any]
"""The logits of the next token, (1, vocabulary), and the keys and values of all before it."""


@dataclass(slots=True)
class Beginnings:
    """Beginnings of prompts as they were read, the most recently used ones."""

    room: int = 512 << 20
    """Bytes of keys and values that are kept."""
    _kept: OrderedDict[tuple[Any, ...], tuple[_Read, int]] = field(
        default_factory=OrderedDict, repr=False
    )
    _bytes: int = 0

    def read(self, model: Any, adapter: str | None, job: Job) -> _Read:
        """A job's prompt, from the longest beginning that is known."""
        keys = [(id(model), adapter, *job.ids[:cut]) for cut in job.cuts]
        known = next((at for at in reversed(range(len(keys))) if keys[at] in self._kept), None)
        logits, cache, done = None, None, 0
        if known is not None:
            self._kept.move_to_end(keys[known])
            logits, cache = self._kept[keys[known]][0]
            done = job.cuts[known]
        for key, cut in zip(keys, job.cuts, strict=True):
            if cut > done:
                logits, cache = _stretch(model, job.ids[done:cut], cache)
                self._keep(key, (logits, cache))
                done = cut
        if done < len(job.ids) or logits is None:
            logits, cache = _stretch(model, job.ids[done:], cache)
        return logits, _copy_cache(cache)

    def _keep(self, key: tuple[Any, ...], read: _Read) -> None:
        size = sum(_size(layer) for layer in read[1].layers)
        self._kept[key] = (read, size)
        self._bytes += size
        while self._bytes > self.room:
            self._bytes -= self._kept.popitem(last=False)[1][1]


def _size(layer: Any) -> int:
    """Bytes of a layer's keys and values; a layer that shares another's has none of its own."""
    held = (getattr(layer, "keys", None), getattr(layer, "values", None))
    return sum(tensor.nbytes for tensor in held if tensor is not None)


def _stretch(model: Any, ids: Sequence[int], cache: Any) -> _Read:
    return _forward(model, {"input_ids": torch.tensor([ids])}, _copy_cache(cache))


def _copy_cache(cache: Any) -> Any:
    """A cache that grows on its own; what is in it so far is shared where growing makes a copy."""
    if cache is None:
        return None
    grown = copy.copy(cache)
    grown.layers = [
        copy.copy(layer) if type(layer) is DynamicLayer else copy.deepcopy(layer)
        for layer in cache.layers
    ]
    return grown


@torch.inference_mode()
def decode(
    model: Any, jobs: Sequence[Job], *, adapter: str | None, end: int, beginnings: Beginnings
) -> None:
    """Write every job's text into `written`, greedily."""
    parts = [([job], *beginnings.read(model, adapter, job), _whole(job)) for job in jobs]
    for active, logits, cache, mask in _batches(parts):
        while True:
            chosen = _choose(logits, active)
            going = [row for row, token in enumerate(chosen) if _goes_on(active[row], token, end)]
            if not going:
                break
            if len(going) < len(active):
                cache.batch_select_indices(torch.tensor(going, device=model.device))
            active = [active[row] for row in going]
            read, mask = mask[going], _extend_mask(mask[going])
            given = {
                "input_ids": torch.tensor([[chosen[row]] for row in going]),
                "attention_mask": mask,
                "position_ids": read.sum(dim=1, keepdim=True),
            }
            logits, cache = _forward(model, given, cache)


_Batch = tuple[list[Job], torch.Tensor, Any, torch.Tensor]
"""Rows, the logits of their next tokens, what was read of them, and which of it counts."""


def _batches(parts: Sequence[_Batch]) -> Iterator[_Batch]:
    """All rows in one batch where their caches allow it."""
    layers = [layer for part in parts for layer in part[2].layers]
    if all(type(layer) is DynamicLayer and layer.is_initialized for layer in layers):
        yield _join(parts)
    else:
        # A window's cache has thrown its beginning away: it cannot be padded at the front.
        yield from parts


def _join(parts: Sequence[_Batch]) -> _Batch:
    """Batches as one: caches and masks padded at the front to one length."""
    width = max(mask.shape[1] for _, _, _, mask in parts)
    fronts = [width - mask.shape[1] for _, _, _, mask in parts]
    cache = DynamicCache()
    for layers in zip(*(part[2].layers for part in parts), strict=True):
        fronted = list(zip(layers, fronts, strict=True))
        keys = torch.cat([_pad_front(layer.keys, by) for layer, by in fronted])
        values = torch.cat([_pad_front(layer.values, by) for layer, by in fronted])
        cache.update(keys, values, len(cache.layers))
    mask = torch.cat([pad(part[3], (by, 0)) for part, by in zip(parts, fronts, strict=True)])
    jobs = [job for part in parts for job in part[0]]
    return jobs, torch.cat([part[1] for part in parts]), cache, mask


def _pad_front(kept: torch.Tensor, by: int) -> torch.Tensor:
    """(rows, heads, length, size) with `by` empty places before the length."""
    return pad(kept, (0, 0, by, 0))


def _whole(job: Job) -> torch.Tensor:
    return torch.ones(1, len(job.ids), dtype=torch.long)


def _forward(model: Any, given: dict[str, torch.Tensor], cache: Any) -> _Read:
    moved = {name: tensor.to(model.device) for name, tensor in given.items()}
    out = model(**moved, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return out["logits"][:, -1], out["past_key_values"]


def _extend_mask(mask: torch.Tensor) -> torch.Tensor:
    return torch.cat([mask, mask.new_ones(mask.shape[0], 1)], dim=1)


def _choose(logits: torch.Tensor, jobs: Sequence[Job]) -> list[int]:
    """The likeliest token of each row that its grammar, if it has one, allows."""
    scores = logits.float().cpu()
    for row, job in enumerate(jobs):
        if job.matcher is not None:
            scores[row].masked_fill_(~_allowed_tokens(job.matcher, scores.shape[1]), float("-inf"))
    return [int(token) for token in scores.argmax(dim=1)]


def _allowed_tokens(matcher: Any, size: int) -> torch.Tensor:
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
