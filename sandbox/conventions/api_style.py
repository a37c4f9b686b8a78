"""API style: how a document cuts its operations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sandbox.conventions.rest_forms import names_its_act
from sandbox.document import Operation

Style = Literal["REST", "verb suffixes", "RPC over POST", "JSON:API", "OData", "HAL"]
_ODATA: Final = re.compile(r"\w\(('?\{[^}]*\}'?|\w+='?\{)")


@dataclass(frozen=True, slots=True)
class ApiStyle:
    """The style of a document."""

    name: Style
    evidence: tuple[str, ...] = ()


def style_of(operations: Iterable[Operation]) -> ApiStyle:
    """The style that most of the operations speak for."""
    listed = [operation for operation in operations if operation.unreadable is None]
    votes: Counter[str] = Counter()
    for operation in listed:
        votes.update(_votes(operation))
    posts = [o for o in listed if o.method == "POST"]
    bare = [o for o in posts if "{" not in o.path]
    if votes["OData"]:
        return ApiStyle("OData", (f"{votes['OData']} paths with keys in brackets or `$filter`",))
    for name, media in (("JSON:API", "application/vnd.api+json"), ("HAL", "application/hal+json")):
        if votes[name] * 2 > len(listed):
            return ApiStyle(name, (f"{votes[name]} replies are {media}",))  # type: ignore[arg-type]
    if len(listed) > 1 and len(bare) * 10 >= len(listed) * 9:
        return ApiStyle(
            "RPC over POST", (f"{len(bare)} of {len(listed)} operations are bare POSTs",)
        )
    if votes["verb"] * 2 > len(listed):
        return ApiStyle("verb suffixes", (f"{votes['verb']} paths end in a verb",))
    items = sum(operation.path.rstrip("/").endswith("}") for operation in listed)
    return ApiStyle("REST", (f"{items} of {len(listed)} operations are on items",))


def _votes(operation: Operation) -> Iterator[str]:
    if _ODATA.search(operation.path) or any(p.name == "$filter" for p in operation.parameters):
        yield "OData"
    if names_its_act(operation.path):
        yield "verb"
    media = operation.success[1].media if operation.success is not None else {}
    if any("vnd.api+json" in name for name in media):
        yield "JSON:API"
    if any("hal+json" in name for name in media):
        yield "HAL"
