"""Parameter styles: the table of the specification, and text and back for anything valid."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.document import Router, canonical, decode, encode
from sandbox.messages import Arguments, Request
from tests.sandbox.document.documents import operation

ARRAY = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "additionalProperties": {"type": "integer"}}
COLOURS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}
NAMED = {"type": "object", "properties": {name: {"type": "integer"} for name in RGB}}

# OpenAPI 3.1.1, section 4.8.12.3 "Style Examples": style, explode, value, text.
TABLE = [
    ("path", "matrix", False, "blue", ";color=blue"),
    ("path", "matrix", False, COLOURS, ";color=blue,black,brown"),
    ("path", "matrix", False, RGB, ";color=R,100,G,200,B,150"),
    ("path", "matrix", True, COLOURS, ";color=blue;color=black;color=brown"),
    ("path", "matrix", True, RGB, ";R=100;G=200;B=150"),
    ("path", "label", False, "blue", ".blue"),
    ("path", "label", False, COLOURS, ".blue,black,brown"),
    ("path", "label", False, RGB, ".R,100,G,200,B,150"),
    ("path", "label", True, COLOURS, ".blue.black.brown"),
    ("path", "label", True, RGB, ".R=100.G=200.B=150"),
    ("path", "simple", False, "blue", "blue"),
    ("path", "simple", False, COLOURS, "blue,black,brown"),
    ("path", "simple", False, RGB, "R,100,G,200,B,150"),
    ("path", "simple", True, RGB, "R=100,G=200,B=150"),
    ("query", "form", False, "blue", "color=blue"),
    ("query", "form", False, COLOURS, "color=blue,black,brown"),
    ("query", "form", False, RGB, "color=R,100,G,200,B,150"),
    ("query", "form", True, COLOURS, "color=blue&color=black&color=brown"),
    ("query", "form", True, RGB, "R=100&G=200&B=150"),
    ("query", "spaceDelimited", False, COLOURS, "color=blue%20black%20brown"),
    ("query", "spaceDelimited", False, RGB, "color=R%20100%20G%20200%20B%20150"),
    ("query", "pipeDelimited", False, COLOURS, "color=blue|black|brown"),
    ("query", "pipeDelimited", False, RGB, "color=R|100|G|200|B|150"),
    ("query", "deepObject", True, RGB, "color[R]=100&color[G]=200&color[B]=150"),
    ("header", "simple", False, COLOURS, "blue,black,brown"),
    ("header", "simple", False, RGB, "R,100,G,200,B,150"),
    ("header", "simple", True, RGB, "R=100,G=200,B=150"),
    ("cookie", "form", False, "blue", "color=blue"),
    ("cookie", "form", False, COLOURS, "color=blue,black,brown"),
]


def schema_for(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return ARRAY
    return NAMED if isinstance(value, dict) else {"type": "string"}


def parameter(location: str, style: str, explode: bool, schema: Any) -> dict[str, Any]:
    return {
        "name": "color",
        "in": location,
        "style": style,
        "explode": explode,
        "required": location == "path",
        "schema": schema,
    }


@pytest.mark.parametrize(("location", "style", "explode", "value", "text"), TABLE)
def test_the_table_of_the_specification(
    location: str, style: str, explode: bool, value: Any, text: str
) -> None:
    path = "/things/{color}" if location == "path" else "/things"
    it = operation(parameter(location, style, explode, schema_for(value)), path=path)
    arguments = at(location, value)
    request = encode(it, arguments)
    shown = {
        "path": request.path.removeprefix("/things/"),
        "query": request.query,
        "header": request.header("color"),
        "cookie": request.header("cookie"),
    }
    assert shown[location] == text
    assert decode(it, request, path_values(it, request)) == (arguments, [])


def at(location: str, value: Any) -> Arguments:
    parts: dict[str, Any] = {location: {"color": value}}
    return Arguments(**parts)


def path_values(it: Any, request: Request) -> dict[str, str]:
    match = Router([it]).match(request.method, request.path)
    assert match is not None and hasattr(match, "path_values")
    return match.path_values


# What a style cannot say is left out: empty lists and texts, and its own delimiters in an item.
WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_characters=" ,|.;=", min_codepoint=33, max_codepoint=0x2FFF
    ),
    min_size=1,
    max_size=8,
)
ASCII = st.text(
    st.characters(min_codepoint=48, max_codepoint=122, exclude_characters=",;=<>?"),
    min_size=1,
    max_size=8,
)
SCALARS = {
    "string": WORDS,
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
}
STYLES = [
    ("path", "simple"),
    ("path", "label"),
    ("path", "matrix"),
    ("query", "form"),
    ("query", "spaceDelimited"),
    ("query", "pipeDelimited"),
    ("query", "deepObject"),
    ("header", "simple"),
    ("cookie", "form"),
]


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """A parameter and a value that it admits."""
    location, style = draw(st.sampled_from(STYLES))
    kind = draw(st.sampled_from(sorted(SCALARS)))
    values = ASCII if kind == "string" and location == "header" else SCALARS[kind]
    explode = draw(st.booleans()) or style == "deepObject"
    if style == "label" and kind == "number":
        kind, values = "integer", SCALARS["integer"]  # a point is the delimiter
    shape = (
        "object"
        if style == "deepObject"
        else draw(
            st.sampled_from(
                ["array", "object"] if "Delimited" in style else ["scalar", "array", "object"]
            )
        )
    )
    if shape == "scalar":
        return parameter(location, style, explode, {"type": kind}), draw(values)
    if shape == "array":
        schema = {"type": "array", "items": {"type": kind}}
        return parameter(location, style, explode, schema), draw(st.lists(values, min_size=1))
    names = [f"k{index}" for index in range(4)]
    schema = {"type": "object", "properties": {name: {"type": kind} for name in names}}
    value = st.dictionaries(st.sampled_from(names), values, min_size=1)
    return parameter(location, style, explode, schema), draw(value)


@given(cases())
def test_decode_undoes_encode(case: tuple[dict[str, Any], Any]) -> None:
    raw, value = case
    path = "/things/{color}" if raw["in"] == "path" else "/things"
    it = operation(raw, path=path)
    arguments = at(raw["in"], value)
    request = encode(it, arguments, "/base")
    match = Router([it], "/base").match("GET", request.path)
    assert match is not None and hasattr(match, "path_values")
    assert decode(it, request, match.path_values) == (arguments, [])
    assert canonical(it, arguments) == arguments


@given(st.text(max_size=20), st.sampled_from(STYLES), st.booleans())
def test_any_text_is_read_without_a_crash(text: str, style: tuple[str, str], explode: bool) -> None:
    for schema in (ARRAY, OBJECT, {"type": "integer"}, {"type": ["string", "null"]}, True):
        raw = parameter(style[0], style[1], explode, schema)
        it = operation(raw, path="/things/{color}" if style[0] == "path" else "/things")
        request = Request(
            "GET",
            "/things",
            query=f"color={text}&{text}",
            headers=(("color", text), ("cookie", f"color={text}")),
        )
        decode(it, request, {"color": text} if style[0] == "path" else {})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.sampled_from(STYLES),
)
def test_any_value_is_written_without_a_crash(value: Any, style: tuple[str, str]) -> None:
    it = operation(
        parameter(style[0], style[1], True, {"type": "string"}),
        path="/things/{color}" if style[0] == "path" else "/things",
    )
    arguments = at(style[0], value)
    encode(it, arguments)
    canonical(it, arguments)


def test_clients_that_encode_the_delimiter_are_understood() -> None:
    it = operation(parameter("query", "form", False, ARRAY))
    read, _ = decode(it, Request("GET", "/things", query="color=a%2Cb"), {})
    assert read.query == {"color": ["a", "b"]}


def test_brackets_after_a_list_name_are_understood() -> None:
    it = operation(parameter("query", "form", True, ARRAY))
    read, _ = decode(it, Request("GET", "/things", query="color[]=a&color%5B%5D=b"), {})
    assert read.query == {"color": ["a", "b"]}


def test_a_value_of_dots_stays_one_segment() -> None:
    it = operation(parameter("path", "simple", False, {"type": "string"}), path="/things/{color}")
    for value in ("..", ".", "../../etc/passwd", "a/b", "%2e%2e"):
        request = encode(it, Arguments(path={"color": value}))
        assert request.path.count("/") == 2 and not request.path.endswith("/..")
        assert decode(it, request, path_values(it, request))[0].path == {"color": value}


def test_headers_stay_on_one_line() -> None:
    it = operation(parameter("header", "simple", False, {"type": "string"}))
    request = encode(it, Arguments(header={"color": "a\r\nx-evil: 1"}))
    assert request.header("color") == "a  x-evil: 1"


@pytest.mark.parametrize(("query", "tags"), [
    ("f[tags]=a&f[tags]=b", ["a", "b"]), ("f[tags][]=a&f[tags][]=b", ["a", "b"]),
    ("f[tags][0]=a&f[tags][1]=b", ["a", "b"]), ("f%5Btags%5D=a", ["a"]), ("f[tags]=a,b", ["a,b"]),
])  # fmt: skip
def test_a_list_inside_a_deep_object_is_read_as_clients_send_it(query: str, tags: Any) -> None:
    schema = {"type": "object", "properties": {"tags": ARRAY}}
    made = operation({"name": "f", "in": "query", "style": "deepObject", "schema": schema})
    arguments, problems = decode(made, Request("GET", "/", query), {})
    assert (arguments.query, problems) == ({"f": {"tags": tags}}, [])
