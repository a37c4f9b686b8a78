"""Keys and values of what was read: copied cheaply, with room to grow."""

from __future__ import annotations

import copy
from typing import Any, Final

import torch
from torch.nn.functional import pad
from transformers.cache_utils import DynamicLayer

_SPARE: Final = 64
"""Places for new tokens that a batch's keys and values have when it starts."""


def copy_cache(cache: Any) -> Any:
    """A cache that grows on its own; what is in it so far is shared where growing makes a copy."""
    if cache is None:
        return None
    grown = copy.copy(cache)
    grown.layers = [
        copy.copy(layer) if type(layer) is DynamicLayer else copy.deepcopy(layer)
        for layer in cache.layers
    ]
    return grown


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values with places to spare, so that a new token copies none of the old ones."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.lazy_initialization(keys, values)
        self._all = [pad(tensor, (0, 0, 0, _SPARE)) for tensor in (keys, values)]
        self._show(keys.shape[-2])

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new tokens into their places; twice the places when there are none left."""
        start = self.get_seq_length()
        stop = start + key_states.shape[-2]
        if stop > self._all[0].shape[-2]:
            self._all = [pad(tensor, (0, 0, 0, stop)) for tensor in self._all]
        for tensor, states in zip(self._all, (key_states, value_states), strict=True):
            tensor[:, :, start:stop] = states
        self._show(stop)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep some rows."""
        self._all = [tensor[indices] for tensor in self._all]
        self._show(self.get_seq_length())

    def _show(self, length: int) -> None:
        self.keys, self.values = (tensor[:, :, :length] for tensor in self._all)


def pad_front(kept: torch.Tensor, by: int) -> torch.Tensor:
    """(rows, heads, length, size) with `by` empty places before the length."""
    return pad(kept, (0, 0, by, 0))
