"""A world: a compiled document, immutable, shared by all its sessions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from sandbox import notebook
from sandbox.conventions.conventions import Conventions
from sandbox.conventions.overrides import ModelFile, overrides_json
from sandbox.conventions.overrides import overrides as said_of
from sandbox.conventions.resources import Resources
from sandbox.document import Document, Operation, Router
from sandbox.providers import provider
from sandbox.tools import Catalogue, meta_tools, tools
from sandbox.tools.tool import Tool
from sandbox.values import Values
from sandbox.world.authorization import Authorization
from sandbox.world.callbacks import Callbacks
from sandbox.world.rendering.error_responses import ErrorResponses
from sandbox.world.rendering.rendering import ReplyRenderer
from sandbox.world.state.entity_urls import EntityUrls
from sandbox.world.state.population import Population
from sandbox.world.state.seed_data import Data, seed_data

if TYPE_CHECKING:
    from sandbox.document.routing import Match
    from sandbox.world.decoding import Understood
    from sandbox.world.hooks import Drift, FaultHook
    from sandbox.world.session import Session, Unknown

Overrides = str | Path | Mapping[str, Any] | None
_SEEDS_KEPT = 16


class World:
    """A document, compiled lazily per operation. Holds nothing that a session could change."""

    def __init__(
        self,
        document: Document,
        *,
        only: Sequence[str] = (),
        offered: frozenset[str] | None = None,
        overrides: Overrides = None,
        data: Data = None,
    ) -> None:
        self.document = document
        self.only = tuple(only)
        self._offered = offered
        self._said = said_of(overrides)
        self._populations: OrderedDict[int, Population] = OrderedDict()
        if self._said != ModelFile():
            # What was said wrongly is reported at once, not in the middle of a run.
            self.conventions.check()
        if only:
            _ = self.offered
        self._data_source = data
        self.data = seed_data(self, data) if data is not None else None
        """The entities that were given in place of generated ones."""
        self._others: dict[bytes, World] = {}
        self.readings: dict[tuple[object, ...], Understood] = {}
        """What the last body-less requests meant; a cache that `decoding` keeps."""
        self.admissions: dict[tuple[object, ...], tuple[Match, Mapping[str, str]]] = {}
        """Which operation the last requests were let in to; a cache that `decoding` keeps."""

    def __repr__(self) -> str:
        return f"<World of {self.document.title!r}: {len(self.document.operations)} operations>"

    def _repr_html_(self) -> str:
        rows = ((tool.name, repr(tool), tool.description) for tool in self.tools.values())
        return notebook.table(repr(self), ("tool", "arguments", "what it does"), rows)

    @classmethod
    def load(
        cls,
        source: str | Path,
        *,
        strict: bool = False,
        only: Sequence[str] = (),
        overrides: Overrides = None,
        data: Data = None,
    ) -> World:
        """The world of a document: a path, a URL or a bundled name.

        `overrides` is a YAML file that says what operations mean where the inference is wrong,
        `data` a JSON or YAML file with the entities that collections begin with.
        Raises DocumentError, with the place and the reason, when the document cannot be used, and
        PlanError where one of the two files is not valid.
        """
        document = Document.load(source, strict=strict)
        return cls(document, only=only, overrides=overrides, data=data)

    @property
    def overrides(self) -> dict[str, Any]:
        """What was said about operations, as `overrides` takes it; {} for nothing."""
        return overrides_json(self._said)

    def saying(self, overrides: Overrides) -> World:
        """The same document with other overrides. Made once for each of them."""
        said = overrides_json(said_of(overrides))
        if said == self.overrides:
            return self
        key = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        found = self._others.get(key)
        if found is None:
            found = World(self.document, only=self.only, overrides=said, data=self._data_source)
            self._others[key] = found
        return found

    def release(
        self, document: Document, ids: Mapping[str, str], inputs: Mapping[str, Mapping[str, str]]
    ) -> World:
        """The world of a release of the document, with what was said and still fits it.

        `ids` leads from the operations here to those of the release, `inputs` from the names of
        an operation's parameters and members of its body to those that they have there. What is
        offered of a narrowed world is what it was narrowed to.
        """
        kept = self.conventions.of_release(document, ids, inputs).resources.overrides
        offered = self.offered
        if offered is not None:
            offered = frozenset(ids[id] for id in offered if id in ids)
        return World(document, offered=offered, overrides=overrides_json(kept))

    @cached_property
    def router(self) -> Router:
        """The way from a request to an operation; those that are not offered have none."""
        if self.offered is None:
            return self.resources.router
        document = self.document
        return Router(self.offered_operations, document.base_path, document.bases)

    @property
    def offered_operations(self) -> list[Operation]:
        """The operations that are offered, in the document's order: all, or those of `only`."""
        offered, known = self.offered, self.document.operations.values()
        return [each for each in known if offered is None or each.id in offered]

    @cached_property
    def callbacks(self) -> Callbacks:
        """The callbacks and webhooks that the document declares."""
        return Callbacks(self)

    @cached_property
    def authorization(self) -> Authorization:
        """The endpoints for signing in that the document declares."""
        return Authorization(self.document)

    @cached_property
    def resources(self) -> Resources:
        """Which paths are resources, and what each operation does to them."""
        return Resources(self.document, self._said)

    @cached_property
    def conventions(self) -> Conventions:
        """What is known of each operation and collection: paging, ids, idempotency, …"""
        return Conventions(self.document, self.resources)

    @cached_property
    def values(self) -> Values:
        return Values(self.document.schemas)

    @cached_property
    def urls(self) -> EntityUrls:
        """The addresses that entities say, of themselves and of each other."""
        return EntityUrls(self.resources)

    @cached_property
    def renderer(self) -> ReplyRenderer:
        return ReplyRenderer(self.document, self.resources, self.values, self.urls)

    @cached_property
    def error_responses(self) -> ErrorResponses:
        return ErrorResponses(self.document, self.values, self._said.errors)  # type: ignore[arg-type]

    @cached_property
    def tools(self) -> Catalogue:
        """The document's tools by name; each is built when it is looked at."""
        found = tools(self.document, only=self.only, conventions=self.conventions)
        return found if self._offered is None else found.of(self._offered)

    @property
    def offered(self) -> frozenset[str] | None:
        """Ids of the operations that have tools; None for all of them."""
        if not self.only:
            return self._offered
        return frozenset(operation.id for operation in self.tools.operations.values())

    @cached_property
    def meta_tools(self) -> Mapping[str, Tool]:
        """wait, read_docs and authenticate, renamed where the document has such tools."""
        return meta_tools(self.tools)

    def population(self, seed: int) -> Population:
        """The initial entities of a seed, shared by its sessions."""
        found = self._populations.get(seed)
        if found is None:
            resources, values = self.resources, self.values
            found = Population(self.document, resources, values, self.urls, seed, self.data)
            self._populations[seed] = found
            if len(self._populations) > _SEEDS_KEPT:
                self._populations.popitem(last=False)
        return found

    def session(
        self,
        *,
        seed: int = 0,
        label: str = "",
        faults: Any = None,
        drift: Any = None,
        given: Sequence[Mapping[str, Any]] = (),
        helpfulness: int = 2,
        unknown: Unknown = "reject",
        unknown_ids: str = "closed",
        credentials: Sequence[str] = (),
        lenient: bool = False,
        overrides: Overrides = None,
    ) -> Session:
        """A seeded, isolated run of this world.

        `faults` and `drift` are preset names, ids ("H01,T03"), files, mappings or None. `given`
        are entities that exist at the start ({collection, id, values}). `helpfulness` (0-4) is how
        much errors explain; `unknown="ignore"` lets undeclared arguments pass;
        `unknown_ids="materialise"` invents entities instead of answering 404. `credentials` are
        the only ones let in over HTTP (keys, tokens, user:password); any plausible one by default.
        `lenient` answers an Accept header that nothing fits instead of refusing it (406).
        `overrides` are this session's own, so that a record can say under which it was made.
        """
        from sandbox.world.session import Session

        if overrides is not None:
            self = self.saying(overrides)
        return Session(
            self,
            seed=seed,
            label=label,
            faults=self._compile_faults(faults, seed, label),
            drift=self._drift(drift, seed, label),
            given=given,
            helpfulness=helpfulness,
            unknown=unknown,
            unknown_ids=unknown_ids,
            credentials=credentials,
            lenient=lenient,
        )

    def _compile_faults(self, faults: Any, seed: int, label: str) -> FaultHook | None:
        if faults is None or hasattr(faults, "around"):
            return faults  # type: ignore[no-any-return]
        built: FaultHook | None = provider("faults")(faults).compile(self, seed=seed, label=label)
        return built

    def _drift(self, drift: Any, seed: int, label: str) -> Drift | None:
        if drift is None or hasattr(drift, "releases"):
            return drift  # type: ignore[no-any-return]
        built: Drift | None = provider("drift")(drift, self, seed=seed, label=label)
        return built
