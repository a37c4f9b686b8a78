"""One method on one path: what it takes, what it answers. Plain values, built without schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.document.schemas import Schemas
    from sandbox.document.servers import Server

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LOCATIONS: Final = ("path", "query", "header", "cookie")

Schema = dict[str, Any] | bool


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A declared argument outside the body (or a response header)."""

    name: str
    location: str
    required: bool = False
    schema: Schema = True
    style: str = "form"
    explode: bool = True
    media_type: str | None = None
    """Set when the value is serialised as this media type (`content`), not by a style."""
    description: str = ""
    example: Any = None
    deprecated: bool = False
    allow_reserved: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Media:
    """One media type of a body."""

    schema: Schema | None = None
    encoding: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[Any, ...] = ()
    example_names: tuple[str, ...] = ()
    """The names of `examples`, in their order; "" for one without a name."""
    files: tuple[str, ...] = ()
    """The `externalValue`s of its examples: URI references."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A request body: its media types in document order."""

    required: bool = False
    media: Mapping[str, Media] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """A declared response: `status` is "200", "2XX" or "default"."""

    status: str
    media: Mapping[str, Media] = field(default_factory=dict)
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One method on one path of a document. Compared by identity."""

    id: str
    method: str
    path: str
    """The template without the servers' base path."""
    schemas: Schemas = field(repr=False)
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    replies: Mapping[str, Reply] = field(default_factory=dict)
    security: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """Alternatives; each names schemes that are all needed. () = none needed."""
    tags: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""
    deprecated: bool = False
    pointer: str = ""
    """JSON pointer of the operation in the document."""
    servers: tuple[Server, ...] = ()
    """Its own servers, or its path's; () = those of the document."""
    unreadable: str | None = None
    """Why the operation object itself could not be read."""
    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    """What other modules compiled from this operation, kept for as long as it lives."""

    @property
    def defect(self) -> str | None:
        """Why it cannot be used, or None; such an operation answers 501.

        Looked for when first asked: a `$ref` to nothing may lie deep in a schema.
        """
        if "defect" not in self.memo:
            self.memo["defect"] = self.unreadable or self._dangling()
        return self.memo["defect"]  # type: ignore[no-any-return]

    def _dangling(self) -> str | None:
        if not self.schemas.dangling:
            return None
        used: list[Any] = [parameter.schema for parameter in self.parameters]
        media = [*self.body.media.values()] if self.body is not None else []
        if self.success is not None:
            media += self.success[1].media.values()
        used += [entry.schema for entry in media if entry.schema is not None]
        return next(filter(None, map(self.schemas.dangling_in, used)), None)

    @property
    def success(self) -> tuple[int, Reply] | None:
        """The lowest 2xx status and its reply; a lone "default" or "2XX" counts as 200."""
        if "success" not in self.memo:
            self.memo["success"] = self._lowest()
        return self.memo["success"]  # type: ignore[no-any-return]

    def _lowest(self) -> tuple[int, Reply] | None:
        exact = sorted(int(key) for key in self.replies if key.isdecimal() and key[0] == "2")
        if exact:
            return exact[0], self.replies[str(exact[0])]
        for key in ("2XX", "default"):
            if key in self.replies:
                return 200, self.replies[key]
        return None

    def reply(self, status: int) -> Reply | None:
        """The declared reply for a status: exact, then its class, then the default."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.replies:
                return self.replies[key]
        return None
