"""A value as the bytes of a media type that is not JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.document.data_urls import read_data_url
from sandbox.document.media_types import STREAMS, essence, form_of
from sandbox.document.schemas import Schemas
from sandbox.document.url_texts import json_text
from sandbox.world.rendering.media.event_streams import write_stream
from sandbox.world.rendering.media.files import sample_file
from sandbox.world.rendering.media.tables import table_of, write_csv

_NARROW: Final = ("pattern", "enum", "const", "maxLength", "minLength")


def write(media_type: str, value: Any, schema: Any, schemas: Schemas) -> bytes:
    """The bytes of `value`, an instance of `schema`, in the form of `media_type`.

    A file (PDF, image, archive) whose schema holds no structure is a small valid one that shows
    the value where it can; a text that the schema narrows stays as it is.
    """
    form = form_of(media_type)
    if isinstance(value, bytes):
        return value
    if form in STREAMS:
        return write_stream(form, value if isinstance(value, list | tuple) else [value])
    if isinstance(value, str):
        file = read_data_url(value)
        if file is not None:
            return file.data
        return _text(form, media_type, value, schema, schemas)
    if form == "xml":
        from sandbox.document.xml_values import write_xml

        return write_xml(value, True if schema is None else schema, schemas)
    if form == "csv":
        columns = () if value else _columns(schema, schemas)
        return write_csv(value, "\t" if "tab-separated" in media_type else ",", columns)
    if form == "yaml":
        return write_yaml(value)
    if form == "html":
        return _page(value).encode()
    if form == "file" and not isinstance(value, Mapping | Sequence):
        return sample_file(media_type, str(value))
    return json_text(value).encode("utf-8", "replace")


def _columns(schema: Any, schemas: Schemas) -> Sequence[str]:
    """The columns of a list's rows as its schema declares them."""
    listed = schemas.resolve(schema)
    row = schemas.resolve(listed.get("items")) if isinstance(listed, Mapping) else None
    return list(row.get("properties") or ()) if isinstance(row, Mapping) else ()


def write_yaml(value: Any) -> bytes:
    """A value as YAML, keys in their order."""
    import yaml

    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text.removesuffix("...\n").encode("utf-8", "replace")


def _text(form: str, media_type: str, value: str, schema: Any, schemas: Schemas) -> bytes:
    """A text: as it is where it is of its media type already or the schema says what it is."""
    narrow = any(key in part for part in schemas.shape(schema).parts() for key in _NARROW) if (
        isinstance(schema, Mapping)
    ) else False  # fmt: skip
    start = value.lstrip()[:1]
    if narrow and form != "file":
        return value.encode("utf-8", "replace")
    if form == "html" and start != "<":
        return _page(value).encode("utf-8", "replace")
    if form == "xml" and start != "<":
        from sandbox.document.xml_values import write_xml

        return write_xml(value, True, schemas)
    if form == "csv" and "\n" not in value.strip():
        return write_csv([{"id": 1, "text": value}], "\t" if "tab-separated" in media_type else ",")
    if form == "yaml" and "\n" not in value:
        return write_yaml(value)
    if form == "file":
        return sample_file(essence(media_type), value)
    return value.encode("utf-8", "replace")


def _page(value: Any) -> str:
    """A minimal HTML page that shows a value."""
    import html

    if isinstance(value, Mapping | list | tuple):
        columns, rows = table_of(value)
        head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
        cells = (
            "".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows
        )  # fmt: skip
        body = f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"
        title = "Result"
    else:
        title = html.escape(str(value))
        body = f"<p>{title}</p>"
    return f'<!DOCTYPE html><html lang="en"><head><title>{title}</title></head>' + (
        f"<body>{body}</body></html>\n"
    )
