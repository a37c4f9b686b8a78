"""Request bodies by media type: JSON, form, multipart, text, bytes; a value to bytes and back.

Bytes that are no UTF-8 text are shown to agents and records as a `data:` URL, so that every body
is a JSON value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import unquote_plus

from sandbox import exact_json
from sandbox.document.data_urls import (
    BINARY,
    File,
    from_bytes,
    read_data_url,
    to_bytes,
    write_data_url,
)
from sandbox.document.loading import parse
from sandbox.document.media_types import essence, form_of
from sandbox.document.operations import Media, Parameter
from sandbox.document.styles import Pairs, encode_query, flatten, unflatten
from sandbox.document.url_texts import json_text, quote, text
from sandbox.document.value_kinds import Shape
from sandbox.errors import DocumentError

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"


class MalformedBody(Exception):
    """The bytes are not of their media type. `keyword` names the rule: json, encoding, form."""

    def __init__(self, keyword: str, reason: str) -> None:
        super().__init__(reason)
        self.keyword = keyword


@lru_cache(maxsize=1024)
def is_json(media_type: str) -> bool:
    """Whether a media type is JSON: application/json, text/json, anything +json."""
    kind = essence(media_type)
    return kind.endswith(("/json", "+json")) or kind == "*/*"


def is_textual(media_type: str) -> bool:
    """Whether the value is a text of its own (XML, CSV, plain): no schema of objects applies."""
    kind = essence(media_type)
    return kind.startswith("text/") or kind.endswith(("/xml", "+xml", "/yaml", "+yaml"))


def _in_parts(kind: str) -> bool:
    """Whether a body comes in parts: multipart/*, and what is meant by application/form-data."""
    return kind.startswith("multipart/") or kind.endswith("/form-data")


def encode_body(value: Any, media_type: str, media: Media, shape: Shape) -> tuple[bytes, str]:
    """The bytes of a body and its Content-Type."""
    kind = essence(media_type)
    if kind == FORM and isinstance(value, Mapping):
        return _encode_form(value, media, shape), FORM
    if _in_parts(kind) and isinstance(value, Mapping):
        return _encode_multipart(value, kind)
    form = form_of(kind)
    if form == "xml" and not isinstance(value, str):
        from sandbox.document.xml_values import write_xml

        return write_xml(value, shape.schema, shape.schemas, root="request"), media_type
    if form == "yaml" and not isinstance(value, str):
        import yaml

        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode(), media_type
    if is_json(kind) or not isinstance(value, str):
        concrete = "application/json" if "*" in kind else media_type
        return json_text(value).encode("utf-8", "replace"), concrete
    return to_bytes(value), "application/octet-stream" if "*" in kind else media_type


def decode_body(data: bytes, content_type: str, media: Media, shape: Shape) -> Any:
    """The value of a body. Raises MalformedBody."""
    kind = essence(content_type)
    if is_json(kind):
        return load_json(data)
    structured = bool(shape.kinds) and shape.kinds <= {"object", "array"}
    if kind == FORM and "object" in shape.kinds:
        return _decode_form(data, media, shape)
    if _in_parts(kind):
        return _decode_multipart(data, content_type, shape)
    form = form_of(kind)
    if structured and form in ("xml", "yaml"):
        return _load_xml(data, shape) if form == "xml" else _load_yaml(data)
    # A media type of its own with a schema of objects: what else could it be but JSON?
    return load_json(data) if structured and not is_textual(kind) else from_bytes(data)


def load_json(data: bytes) -> Any:
    """The JSON value of bytes. Raises MalformedBody with the place of the error."""
    try:
        return exact_json.loads(data)
    except ValueError as error:
        if str(error).startswith("str is not valid UTF-8"):
            raise MalformedBody("encoding", "the body is not UTF-8") from None
        raise MalformedBody("json", f"the body is not JSON: {error}") from None


def _load_xml(data: bytes, shape: Shape) -> Any:
    try:
        from sandbox.document.xml_values import read_xml

        return read_xml(data, shape.schema, shape.schemas)
    except ValueError as error:
        raise MalformedBody("xml", str(error)) from None


def _load_yaml(data: bytes) -> Any:
    try:
        return parse(data, "the body", cached=False).tree
    except DocumentError as error:
        raise MalformedBody("yaml", f"the body {error.reason}") from None


def _encode_form(value: Mapping[str, Any], media: Media, shape: Shape) -> bytes:
    pairs: Pairs = []
    for name, item in value.items():
        parameter = _form_field(name, media)
        if parameter is None and name not in media.encoding and _scalars(item):
            # The default style of a form: a list is its name over and over.
            pairs += [(quote(name), quote(text(part))) for part in item]
        elif parameter is None:
            pairs += [
                (quote(key, safe="[]"), quote(part, safe="")) for key, part in flatten(name, item)
            ]
        else:
            pairs += encode_query(parameter, item)
    return "&".join(f"{name}={item}" for name, item in pairs).encode()


def _scalars(value: Any) -> bool:
    return isinstance(value, list | tuple) and not any(
        isinstance(part, Mapping | list | tuple) for part in value
    )


def _form_field(name: str, media: Media) -> Parameter | None:
    """The encoding a document gives a form field; None is nested brackets (`a[b][0]`)."""
    encoding = media.encoding.get(name)
    if not isinstance(encoding, Mapping):
        return None
    style = encoding.get("style", "form")
    if style == "deepObject":
        return None
    explode = encoding.get("explode", style == "form")
    json = str(encoding.get("contentType", "")) if "style" not in encoding else ""
    return Parameter(
        name=name,
        location="query",
        style=style,
        explode=bool(explode),
        media_type=json if is_json(json) and json else None,
    )


def _decode_form(data: bytes, media: Media, shape: Shape) -> Any:
    try:
        raw = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedBody("encoding", "the form is not UTF-8") from None
    roots: dict[str, list[tuple[str, str]]] = {}
    for part in raw.split("&"):
        if part:
            name, _, item = part.partition("=")
            root, bracket, rest = unquote_plus(name).partition("[")
            roots.setdefault(root, []).append((bracket + rest, item))
    return {
        root: _form_value(root, pairs, media, shape.property(root)) for root, pairs in roots.items()
    }


def _form_value(name: str, pairs: Pairs, media: Media, shape: Shape) -> Any:
    if any(rest for rest, _ in pairs):
        return unflatten([(rest, unquote_plus(item)) for rest, item in pairs], shape)
    parameter = _form_field(name, media)
    raws = [item for _, item in pairs]
    if parameter is not None:
        from sandbox.document.styles import decode_query

        return decode_query(parameter, {name: raws}, shape, set())
    if "array" in shape.kinds and not shape.free and not shape.kinds & {"string"}:
        items = shape.items()
        return [items.scalar(unquote_plus(raw)) for raw in raws if raw or len(raws) > 1]
    if len(raws) > 1:
        return [shape.items().scalar(unquote_plus(raw)) for raw in raws]
    return shape.scalar(unquote_plus(raws[0]))


def _encode_multipart(value: Mapping[str, Any], kind: str) -> tuple[bytes, str]:
    parts: list[bytes] = []
    for name, item in value.items():
        for single in item if isinstance(item, list | tuple) else [item]:
            parts.append(_part(str(name), single))
    # Derived from the content, so that the same call has the same bytes.
    boundary = f"wavetank-{blake2b(b''.join(parts), digest_size=12).hexdigest()}"
    lines = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return lines + b"--" + boundary.encode() + b"--\r\n", f"{kind}; boundary={boundary}"


def _part(name: str, value: Any) -> bytes:
    label = _quote(name)
    head = f'Content-Disposition: form-data; name="{label}"'
    if isinstance(value, Mapping | list | tuple):
        return f"{head}\r\nContent-Type: application/json\r\n\r\n".encode() + (
            json_text(value).encode()
        )
    file = read_data_url(value) if isinstance(value, str) else None
    if file is not None:
        named = _quote(file.name) if file.name else label
        head += f'; filename="{named}"\r\nContent-Type: {file.media_type}'
        return f"{head}\r\n\r\n".encode() + file.data
    payload = to_bytes(value) if isinstance(value, str) else text(value).encode()
    return f"{head}\r\n\r\n".encode() + payload


def _quote(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', "%22")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _decode_multipart(data: bytes, content_type: str, shape: Shape) -> Any:
    fields: dict[str, list[File]] = {}
    for name, file in _parts(data, content_type):
        fields.setdefault(name, []).append(file)
    made: dict[str, Any] = {}
    for name, found in fields.items():
        part = shape.property(name)
        listed = "array" in part.kinds and not part.free
        single = part.items() if listed else part
        values = [_part_value(file, single, name) for file in found]
        made[name] = values if listed or len(values) > 1 else values[0]
    return made


def _part_value(file: File, shape: Shape, field: str) -> Any:
    structured = "object" in shape.kinds and not shape.free
    kind, payload = file.media_type, file.data
    if (kind and is_json(kind)) or (not kind and structured):
        try:
            return exact_json.loads(payload)
        except ValueError:
            return from_bytes(payload)
    if file.name not in ("", field) and (shape.free or is_file(shape)):
        return write_data_url(File(payload, kind or BINARY, file.name))
    shown = from_bytes(payload)
    return shape.scalar(shown)


def is_file(shape: Shape) -> bool:
    """Whether a schema is that of a file's content."""
    marks = ("contentMediaType", "contentEncoding")
    return any(
        part.get("format") in ("binary", "byte", "file") or any(mark in part for mark in marks)
        for part in shape.parts()
    )


def _parts(data: bytes, content_type: str) -> list[tuple[str, File]]:
    """The field name of every part, and what it holds."""
    from python_multipart.exceptions import MultipartParseError
    from python_multipart.multipart import MultipartParser, parse_options_header

    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not boundary:
        raise MalformedBody("form", "the multipart body has no boundary in its Content-Type")
    found: list[tuple[dict[bytes, bytes], bytearray]] = []
    header: list[bytearray] = [bytearray(), bytearray()]

    def begin() -> None:
        found.append(({}, bytearray()))

    def field(chunk: bytes, start: int, end: int) -> None:
        header[0] += chunk[start:end]

    def value(chunk: bytes, start: int, end: int) -> None:
        header[1] += chunk[start:end]

    def header_end() -> None:
        found[-1][0][bytes(header[0]).lower()] = bytes(header[1])
        header[:] = [bytearray(), bytearray()]

    def payload(chunk: bytes, start: int, end: int) -> None:
        found[-1][1].extend(chunk[start:end])

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": begin,
            "on_header_field": field,
            "on_header_value": value,
            "on_header_end": header_end,
            "on_part_data": payload,
        },
    )
    try:
        parser.write(data)
        parser.finalize()
    except MultipartParseError as error:
        raise MalformedBody("form", f"the multipart body is malformed: {error}") from None
    made = []
    for headers, body in found:
        options = parse_options_header(headers.get(b"content-disposition", b""))[1]
        name = options.get(b"name", b"").decode("utf-8", "replace").replace("%22", '"')
        filename = options.get(b"filename", b"").decode("utf-8", "replace").replace("%22", '"')
        kind = headers.get(b"content-type", b"").decode("latin-1")
        made.append((name, File(bytes(body), essence(kind), filename)))
    return made
