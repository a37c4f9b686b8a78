"""Decoding is greedy, batched, prefix-cached and held to grammars, with the same texts each way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
import torch

from agent.backends import RoleRequest
from agent.backends.local import LocalBackend
from agent.backends.local.backend import Speaker, load_agent_backend
from agent.backends.local.checkpoint import load_model, load_tokens
from agent.backends.local.grammar import FORMS, VERIFICATION
from agent.errors import BackendError
from agent.runtime.parsing import parse_call, parse_plan
from tests.agent.tiny import episode, tiny_model
from trajectories.rows import ROLES, prompt


@pytest.fixture(scope="module", params=["llama", "qwen"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("tiny"), request.param)


@pytest.fixture(scope="module")
def backend(folder: Path) -> LocalBackend:
    model = load_model(str(folder), dtype=torch.float32)
    speakers = dict.fromkeys(ROLES, Speaker(model))
    return LocalBackend(load_tokens(str(folder)), speakers, context=4096)


def asked(role: str, turns: int, number: int = 0, limit: int = 24) -> RoleRequest:
    record = episode(number)
    text = prompt(role, tools=record.tools, messages=record.messages[:turns])
    return RoleRequest(role, text, ("</s>",), limit, tools=record.tools)


def free(role: str, turns: int, number: int = 0) -> RoleRequest:
    request = asked(role, turns, number)
    return RoleRequest(role, request.prompt, request.stop, request.max_tokens)


def test_the_text_is_what_greedy_search_without_any_cache_writes(backend: LocalBackend) -> None:
    request = free("planner", 1)
    ids = backend.tokens.encode(request.prompt)
    written: list[int] = []
    with torch.inference_mode():
        for _ in range(request.max_tokens):
            given = torch.tensor([ids + written])
            token = int(backend.speakers["planner"].model(given)["logits"][0, -1].argmax())
            if token == backend.tokens.end:
                break
            written.append(token)
    assert backend.write([request]) == [backend.tokens.decode(written).strip()]


def test_a_batch_writes_what_its_rows_write_alone(backend: LocalBackend) -> None:
    requests = [free("planner", turns, number) for turns in (1, 4) for number in (0, 1, 2)]
    assert backend.write(requests) == [backend.write([request])[0] for request in requests]


def test_rows_with_other_tools_are_written_together(backend: LocalBackend) -> None:
    offers = [("get_cat",), ("get_cat", "get_dog"), ("list_of_all_the_dogs",)]
    records = [episode(number, tools) for number, tools in enumerate(offers)]
    requests = [
        RoleRequest("planner", prompt("planner", tools=record.tools, messages=turns), (), 24)
        for record in records
        for turns in (record.messages[:1], record.messages[:4])
    ]
    alone = [backend.write([request])[0] for request in requests]
    assert backend.write(requests) == alone


def test_layers_that_only_see_a_window_are_written_group_by_group(tmp_path: Path) -> None:
    folder = str(tiny_model(tmp_path, "window"))
    model = load_model(folder, dtype=torch.float32)
    backend = LocalBackend(load_tokens(folder), dict.fromkeys(ROLES, Speaker(model)))
    records = [episode(0), episode(0, ("list_of_all_the_dogs",))]
    requests = [
        RoleRequest("planner", prompt("planner", tools=each.tools, messages=each.messages), (), 24)
        for each in records
    ]
    assert backend.write(requests) == [backend.write([request])[0] for request in requests]


def test_requests_may_be_mixed_and_none(backend: LocalBackend) -> None:
    mixed = [free("planner", 1), free("summarizer", 5), free("planner", 4)]
    assert len(asyncio.run(backend.generate(mixed))) == 3
    assert backend.write([]) == []


@pytest.mark.parametrize("number", range(4))
def test_a_caller_cannot_write_a_malformed_or_invented_call(
    backend: LocalBackend, number: int
) -> None:
    text = backend.write([asked("caller", 2, number, limit=400)])[0]
    call = parse_call(text)
    assert call.name in ("get_cat", "get_dog")
    if len(text) < 390:
        assert orjson.loads(call.raw).keys() == {"id"}


def test_a_planner_decides_on_an_offered_tool(backend: LocalBackend) -> None:
    written = parse_plan(backend.write([asked("planner", 1, limit=100)])[0])
    assert written.plan != "none"
    if written.plan == "call":
        assert written.text in (f"Call get_{pet}.\n Next: caller." for pet in ("cat", "dog"))


def test_a_text_ends_before_its_stop(backend: LocalBackend) -> None:
    whole = backend.write([free("planner", 1)])[0]
    stop = whole[3:5]
    request = RoleRequest("planner", asked("planner", 1).prompt, (stop,), 24)
    assert backend.write([request]) == [whole.partition(stop)[0].strip()]


def test_a_prompt_that_does_not_fit_is_refused(backend: LocalBackend) -> None:
    small = LocalBackend(backend.tokens, backend.speakers, context=100)
    with pytest.raises(BackendError, match="nothing is cut silently"):
        small.write([free("planner", 1)])


def test_an_unknown_role_is_named(backend: LocalBackend) -> None:
    with pytest.raises(BackendError, match="valid are planner, caller, summarizer"):
        backend.write([RoleRequest("critic", "x")])


def test_a_planner_is_done_with_its_tag_and_others_are_not(backend: LocalBackend) -> None:
    ids = backend.tokens.encode(" I look. Next: caller.", begin=False)
    assert backend._finish_test(asked("planner", 1, limit=99))(ids)
    assert not backend._finish_test(asked("planner", 1, limit=99))(ids[:-1])
    assert not backend._finish_test(asked("summarizer", 1, limit=99))(ids)


def test_guesses_change_no_token_and_save_steps(folder: Path) -> None:
    model = load_model(str(folder), dtype=torch.float32)
    speakers = dict.fromkeys(ROLES, Speaker(model))
    backend = LocalBackend(load_tokens(str(folder)), speakers, context=4096)
    requests = [asked("caller", 2, number, limit=40) for number in range(2)]
    texts = backend.write(requests)
    written, forwards = backend.costs.written_tokens, backend.costs.forwards
    assert texts == [backend.write([request])[0] for request in requests]
    assert forwards < written / 3


def test_a_name_says_how_closely_roles_are_held(folder: Path) -> None:
    def forms(name: str) -> frozenset[str]:
        return load_agent_backend(name, backbone=str(folder)).forms

    assert forms("base") == FORMS and VERIFICATION not in FORMS
    assert forms("base without docs,retries") == FORMS - {"docs", "retries"}
    assert forms("base with verification") == FORMS | {VERIFICATION}
    assert forms("base without docs with verification") == FORMS - {"docs"} | {VERIFICATION}
    with pytest.raises(BackendError, match="no form docks; valid: "):
        forms("base without docks")
