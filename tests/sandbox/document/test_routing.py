"""Paths to operations: concrete before templated, and what the path does allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.document import Allowed, Match, Router
from tests.sandbox.document.documents import document

PATHS = {
    "/users/{id}": ("get", "delete"),
    "/users/me": ("get",),
    "/users/{id}/posts": ("get",),
    "/users/me/posts/{n}": ("get",),
    "/files/{name}.{ext}": ("get",),
    "/files/{name}": ("get",),
    "/things/{a}:close": ("post",),
    "/users/{name}/likes": ("post",),
    "/": ("get",),
    "/a b": ("get",),
    "/users": ("get", "post"),
    "/compare/{base}...{head}": ("get",),
}
ROUTER = Router(
    document(
        {
            path: {method: {"operationId": f"{method} {path}"} for method in methods}
            for path, methods in PATHS.items()
        }
    ).operations,
    "/api",
)


@pytest.mark.parametrize(
    ("method", "path", "found", "values"),
    [
        ("GET", "/users/5", "get /users/{id}", {"id": "5"}),
        ("GET", "/users/me", "get /users/me", {}),
        ("DELETE", "/users/me", "delete /users/{id}", {"id": "me"}),
        ("GET", "/users/me/posts", "get /users/{id}/posts", {"id": "me"}),
        ("GET", "/users/me/posts/3", "get /users/me/posts/{n}", {"n": "3"}),
        ("POST", "/users/5/likes", "post /users/{name}/likes", {"name": "5"}),
        ("GET", "/files/a.b.txt", "get /files/{name}.{ext}", {"name": "a", "ext": "b.txt"}),
        ("GET", "/files/a", "get /files/{name}", {"name": "a"}),
        ("POST", "/things/a%2Fb:close", "post /things/{a}:close", {"a": "a%2Fb"}),
        (
            "GET",
            "/compare/main...dev",
            "get /compare/{base}...{head}",
            {"base": "main", "head": "dev"},
        ),
        ("GET", "/a%20b", "get /a b", {}),
        ("GET", "/users/", "get /users", {}),
        ("GET", "/", "get /", {}),
    ],
)
def test_the_most_concrete_path_wins(
    method: str, path: str, found: str, values: dict[str, str]
) -> None:
    match = ROUTER.match(method, f"/api{path}")
    assert isinstance(match, Match)
    assert (match.operation.id, match.path_values) == (found, values)


@pytest.mark.parametrize(
    ("method", "path", "methods"),
    [
        ("PUT", "/api/users", ("GET", "POST")),
        ("POST", "/api/users/me", ("DELETE", "GET")),
        ("GET", "/users", None),
        ("GET", "/api/nope", None),
        ("GET", "/apiusers", None),
        ("GET", "/api/users//posts", None),
    ],
)
def test_wrong_methods_and_paths_are_told_apart(
    method: str, path: str, methods: tuple[str, ...] | None
) -> None:
    assert ROUTER.match(method, path) == (methods and Allowed(methods))


def test_of_two_paths_of_one_shape_the_one_whose_parameter_fits_is_found() -> None:
    def taking(name: str, schema: dict[str, str]) -> dict[str, object]:
        return {
            "get": {
                "operationId": name,
                "parameters": [{"name": name, "in": "path", "required": True, "schema": schema}],
            }
        }

    router = Router(
        document(
            {
                "/c/{uuid}": taking("uuid", {"type": "string", "format": "uuid"}),
                "/c/{number}": taking("number", {"type": "integer"}),
                "/c/{number}#close": taking("number", {"type": "integer"}),
            }
        ).operations
    )
    for path, found in (
        ("/c/5", "number"),
        ("/c/6b3e6ba1-9c31-4a4b-8d41-9e7ed7a5b9a0", "uuid"),
        ("/c/x", "uuid"),
        ("/c/5%23close", "get_c_number_close"),
    ):
        match = router.match("GET", path)
        assert isinstance(match, Match) and match.operation.id == found


@given(st.text(max_size=30))
def test_any_path_is_answered(path: str) -> None:
    ROUTER.match("GET", path)
    ROUTER.match("GET", f"/api/{path}")
