"""XML bodies: values as elements and back, by the `xml` objects of their schemas (OpenAPI §4.8.26).

Reading is safe against entity expansion and external entities (defusedxml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from sandbox.errors import DocumentError

if TYPE_CHECKING:
    from sandbox.document.schemas import Schemas

_NAME: Final = re.compile(r"[A-Za-z_][\w.\-]*")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML document may contain."""
_MAX_DEPTH: Final = 100


def write_xml(value: Any, schema: Any, schemas: Schemas, *, root: str = "response") -> bytes:
    """A value as an XML document. `root` names an element that the schema does not name."""
    facts = _facts(schemas, schema)
    name = facts.name or _component(schema) or root
    if isinstance(value, list | tuple) and not facts.name:
        # An XML document has one root, so that a bare list is wrapped in any case.
        facts = _facts(schemas, schema, wrapped=True)
    element = Element(facts.qualify(name))
    _declare(element, facts)
    _fill(element, value, schema, schemas)
    data: bytes = tostring(element, encoding="utf-8", xml_declaration=True)
    return data


def read_xml(data: bytes, schema: Any, schemas: Schemas) -> Any:
    """The value of an XML document. Raises ValueError with the reason where it is none."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        element = fromstring(data)
    except ParseError as error:
        raise ValueError(f"the body is not XML: {error}") from None
    except DefusedXmlException as error:
        raise ValueError(f"the body is unsafe XML: {type(error).__name__}") from None
    except (LookupError, RecursionError, ValueError) as error:
        raise ValueError(f"the body is not XML: {error}") from None
    return _value(element, schema, schemas, 0)


class _Facts:
    """The `xml` object of a schema."""

    __slots__ = ("attribute", "name", "namespace", "prefix", "wrapped")

    def __init__(self, raw: Mapping[str, Any], wrapped: bool) -> None:
        name = raw.get("name")
        self.name = str(name) if isinstance(name, str) and _NAME.fullmatch(name) else ""
        self.prefix = str(raw.get("prefix") or "")
        self.namespace = str(raw.get("namespace") or "")
        # 3.2 says it by nodeType.
        self.attribute = raw.get("attribute") is True or raw.get("nodeType") == "attribute"
        self.wrapped = wrapped or raw.get("wrapped") is True or raw.get("nodeType") == "element"

    def qualify(self, name: str) -> str:
        return f"{self.prefix}:{name}" if self.prefix and _NAME.fullmatch(self.prefix) else name


def _facts(schemas: Schemas, schema: Any, *, wrapped: bool = False) -> _Facts:
    raw: Any = next((part["xml"] for part in _parts(schemas, schema) if "xml" in part), None)
    return _Facts(raw if isinstance(raw, Mapping) else {}, wrapped)


def _parts(schemas: Schemas, schema: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """A schema as it is written, what its `$ref` names, and the members of its compositions."""
    # The converted schemas that validators use say nothing about XML.
    if not isinstance(schema, Mapping) or depth > 12:
        return
    yield schema
    if "$ref" in schema:
        try:
            yield from _parts(schemas, schemas.references.follow(dict(schema)), depth + 1)
        except DocumentError:
            return
    for key in ("allOf", "oneOf", "anyOf"):
        members = schema.get(key)
        for member in members if isinstance(members, list) else ():
            yield from _parts(schemas, member, depth + 1)


def _property(schemas: Schemas, schema: Any, name: str) -> Any:
    """The schema of a member as it is written; True where nothing is said about it."""
    others: Any = True
    for part in _parts(schemas, schema):
        declared = part.get("properties")
        if isinstance(declared, Mapping) and name in declared:
            return declared[name]
        if isinstance(part.get("additionalProperties"), Mapping):
            others = part["additionalProperties"]
    return others


def _items(schemas: Schemas, schema: Any) -> Any:
    return next((part["items"] for part in _parts(schemas, schema) if "items" in part), True)


def _component(schema: Any) -> str:
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    name = str(reference).rpartition("/")[2] if reference else ""
    return name if _NAME.fullmatch(name) else ""


def _declare(element: Element, facts: _Facts) -> None:
    if facts.namespace:
        element.set(f"xmlns:{facts.prefix}" if facts.prefix else "xmlns", facts.namespace)


def _fill(element: Element, value: Any, schema: Any, schemas: Schemas) -> None:
    """Put a value into its element."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _member(element, str(key), item, _property(schemas, schema, str(key)), schemas)
    elif isinstance(value, list | tuple):
        inner = _items(schemas, schema)
        facts = _facts(schemas, inner)
        for item in value:
            _child(element, facts, facts.name or _component(inner) or "item", item, inner, schemas)
    elif value is not None:
        element.text = _text(value)


def _member(parent: Element, key: str, value: Any, schema: Any, schemas: Schemas) -> None:
    facts = _facts(schemas, schema)
    name = facts.name or (key if _NAME.fullmatch(key) else re.sub(r"[^\w.\-]", "_", f"_{key}"))
    if facts.attribute and not isinstance(value, Mapping | list | tuple):
        if value is not None:
            parent.set(facts.qualify(name), _text(value))
    elif isinstance(value, list | tuple):
        home = parent
        if facts.wrapped:
            home = SubElement(parent, facts.qualify(name))
            _declare(home, facts)
        inner = _items(schemas, schema)
        each = _facts(schemas, inner)
        tag = each.name or (key if facts.wrapped else name)
        for item in value:
            _child(home, each, tag, item, inner, schemas)
    else:
        _child(parent, facts, name, value, schema, schemas)


def _child(
    parent: Element, facts: _Facts, name: str, value: Any, schema: Any, schemas: Schemas
) -> None:
    element = SubElement(parent, facts.qualify(name))
    _declare(element, facts)
    _fill(element, value, schema, schemas)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _FORBIDDEN.sub("�", value if isinstance(value, str) else repr(value))


def _local(tag: str) -> str:
    """A tag without its namespace or prefix."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def _value(element: Element, schema: Any, schemas: Schemas, depth: int) -> Any:
    """The value that an element stands for."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"the body nests deeper than {_MAX_DEPTH} elements")
    shape = schemas.shape(schema)
    if "array" in shape.kinds and not shape.free:
        inner = _items(schemas, schema)
        return [_value(child, inner, schemas, depth + 1) for child in element]
    structured = bool(len(element) or element.attrib)
    if "object" in shape.kinds and (structured or not shape.kinds & {"string"}):
        return _members(element, schema, schemas, depth)
    return shape.scalar(element.text or "")


def _members(element: Element, schema: Any, schemas: Schemas, depth: int) -> dict[str, Any]:
    by_tag = {tag: (key, facts) for tag, key, facts in _tags(schemas, schema)}
    found: dict[str, Any] = {}
    for name, text in element.attrib.items():
        key, _ = by_tag.get(f"@{_local(name)}", (_local(name), None))
        found[key] = schemas.shape(_property(schemas, schema, key)).scalar(text)
    for child in element:
        tag = _local(child.tag)
        key, facts = by_tag.get(tag, (tag, None))
        inner = _property(schemas, schema, key)
        shape = schemas.shape(inner)
        if "array" in shape.kinds and not shape.free:
            if facts is not None and facts.wrapped:
                found[key] = _value(child, inner, schemas, depth + 1)
            else:
                each = _value(child, _items(schemas, inner), schemas, depth + 1)
                found.setdefault(key, []).append(each)
        elif key in found:  # not declared as a list, but sent as one
            known = found[key] if isinstance(found[key], list) else [found[key]]
            found[key] = [*known, _value(child, inner, schemas, depth + 1)]
        else:
            found[key] = _value(child, inner, schemas, depth + 1)
    return found


def _tags(schemas: Schemas, schema: Any) -> Iterator[tuple[str, str, _Facts]]:
    """(tag, property, its `xml` object) of every declared property; attributes as `@name`."""
    for part in _parts(schemas, schema):
        declared = part.get("properties")
        for key, inner in declared.items() if isinstance(declared, Mapping) else ():
            facts, shape = _facts(schemas, inner), schemas.shape(inner)
            name = facts.name or key
            if "array" in shape.kinds and not shape.free and not facts.wrapped:
                name = _facts(schemas, _items(schemas, inner)).name or name
            yield (f"@{name}" if facts.attribute else name), key, facts
