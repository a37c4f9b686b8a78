"""Attention of several new tokens on cached keys that heads share, without copying keys per head.

The query heads of one key head become queries of that head, so the keys are read as they lie.
"""

from __future__ import annotations

from typing import Any, Final

import torch

NAME: Final = "grouped"


def use_grouped_attention(model: Any) -> None:
    """Switch a model to it where transformers lets attention be chosen and heads share keys."""
    config = model.config
    heads = getattr(config, "num_attention_heads", 0)
    if getattr(config, "num_key_value_heads", heads) == heads:
        return
    try:
        from transformers import AttentionInterface
        from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
    except ImportError:
        return
    AttentionInterface.register(NAME, _grouped_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    if getattr(config, "_attn_implementation", "") == "sdpa":
        model.set_attn_implementation(NAME)


def _grouped_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """(rows, heads, n, size) queries, (rows, key heads, m, size) keys → (rows, n, heads, size)."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    rows, heads, count, size = query.shape
    groups = heads // key.shape[1]
    # A whole prompt has no mask and a kernel of its own; a single token is packed by the library.
    if (
        attention_mask is None
        or count == 1
        or groups == 1
        or kwargs.get("position_bias") is not None
    ):
        plain: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return plain
    packed = query.reshape(rows, heads // groups, groups * count, size)
    mask = attention_mask.repeat(1, 1, groups, 1) if attention_mask.shape[1] == 1 else None
    if mask is None:
        mask = attention_mask.reshape(rows, heads // groups, groups * count, -1)
    found = torch.nn.functional.scaled_dot_product_attention(
        packed, key, value, attn_mask=mask, dropout_p=dropout, scale=scaling
    )
    return found.reshape(rows, heads, count, size).transpose(1, 2).contiguous(), None
