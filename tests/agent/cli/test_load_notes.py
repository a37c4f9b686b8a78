"""What is said of a document at load: operations first, short, and with nothing that acts."""

from __future__ import annotations

import json
from pathlib import Path

from agent.cli.load_notes import load_notes, service_notes
from agent.cli.tables import printable
from sandbox import Document, World
from tests.agent.cli.running import wavetank
from tests.sandbox.world.documents import does


def test_operations_that_cannot_be_used_are_named_in_a_block_that_fits_a_screen() -> None:
    broken = does(shows={"$ref": "other.yaml#/x"})
    paths = {f"/thing{number}": {"get": broken} for number in range(300)}
    paths["/fine"] = {"get": does()}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    lines = load_notes(World(Document.from_tree(tree, source="t")))
    assert lines[0] == "300 operations cannot be used and answer 501:"
    assert "get_thing0: other.yaml#/x" in lines[1]
    assert "get_thing6" in lines[7] and " more" in lines[7]
    assert len(lines) <= 20 and max(map(len, lines)) < 200
    assert "get_fine" not in "\n".join(lines)


def test_what_was_mended_is_grouped_by_reason() -> None:
    odd = {"type": "string", "pattern": "(?>a)"}
    paths = {f"/t{number}": {"get": does(shows=odd)} for number in range(60)}
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    notes = [
        line for line in load_notes(World(Document.from_tree(tree, source="t"))) if "(?>a)" in line
    ]
    assert len(notes) == 1 and "/paths/~1t" in notes[0] and notes[0].endswith(" more")


def test_texts_of_a_document_do_nothing_in_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    info = {"title": "[bold]a[/b] \x1b]0;owned\x07 \u202e", "version": "1"}
    get = {"operationId": "a", "responses": {"x[/red]\x1b[2J": {}}}
    file.write_text(json.dumps({"openapi": "3.1.0", "info": info, "paths": {"/a": {"get": get}}}))
    done = wavetank("tools", str(file))
    shown = done.stdout + done.stderr
    assert "[bold]a[/b]" in shown and "[/red]" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_control_characters_are_spelt_out() -> None:
    assert printable("a\x1b[2J\tb\nc\u202e\x9b") == "a\\x1b[2J\tb\nc\\u202e\\x9b"


def test_what_is_served_beside_the_operations_is_named() -> None:
    flow = {"authorizationUrl": "/login", "tokenUrl": "https://own.test/token", "scopes": {}}
    oidc = {"type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration"}
    hook = {"post": {"responses": {"200": {"description": ""}}}}
    tree = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {},
        "webhooks": {"parcel.moved": hook},
        "components": {"securitySchemes": {"oidc": oidc, "oauth": {
            "type": "oauth2", "flows": {"authorizationCode": flow}}}},
    }  # fmt: skip
    lines = service_notes(World(Document.from_tree(tree, source="t")), "http://here")
    wanted = ("http://here/token  (authorization_code, refresh_token)", "http://here/login",
              "http://here/.well-known/openid-configuration", "parcel.moved")  # fmt: skip
    assert all(any(want in line for line in lines) for want in wanted)
