"""A schema that stands alone with its `$defs`, such as a tool's parameters, as a schema source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from sandbox.document.discriminators import NamedBranches, named_branches
from sandbox.errors import DocumentError
from sandbox.values.run import SchemaSource


class Contained:
    """`resolve` and `validator` for one self-contained 2020-12 schema."""

    def __init__(self, root: Mapping[str, Any], document: SchemaSource) -> None:
        self._root = root
        self._document = document
        self.body = {key: value for key, value in root.items() if key != "$defs"}
        """The root without its definitions."""

    def resolve(self, schema: Any) -> Any:
        """The schema behind a lone `$ref`. Raises DocumentError where it leads nowhere."""
        for _ in range(64):
            if not isinstance(schema, Mapping) or set(schema) != {"$ref"}:
                return schema
            if not str(schema["$ref"]).startswith("#/$defs/"):
                return self._document.resolve(schema)
            schema = self._at(str(schema["$ref"]))
        raise DocumentError(str(schema["$ref"]), "is a $ref that leads only to itself")

    def subtypes(self, reference: str) -> tuple[str, ...]:
        """None: such a schema shows the subtypes of a base as a union."""
        return ()

    def named_branches(self, schema: Any, reference: str = "") -> NamedBranches | None:
        """The branches that a resolved schema's discriminator selects, if it has any."""
        return named_branches(self, schema, reference)

    def validator(self, schema: Any, direction: Any = "request") -> Any:
        """The compiled schema, which knows no directions."""
        try:
            return jsonschema_rs.Draft202012Validator(dict(self._root), validate_formats=True)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise DocumentError("schema", f"cannot be compiled: {error}") from None

    def _at(self, reference: str) -> Any:
        target: Any = self._root
        for part in reference.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, Mapping) or name not in target:
                raise DocumentError(reference, "is a $ref to nothing")
            target = target[name]
        return target
