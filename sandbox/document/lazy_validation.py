"""Validation of schemas that reach very many others, each compiled once, when a value gets there.

A compiled schema holds all that it reaches. Where hundreds of components refer to one another
(Stripe, Kubernetes), every operation would compile them all again: so there a `$ref` becomes a
link to the component's own validator, which all operations of the document share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.document.compiled_schema import compile_schema
from sandbox.document.json_schema import with_parts
from sandbox.errors import DocumentError

MANY: Final = 48
"""Components that a schema reaches, from which on links are quicker than compiling them in."""

# What these keywords have seen is not told across a link.
_WHOLE: Final = frozenset({"unevaluatedProperties", "unevaluatedItems", "$dynamicRef"})
_LINK: Final = "x-wavetank-link"
_HOME: Final = "#/$defs/"


class Links:
    """The components of one document in one direction, each compiled when it is first reached."""

    __slots__ = ("_definitions", "_fits", "_keywords")

    def __init__(self) -> None:
        self._definitions: dict[str, Any] = {}
        self._fits: dict[str, Callable[[Any], bool]] = {}
        self._keywords = {_LINK: _keyword(self._fit)}

    def compile(self, bundle: Mapping[str, Any]) -> Callable[[Any], bool] | None:
        """`is_valid` of a self-contained schema; None where it has to be compiled as a whole.

        Raises DocumentError where it cannot be compiled.
        """
        definitions = bundle.get("$defs", {})
        if len(definitions) < MANY:
            return None
        top = {key: value for key, value in bundle.items() if key != "$defs"}
        if _mentions_whole(top) or not all(self._takes(*each) for each in definitions.items()):
            return None
        return compile_schema(_link(top), self._keywords).is_valid

    def _takes(self, name: str, definition: Any) -> bool:
        """Whether a component can be linked to; one look is enough."""
        if name not in self._definitions:
            if _mentions_whole(definition):
                return False
            self._definitions[name] = definition
        return True

    def _fit(self, name: str) -> Callable[[Any], bool]:
        known = self._fits.get(name)
        if known is None:
            try:
                known = compile_schema(_link(self._definitions[name]), self._keywords).is_valid
            except DocumentError:
                known = _accept_anything
            self._fits[name] = known
        return known


def _keyword(fit: Callable[[str], Callable[[Any], bool]]) -> type[Any]:
    class Link:
        """The keyword as jsonschema-rs wants it: made with the schema, asked with the value."""

        def __init__(self, _parent: Any, name: str, _path: Any) -> None:
            self._name = name

        def validate(self, value: Any) -> None:
            if not fit(self._name)(value):
                raise ValueError(self._name)

    return Link


def _accept_anything(_value: Any) -> bool:
    """A component that cannot be compiled must not make all that mention it unusable."""
    return True


def _link(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    made = with_parts(schema, _link)
    if made.get("$ref", "").startswith(_HOME):
        made[_LINK] = made.pop("$ref")[len(_HOME) :]
    return made


def _mentions_whole(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_mentions_whole, schema))
    if not isinstance(schema, dict):
        return False
    return not _WHOLE.isdisjoint(schema) or any(map(_mentions_whole, schema.values()))
