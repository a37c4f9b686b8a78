"""The words values are made of, and which field names ask for which of them. Data in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def words() -> Mapping[str, Sequence[Any]]:
    """The word lists by name."""
    text = Path(__file__).with_name("words.json").read_text("utf-8")
    loaded: dict[str, Sequence[Any]] = json.loads(text)
    return loaded


@lru_cache(maxsize=8)
def table(name: str) -> Mapping[str, list[str]]:
    """One of the tables of field names: topics, stages."""
    text = Path(__file__).with_name(f"{name}.json").read_text("utf-8")
    loaded: dict[str, list[str]] = json.loads(text)
    return loaded


@lru_cache(maxsize=1)
def _topics() -> Mapping[str, str]:
    return {name: topic for topic, names in table("topics").items() for name in names}


@lru_cache(maxsize=65536)
def tokens(name: str) -> tuple[str, ...]:
    """The words in a field name: billingAddressCity, billing_address.city -> three words."""
    split = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", name)
    return tuple(re.sub(r"[^A-Za-z0-9]+", " ", split).lower().split())


@lru_cache(maxsize=65536)
def topic(name: str) -> tuple[str, str]:
    """What a field is about and in whose role: "shipping_city" -> ("place.city", "shipping").

    The longest known ending decides; ("", "") where no ending is known.
    """
    parts, known = tokens(name), _topics()
    for length in range(min(3, len(parts)), 0, -1):
        ending = "_".join(parts[-length:])
        if ending in known:
            return known[ending], "_".join(parts[:-length])
    return "", ""


def pick(name: str, key: int) -> Any:
    """One word of a list."""
    options = words()[name]
    return options[key % len(options)]
