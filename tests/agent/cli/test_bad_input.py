"""Bad input: one sentence on standard error, exit code 2, no traceback, nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.cli.running import wavetank


def refused(*arguments: str | Path) -> str:
    done = wavetank(*arguments, check=2)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def test_a_missing_file() -> None:
    assert "no-such.yaml" in refused("tools", "no-such.yaml")


def test_invalid_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("openapi: [3.0.0\npaths: {")
    assert "a.yaml" in refused("tools", tmp_path / "a.yaml")


def test_a_document_that_is_not_openapi(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"hello": "world"}')
    assert "openapi" in refused("tools", tmp_path / "a.json").lower()


def test_a_url_that_does_not_answer() -> None:
    assert "127.0.0.1:9" in refused("tools", "http://127.0.0.1:9/openapi.json")


def test_an_unknown_tool_names_near_ones() -> None:
    assert "listBooks" in refused("call", "bookshop", "listBook", "{}")


def test_an_unknown_agent_names_valid_ones(tmp_path: Path) -> None:
    told = refused(
        "collect", "bookshop", "--agent", "scripted:prefect", "--store", tmp_path / "a.db"
    )
    assert "scripted:perfect" in told
    assert not (tmp_path / "a.db").exists()


def test_a_corrupt_store(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    assert "a.db" in refused("replay", "--store", tmp_path / "a.db")


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "nothing"),
        ("collect", "bookshop", "--store", "x.db", "--faults", "H99"),
        ("collect", "bookshop", "--store", "x.db", "--drift", "D99"),
        ("collect", "bookshop", "--store", "x.db", "--transport", "smoke"),
        ("tools", "bookshop", "--dialect", "latin"),
        ("drift", "bookshop"),
        ("frobnicate",),
    ],
)
def test_unknown_names(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert refused(*[str(tmp_path / a) if a == "x.db" else a for a in arguments])


def test_an_unresolvable_reference_costs_one_operation(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n"
        "  /good: {get: {responses: {'200': {description: ok}}}}\n"
        "  /bad: {get: {responses: {'200': {$ref: '#/components/responses/None'}}}}\n"
    )
    done = wavetank("tools", tmp_path / "a.yaml")
    assert "get_good" in done.stdout
    assert "get_bad: #/components/responses/None" in done.stderr
