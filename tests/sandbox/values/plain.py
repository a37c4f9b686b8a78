"""A schema source without a document: one 2020-12 schema with its $defs, and an outside judge."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator

from sandbox.document.discriminators import NamedBranches, named_branches
from sandbox.draws import Draw
from sandbox.values import Values


class Plain:
    """`resolve` and `validator` over one root schema."""

    def __init__(self, root: Any) -> None:
        self.root = root

    def resolve(self, schema: Any) -> Any:
        for _ in range(50):
            if not isinstance(schema, dict) or set(schema) != {"$ref"}:
                return schema
            target: Any = self.root
            for part in schema["$ref"].split("/")[1:]:
                target = target[part]
            schema = target
        return False

    def subtypes(self, reference: str) -> tuple[str, ...]:
        return ()

    def named_branches(self, schema: Any, reference: str = "") -> NamedBranches | None:
        return named_branches(self, schema, reference)

    def validator(self, schema: Any, direction: Any = "response") -> Any:
        return jsonschema_rs.Draft202012Validator(self.whole(schema), validate_formats=True)

    def whole(self, schema: Any) -> Any:
        if not isinstance(schema, dict) or not isinstance(self.root, dict):
            return schema
        return {**schema, "$defs": self.root.get("$defs", {})}


def made(schema: Any, number: int = 0, **wishes: Any) -> Any:
    """One value of a schema."""
    return Values(Plain(schema)).make(schema, Draw("test", number), **wishes)


def many(schema: Any, count: int = 20, **wishes: Any) -> list[Any]:
    """Values of a schema for different draws."""
    values = Values(Plain(schema))
    return [values.make(schema, Draw("test", number), **wishes) for number in range(count)]


def errors(schema: Any, value: Any) -> list[str]:
    """What an independent validator with formats finds wrong."""
    judge = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(value)]
