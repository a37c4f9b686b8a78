"""Greedy decoding of many prompts at once, none of which is read twice from its beginning.

A role's next prompt continues its last one, and prompts with the same tools start with the same
rules and docs. So prompts are read in stretches, and what was read up to a cut is kept. The
stretches depend on the prompt alone: a text is the same whatever was kept before. Rows are read
one after another and written together: a step of one row costs nearly as much as one of sixteen.
Each step checks a few guessed tokens as well; a wrong guess is masked out and costs no more than
its place. Rows leave the batch as they finish.
"""

from __future__ import annotations

import functools
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch.nn.functional import pad
from transformers.cache_utils import DynamicCache, DynamicLayer

from agent.backends.local import drafts
from agent.backends.local.caches import RoomyLayer, copy_cache, pad_front
from agent.backends.local.circles import closes_circle
from agent.backends.local.role_adapters import RoleAdapters

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
    adapters: Sequence[int] = ()
    """The adapter of each prompt token, by number; empty for none."""
    adapter: int = 0
    """The adapter of what is written."""
    text: Callable[[Sequence[int]], str] | None = None
    """Reads tokens, where what the row writes may not go in circles."""
    written: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Costs:
    """What reading prompts and writing answers took so far."""

    read_tokens: int = 0
    """Prompt tokens that went through the model; those of known beginnings did not."""
    read_seconds: float = 0.0
    written_tokens: int = 0
    write_seconds: float = 0.0
    forwards: int = 0
    """Steps of writing."""
    batches: list[tuple[int, float]] = field(default_factory=list)
    """(rows, seconds) of each batch, reading included."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A model, and the adapters on it where it has some."""

    model: Any
    adapters: RoleAdapters | None
    costs: Costs

    def forward(self, given: dict[str, torch.Tensor], numbers: Any, cache: Any, keep: int) -> _Read:
        """The logits of the last `keep` tokens; `numbers` are the tokens' adapters."""
        if self.adapters is not None:
            chosen = torch.as_tensor(numbers, device=self.model.device)
            self.adapters.chosen = chosen if bool(chosen.any()) else None
        moved = {name: tensor.to(self.model.device) for name, tensor in given.items()}
        name = cache_name(self.model)
        out = self.model(**moved, **{name: cache}, use_cache=True, logits_to_keep=keep)
        return out["logits"][:, -keep:], out[name]


def cache_name(model: Any) -> str:
    """How a model's forward calls keys and values: by another name since transformers 5.24."""
    return _named_cache(model.forward.__func__)


@functools.cache
def _named_cache(forward: Callable[..., Any]) -> str:
    return "cache" if "cache" in signature(forward).parameters else "past_key_values"


_Read = tuple[torch.Tensor, Any]
"""The logits, (rows, tokens, vocabulary), and the keys and values of all before."""


@dataclass(slots=True)
class Beginnings:
    """Beginnings of prompts as they were read, the most recently used ones."""

    room: int = 1 << 30
    """Bytes of keys and values that are kept: of some forty conversations of a thousand tokens."""
    _kept: OrderedDict[tuple[Any, ...], tuple[_Read, int]] = field(
        default_factory=OrderedDict, repr=False
    )
    _bytes: int = 0

    def read(self, reader: Reader, job: Job) -> _Read:
        """A job's prompt, from the longest beginning that is known."""
        numbers = job.adapters or [0] * len(job.ids)
        keys = [(id(reader.model), *job.ids[:cut], *numbers[:cut]) for cut in job.cuts]
        known = next((at for at in reversed(range(len(keys))) if keys[at] in self._kept), None)
        logits, cache, done = None, None, 0
        if known is not None:
            self._kept.move_to_end(keys[known])
            logits, cache = self._kept[keys[known]][0]
            done = job.cuts[known]
        for key, cut in zip(keys, job.cuts, strict=True):
            if cut > done:
                logits, cache = _stretch(reader, job.ids[done:cut], numbers[done:cut], cache)
                self._keep(key, (logits, cache))
                done = cut
        if known and done > job.cuts[known]:
            # A conversation goes on from its end; only its head is another's beginning as well.
            self._drop(keys[known])
        if done < len(job.ids) or logits is None:
            logits, cache = _stretch(reader, job.ids[done:], numbers[done:], cache)
        return logits, copy_cache(cache)

    def _keep(self, key: tuple[Any, ...], read: _Read) -> None:
        size = sum(_size(layer) for layer in read[1].layers)
        self._kept[key] = (read, size)
        self._bytes += size
        while self._bytes > self.room:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[Any, ...]) -> None:
        self._bytes -= self._kept.pop(key)[1]


def _size(layer: Any) -> int:
    """Bytes of a layer's keys and values; a layer that shares another's has none of its own."""
    held = (getattr(layer, "keys", None), getattr(layer, "values", None))
    return sum(tensor.nbytes for tensor in held if tensor is not None)


def _stretch(reader: Reader, ids: Sequence[int], numbers: Sequence[int], cache: Any) -> _Read:
    reader.costs.read_tokens += len(ids)
    given = {"input_ids": torch.tensor([ids])}
    return reader.forward(given, [list(numbers)], copy_cache(cache), 1)


@torch.inference_mode()
def decode(reader: Reader, jobs: Sequence[Job], *, end: int, beginnings: Beginnings) -> None:
    """Write every job's text into `written`, greedily."""
    started = time.perf_counter()
    parts = [([job], *beginnings.read(reader, job), _whole(job)) for job in jobs]
    read = time.perf_counter()
    reader.costs.read_seconds += read - started
    for batch in _batches(parts):
        _write(reader, *batch, end=end)
    now = time.perf_counter()
    reader.costs.write_seconds += now - read
    reader.costs.written_tokens += sum(len(job.written) for job in jobs)
    reader.costs.batches.append((len(jobs), now - started))


def _write(
    reader: Reader, jobs: list[Job], logits: torch.Tensor, cache: Any, mask: torch.Tensor, end: int
) -> None:
    """Write a batch. `mask` (rows, length) says which cached places count."""
    guessing = all(isinstance(layer, RoomyLayer) for layer in cache.layers)
    rows = [_Row(job, drafts.Lookup(list(job.ids))) for job in jobs]
    while True:
        scores = logits.float().cpu().numpy()
        width = logits.shape[1]
        going = []
        for at, row in enumerate(rows):
            right, goes_on = _accept(row.job, row.given, scores[at], end)
            if row.given:
                mask[at, mask.shape[1] - width + right :] = 0
            if goes_on:
                going.append(at)
        if not going:
            return
        if len(going) < len(rows):
            cache.batch_select_indices(torch.tensor(going, device=reader.model.device))
            rows, mask = [rows[at] for at in going], mask[going]
        guesses = [row.guess() if guessing else [] for row in rows]
        count = drafts.width([len(guess) for guess in guesses])
        for row, guess in zip(rows, guesses, strict=True):
            row.given = [row.job.written[-1], *guess[:count]]
        logits, cache, mask = _step(reader, rows, cache, mask)


@dataclass(slots=True)
class _Row:
    """A job that is being written."""

    job: Job
    lookup: drafts.Lookup
    given: list[int] = field(default_factory=list)
    """What the last forward read of it: its last token and guesses at the next ones."""

    def guess(self) -> list[int]:
        self.lookup.ids[len(self.job.ids) :] = self.job.written
        return drafts.forced_tokens(self.job.matcher) or self.lookup.guess()


def _step(
    reader: Reader, rows: Sequence[_Row], cache: Any, mask: torch.Tensor
) -> tuple[torch.Tensor, Any, torch.Tensor]:
    """One forward of the last token of each row and its guesses, padded at the end."""
    reader.costs.forwards += 1
    given = [row.given for row in rows]
    width = max(map(len, given))
    before = mask.sum(dim=1, keepdim=True)
    fresh = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in given])
    mask = torch.cat([mask, fresh], dim=1)
    inputs = {
        "input_ids": torch.tensor([[*row, *[row[-1]] * (width - len(row))] for row in given]),
        "attention_mask": mask,
        "position_ids": before + torch.arange(width),
    }
    numbers = [[row.job.adapter] * width for row in rows]
    logits, cache = reader.forward(inputs, numbers, cache, width)
    return logits, cache, mask


def _accept(
    job: Job, given: Sequence[int], scores: np.ndarray[Any, Any], end: int
) -> tuple[int, bool]:
    """Take the likeliest tokens as far as the guesses were right.

    Returns how many of the given tokens stand (at least one), and whether the row goes on.
    """
    for at in range(max(1, len(given))):
        token = _likeliest(job, scores[at])
        if token == end:
            return at + 1, False
        job.written.append(token)
        if job.matcher is not None:
            job.matcher.consume_token(token)
        if job.finished(job.written):
            return at + 1, False
        if at + 1 >= len(given) or given[at + 1] != token:
            break
    return at + 1, True


def _likeliest(job: Job, scores: np.ndarray[Any, Any]) -> int:
    """The likeliest token that the row's grammar, if it has one, allows; what it forces, forced:
    training leaves that out as well."""
    if job.matcher is not None:
        if forced := drafts.forced_tokens(job.matcher):
            return forced[0]
        packed = np.frombuffer(job.matcher.compute_bitmask(), dtype=np.uint8)
        allowed = np.unpackbits(packed, bitorder="little", count=len(scores)).astype(bool)
        scores = np.where(allowed, scores, -np.inf)
    token = int(scores.argmax())
    if job.text is None or not closes_circle(job.written, token, job.text):
        return token
    others = scores.copy()
    others[token] = -np.inf
    other = int(others.argmax())
    return other if np.isfinite(others[other]) else token


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
    cache.layers = []
    for layers in zip(*(part[2].layers for part in parts), strict=True):
        fronted = list(zip(layers, fronts, strict=True))
        keys = torch.cat([pad_front(layer.keys, by) for layer, by in fronted])
        values = torch.cat([pad_front(layer.values, by) for layer, by in fronted])
        cache.layers.append(RoomyLayer(keys, values))
    mask = torch.cat([pad(part[3], (by, 0)) for part, by in zip(parts, fronts, strict=True)])
    jobs = [job for part in parts for job in part[0]]
    return jobs, torch.cat([part[1] for part in parts]), cache, mask


def _whole(job: Job) -> torch.Tensor:
    return torch.ones(1, len(job.ids), dtype=torch.long)
