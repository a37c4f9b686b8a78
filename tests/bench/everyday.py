"""Ten everyday tasks with a mock server: Prism and ourselves on one document, side by side.

WAVETANK_PEERS=… python -m tests.bench.everyday [--out FILE]

WAVETANK_PEERS names a folder in which npm installed @stoplight/prism-cli. Both servers are started
here, and every task says in a few words what came back.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from tests.bench.load import free_port, started
from tests.bench.peers import contenders, node_folder

KEY: Final = {"x-key": "secret"}
Answer = tuple[bool, str]


def _document() -> dict[str, Any]:
    """A small service: boats with a status, behind a key."""
    boat = {
        "type": "object",
        "required": ["id", "name", "status"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "name": {"type": "string", "minLength": 2},
            "status": {"enum": ["afloat", "docked"]},
        },
    }

    def body(schema: Any, **more: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema, **more}}}

    def reply(schema: Any, **more: Any) -> dict[str, Any]:
        return {"description": "", **body(schema, **more)}

    examples = {
        "calm": {"value": {"wind": "calm", "knots": 2}},
        "storm": {"value": {"wind": "storm", "knots": 60}},
    }
    weather = {"type": "object", "properties": {"wind": {"type": "string"}, "knots": {}}}
    problem = reply({"type": "object", "properties": {"message": {"type": "string"}}})
    scheme = {"type": "apiKey", "in": "header", "name": "x-key"}
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    status = {"name": "status", "in": "query", "schema": boat["properties"]["status"]}  # type: ignore[index]
    made = reply(boat) | {"headers": {"Location": {"schema": {"type": "string"}}}}
    errors = {"401": problem, "404": problem, "422": problem, "429": problem}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Boats", "version": "1"},
        "components": {"securitySchemes": {"key": scheme}},
        "security": [{"key": []}],
        "paths": {
            "/weather": {"get": {"responses": {"200": reply(weather, examples=examples)}}},
            "/boats": {
                "get": {
                    "parameters": [status],
                    "responses": {"200": reply({"type": "array", "items": boat}), **errors},
                },
                "post": {"requestBody": body(boat), "responses": {"201": made, **errors}},
            },
            "/boats/{id}": {
                "parameters": [id],
                "get": {"responses": {"200": reply(boat), **errors}},
                "patch": {
                    "requestBody": body({**boat, "required": []}),
                    "responses": {"200": reply(boat), **errors},
                },
                "delete": {"responses": {"204": {"description": ""}, **errors}},
            },
        },
    }


def _make(client: httpx.Client) -> httpx.Response:
    return client.post("/boats", json={"name": "Swift", "status": "docked"})


def _path(made: httpx.Response) -> str:
    return f"/boats/{made.json().get('id', 'none')}"


def the_declared_example_is_served(client: httpx.Client) -> Answer:
    got = client.get("/weather").json()
    return got == {"wind": "calm", "knots": 2}, json.dumps(got)


def another_example_is_served_by_name(client: httpx.Client) -> Answer:
    got = client.get("/weather", headers={"prefer": "example=storm"}).json()
    return got.get("wind") == "storm", json.dumps(got)


def a_declared_error_is_served_when_asked_for(client: httpx.Client) -> Answer:
    got = client.get("/boats", headers={"prefer": "code=429"})
    return got.status_code == 429, str(got.status_code)


def an_invalid_body_is_refused_and_the_field_named(client: httpx.Client) -> Answer:
    got = client.post("/boats", json={"name": "x", "status": "sunk"})
    return got.status_code in (
        400,
        422,
    ) and "name" in got.text, f"{got.status_code} {got.text[:90]}"


def a_missing_key_is_refused(client: httpx.Client) -> Answer:
    got = client.get("/boats", headers={"x-key": ""})
    return got.status_code == 401, str(got.status_code)


def what_was_created_can_be_read(client: httpx.Client) -> Answer:
    made = _make(client)
    got = client.get(_path(made))
    same = got.status_code == 200 and got.json() == made.json()
    return same and got.json()["name"] == "Swift", f"{got.status_code} {got.text[:90]}"


def the_location_of_what_was_created_leads_to_it(client: httpx.Client) -> Answer:
    place = _make(client).headers.get("location", "")
    got = client.get(place) if place else None
    found = got is not None and got.status_code == 200 and got.json()["name"] == "Swift"
    return found, f"Location: {place or 'none'}"


def a_change_stays(client: httpx.Client) -> Answer:
    path = _path(_make(client))
    client.patch(path, json={"status": "afloat"})
    got = client.get(path)
    now = got.json().get("status"), got.json().get("name")
    return now == ("afloat", "Swift"), f"{got.status_code} {now}"


def what_was_deleted_is_gone(client: httpx.Client) -> Answer:
    path = _path(_make(client))
    statuses = client.delete(path).status_code, client.get(path).status_code
    return statuses == (204, 404), f"{statuses[0]}, then {statuses[1]}"


def a_list_has_what_the_filter_asks_for(client: httpx.Client) -> Answer:
    made = _make(client).json()
    docked = client.get("/boats", params={"status": "docked"}).json()
    afloat = client.get("/boats", params={"status": "afloat"}).json()
    right = made in docked and made not in afloat
    right = right and {each["status"] for each in docked} == {"docked"}
    sizes = f"{len(docked)} docked, {len(afloat)} afloat"
    return right, f"{sizes}; the new one listed: {made in docked}"


TASKS: Final[tuple[Callable[[httpx.Client], Answer], ...]] = (
    the_declared_example_is_served,
    another_example_is_served_by_name,
    a_declared_error_is_served_when_asked_for,
    an_invalid_body_is_refused_and_the_field_named,
    a_missing_key_is_refused,
    what_was_created_can_be_read,
    the_location_of_what_was_created_leads_to_it,
    a_change_stays,
    what_was_deleted_is_gone,
    a_list_has_what_the_filter_asks_for,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    wanted = ("wavetank", "Prism static", "Prism dynamic")
    found: dict[str, dict[str, Any]] = {}
    versions = {}
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "boats.json"
        document.write_text(json.dumps(_document()))
        for each in contenders():
            if each.name not in wanted:
                continue
            if each.missing:
                print(f"{each.name}: {each.missing}")  # noqa: T201
                continue
            versions[each.name] = each.version
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            with (
                started(each.command(document, port), port, folder=Path.cwd(), path=node_folder()),
                httpx.Client(base_url=url, headers=KEY, timeout=60) as client,
            ):
                for task in TASKS:
                    name = task.__name__.replace("_", " ")
                    found.setdefault(name, {})[each.name] = _tried(task, client)
    for name, row in found.items():
        print(name)  # noqa: T201
        for server, answer in row.items():
            print(f"    {'yes' if answer['done'] else 'no ':3}  {server:14} {answer['said']}")  # noqa: T201
    if options.out is not None:
        whole = {"versions": versions, "tasks": found}
        options.out.write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))


def _tried(task: Callable[[httpx.Client], Answer], client: httpx.Client) -> dict[str, Any]:
    try:
        done, said = task(client)
    except (httpx.HTTPError, ValueError, KeyError, AttributeError, TypeError) as error:
        done, said = False, f"{type(error).__name__}: {error}"[:120]
    return {"done": done, "said": said}


if __name__ == "__main__":
    main()
