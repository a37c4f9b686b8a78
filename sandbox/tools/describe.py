"""Descriptions short enough for a tool list, and what that list costs in tokens."""

from __future__ import annotations

import re
from typing import Any

import orjson

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English and JSON under BPE tokenizers: off by up to a third."""
TOOL_LIMIT = 400
ARGUMENT_LIMIT = 200


def estimate_tokens(value: Any) -> int:
    """About how many tokens a text or JSON value costs, at four characters per token."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def plain(text: str) -> str:
    """Markdown and HTML as one line of running text: no tags, link targets, tables or code."""
    from html import unescape

    text = re.sub(r"```.*?(```|\Z)", " ", text[:20_000], flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", " ", text, flags=re.DOTALL)
    text = re.sub(r"</?[A-Za-z][^<>]{0,300}>", " ", text)
    text = re.sub(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,600}\)", r"\1", text)
    text = re.sub(r"^[ \t]*(#+|[-*+]|>|\|.*)[ \t]*", "", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*|__|`", "", unescape(text))
    return re.sub(r"\s+", " ", text).strip()


def shorten(text: str, limit: int) -> str:
    """The first whole sentences within `limit` characters, or a cut at a word with an ellipsis."""
    text = plain(text)
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    ends = [match.end() for match in re.finditer(r"[.!?](?= )", head)]
    if ends and ends[-1] >= limit // 3:
        return head[: ends[-1]]
    return head.rsplit(" ", 1)[0].rstrip(",;:") + "…"


def description(summary: str, text: str, *, fallback: str) -> tuple[str, tuple[str, ...]]:
    """One description from summary and text, and the loss if something was left out."""
    summary, text = plain(summary), plain(text)
    if summary and text.lower().startswith(summary.lower().rstrip(".")):
        summary = ""
    joined = f"{summary.rstrip('.')}. {text}" if summary and text else summary or text
    short = shorten(joined, TOOL_LIMIT)
    cut = len(joined) - len(short)
    loss = (f"description: {cut} of {len(joined)} characters left out",) if cut > 0 else ()
    return short or fallback, loss
