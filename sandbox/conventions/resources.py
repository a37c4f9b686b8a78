"""Resources: what every operation of a document means for the state, worked out on first use."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from sandbox.conventions.collection_table import CollectionTable
from sandbox.conventions.inference import apply_override, infer, meaning_of
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.overrides import WITHOUT_STATE, ModelFile
from sandbox.document import Document, Operation, Router
from sandbox.errors import DocumentError

_PATHS_KEPT: Final = 4096
"""Concrete paths whose templates are remembered."""


class Resources(CollectionTable):
    """The inferred model of one document. An override goes before what is inferred."""

    def __init__(self, document: Document, said: ModelFile | None = None) -> None:
        super().__init__(document, said)
        self._meanings: dict[str, Meaning] = {}
        self._templates_of: dict[str, str | None] = {}

    @cached_property
    def templates(self) -> tuple[str, ...]:
        """Every collection and singleton template of the document, in document order."""
        found: dict[str, None] = {}
        for operation in self.document.operations.values():
            meaning = self.meaning(operation)
            if meaning.collection is not None:
                found.setdefault(meaning.collection.template)
        return tuple(found)

    @cached_property
    def router(self) -> Router:
        """The document's paths, to find what an address names."""
        return Router(self.document.operations, self.document.base_path, self.document.bases)

    def meaning(self, operation: Operation) -> Meaning:
        """What the operation does, inferred once."""
        known = self._meanings.get(operation.id)
        if known is None:
            override = self._overrides.get(operation.id)
            try:
                known = infer(self, operation)
                known = known if override is None else apply_override(self, operation, override)
            except DocumentError:  # a schema that cannot be read: answering says which
                known = meaning_of(self, operation, "compute", None, self.place(operation))
            self._meanings[operation.id] = known
        return known

    def meaning_of_id(self, name: str) -> Meaning:
        """The meaning of an operation by its id."""
        return self.meaning(self.document.operations[name])

    def stateless(self) -> Iterator[tuple[str, str]]:
        """(operation id, why) of the writes that no read shows, since nothing is known of them."""
        for operation in self.document.operations.values():
            meaning = self.meaning(operation)
            if operation.method != "GET" and meaning.act in WITHOUT_STATE:
                call = f"{operation.method} {operation.path}"
                kept = "only the ledger keeps it" if meaning.act == "call" else "it changes nothing"
                yield operation.id, f"`{call}`: {kept}, since no path reads what it would write"

    def at(self, path: str) -> Collection | None:
        """The collection that a concrete path such as `/orders/o1/items` shows."""
        template = self.template_of(path)
        return None if template is None else self.collection(template)

    def template_of(self, path: str) -> str | None:
        """The template of which a concrete path is an instance, unless it is one entity's."""
        if path not in self._templates_of:
            if len(self._templates_of) >= _PATHS_KEPT:
                self._templates_of.clear()
            self._templates_of[path] = self._find_template(path)
        return self._templates_of[path]

    def may_hold(self, path: str) -> bool:
        """Whether effects can be under a concrete path: it is an operation's, or begins one."""
        concrete = path.partition("#")[0]
        depth = len(concrete.strip("/").split("/"))
        paths = map(self.place, self.document.operations.values())
        parts = (place.template.strip("/").split("/") for place in paths)
        return any(_is_of(concrete, "/".join(each[:depth])) for each in parts)

    def _find_template(self, path: str) -> str | None:
        best: tuple[int, str] | None = None
        for template in (*self._by_template, *sorted(self.item_templates)):
            if _is_of(path, template):
                ranked = (template.count("{}"), template)
                best = ranked if best is None or ranked < best else best
        return None if best is None or best[1].endswith("/{}") else best[1]

    def stated_revealers(self, template: str) -> Iterator[Operation]:
        """Operations that were said to list or create entities of a collection."""
        yield from (o for o, s in self.overrides_of(template) if s.act in ("list", "create"))


def _is_of(path: str, template: str) -> bool:
    """Whether a concrete path is an instance of a template."""
    wanted, pattern = path.strip("/").split("/"), template.strip("/").split("/")
    return len(pattern) == len(wanted) and all(
        part in ("{}", piece) for part, piece in zip(pattern, wanted, strict=True)
    )
