"""Members that say whether a call went well agree with the status."""

from __future__ import annotations

import orjson

from tests.sandbox.world.documents import Json, does, thing, world_of

ROWS: Json = {"type": "array", "minItems": 1, "items": thing(id={"type": "string"})}
ERRORS: Json = {"type": "array", "items": thing(code={"type": "integer"})}
FLAG: Json = {"type": "boolean"}


def shown(**members: Json) -> list[Json]:
    world = world_of({"/zones": {"get": does(shows=thing(**members), operationId="list")}})
    calls = (world.session(seed=seed).call("list", {}) for seed in range(6))
    return [orjson.loads(call.text) for call in calls]


def test_flags_are_true_and_errors_empty_in_a_reply_that_went_well() -> None:
    for reply in shown(success=FLAG, isError=FLAG, errors=ERRORS, result=ROWS):
        assert reply["success"] is True and reply["isError"] is False
        assert reply["errors"] == [] and reply["result"]


def test_an_error_that_may_be_null_is_null_and_a_status_word_is_a_good_one() -> None:
    error = {"type": ["object", "null"], "required": ["code"], "properties": {"code": FLAG}}
    status = {"type": "string", "enum": ["error", "ok"]}
    for reply in shown(error=error, status=status, data=ROWS):
        assert reply["error"] is None and reply["status"] == "ok"


def test_an_entity_keeps_what_it_says_of_itself() -> None:
    run = thing(id={"type": "string"}, success=FLAG)
    listed = does(shows={"type": "array", "items": run}, operationId="list")
    call = world_of({"/runs": {"get": listed}}).session(seed=1).call("list", {})
    assert {each["success"] for each in orjson.loads(call.text)} == {True, False}
