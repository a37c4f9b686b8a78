"""Places: paths with their parameters, normalised so that equal resources have equal templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A normalised path: parameters become {}, file endings such as `.json` are dropped."""

    template: str
    names: tuple[str, ...]
    """Path parameter names in order."""

    def fill(self, values: Mapping[str, Any]) -> str:
        """The concrete path for the given path values."""
        if not self.names:
            return self.template
        pieces = self.template.split("{}")
        texts = [id_text(values.get(name)) for name in self.names]
        filled = [piece for pair in zip(pieces, texts, strict=False) for piece in pair]
        return "".join([*filled, *pieces[len(texts) :]])


def id_text(value: Any) -> str:
    """An id as it stands in a path."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@lru_cache(maxsize=8192)
def place_of(path: str) -> Place:
    """`/Accounts/{Sid}/Calls.json` → template `/Accounts/{}/Calls`, names ("Sid",)."""
    names: list[str] = []
    segments: list[str] = []
    for segment in path.strip("/").split("/"):
        bare = segment.removesuffix(".json").removesuffix(".xml")
        if bare.startswith("{") and bare.endswith("}") and bare.count("{") == 1:
            names.append(bare[1:-1])
            segments.append("{}")
        else:
            names.extend(part.split("}")[0] for part in bare.split("{")[1:])
            segments.append("{}".join(p.split("}")[-1] for p in bare.split("{")))
    return Place(template="/" + "/".join(segments), names=tuple(names))
