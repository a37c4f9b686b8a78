"""Outside yardsticks: little files in the published forms, scored as their authors score them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.backends import RoleRequest
from agent.errors import AgentError
from agent.evaluation.baselines import baseline
from agent.evaluation.replies import Reply
from agent.evaluation.yardsticks import bfcl, hammer, restbench, run_yardstick, toolalpaca
from agent.evaluation.yardsticks.questions import Question, subset
from agent.evaluation.yardsticks.run import answer, figures

CITY = {"city": {"type": "str", "description": "Where."}, "days": {"type": "int"}}
ROW = {
    "query": "What is the weather in Oslo?",
    "tools": [{"name": "get_weather", "description": "Weather of a city", "parameters": CITY}],
    "answers": [{"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}],
}


def write(folder: Path, name: str, rows: Sequence[Any]) -> Path:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return place


def scored(question: Question, *calls: tuple[str, Any]) -> dict[str, Any]:
    replies = [Reply("call", name, json.dumps(arguments)) for name, arguments in calls]
    return dict(question.score(replies or [Reply("give_up")]))


def test_hammer_counts_sets_of_names_and_of_arguments(tmp_path: Path) -> None:
    [question] = hammer.questions([write(tmp_path, "one.json", [ROW])])
    half = scored(question, ("get_weather", {"city": "Oslo", "days": 3}))
    assert half == {"names_f1": (2, 2), "arguments_f1": (2, 4)}
    assert scored(question, ("get_weather", {"city": "Oslo", "days": "2"}))["arguments_f1"] == (
        4,
        4,
    )
    assert scored(question, ("other", {"city": "Oslo"})) == {
        "names_f1": (0, 2),
        "arguments_f1": (0, 3),
    }
    assert scored(question) == {"names_f1": (0, 1), "arguments_f1": (0, 2)}
    kinds = question.step.tools[0]["function"]["parameters"]["properties"]
    assert (kinds["city"]["type"], kinds["days"]["type"]) == ("string", "integer")


def test_hammer_reads_earlier_calls_as_turns_and_the_second_spelling(tmp_path: Path) -> None:
    earlier = '```[{"name": "get_weather", "arguments": {"city": "Bergen"}}]```'
    turns = [("user", "Bergen?"), ("agent", "Sure."), ("assistant", earlier), ("tool", "rain")]
    turns += [("user", "And Oslo?\nGenerate API Request:")]
    query = [{"role": role, "content": text} for role, text in turns]
    answers = [{"tool": "get_weather", "parameters": {"city": "Oslo"}}]
    rows = [{**ROW, "query": query, "answers": answers}]
    [question] = hammer.questions([write(tmp_path, "one.json", rows)])
    said = [(turn.role, turn.content) for turn in question.step.history]
    assert [role for role, _ in said] == ["user", "planner", "caller", "observation", "user"]
    assert said[1][1] == "Sure.\n Next: caller." and said[-1][1] == "And Oslo?"
    assert question.step.reference.action == "get_weather"


def test_several_wanted_calls_let_the_agent_go_on(tmp_path: Path) -> None:
    two = [{"name": "get_weather", "arguments": {"city": city}} for city in ("Oslo", "Bergen")]
    [question] = hammer.questions([write(tmp_path, "one.json", [{**ROW, "answers": two}])])

    def speak(questions: Sequence[Question]) -> list[tuple[str, str, Reply]]:
        done = sum(turn.role == "observation" for turn in questions[0].step.history)
        city = ("Oslo", "Bergen")[min(done, 1)]
        reply = Reply("call", "get_weather", json.dumps({"city": city}))
        return [("Next: caller.", "Action: x", reply if done < 2 else Reply("finish"))]

    [replies] = answer([question], speak)
    assert question.score(replies) == {"names_f1": (4, 4), "arguments_f1": (4, 4)}


def bfcl_files(folder: Path) -> list[Path]:
    parameters = {"type": "dict", "properties": {"base": {"type": "float"}, "unit": {}}}
    tool = {
        "name": "area",
        "description": "Area",
        "parameters": parameters | {"required": ["base"]},
    }
    files = []
    for part, accepted in (("simple_python", 1), ("multiple", 1), ("irrelevance", 0)):
        turns = [[{"role": "user", "content": "Area of base 5?"}]]
        row = {"id": f"{part}_0", "question": turns, "function": [tool]}
        files.append(write(folder, f"BFCL_v4_{part}.json", [row]))
        if accepted:
            truth = {
                "id": f"{part}_0",
                "ground_truth": [{"area": {"base": [5], "unit": ["m s", ""]}}],
            }
            write(folder, f"possible_answer/BFCL_v4_{part}.json", [truth])
    return files


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        ({"base": 5}, 1),
        ({"base": 5.0, "unit": "M-S"}, 1),
        ({"base": "5"}, 0),
        ({"base": 5, "unit": "km"}, 0),
        ({"base": 5, "more": 1}, 0),
        ({"unit": "ms"}, 0),
        ({"base": True}, 0),
    ],
)
def test_bfcl_accepts_only_the_accepted(tmp_path: Path, arguments: Any, right: int) -> None:
    question = bfcl.questions(bfcl_files(tmp_path))[0]
    assert scored(question, ("area", arguments)) == {"simple_python": (right, 1)}


def test_bfcl_irrelevance_is_paired_with_a_solvable_twin(tmp_path: Path) -> None:
    questions = bfcl.questions(bfcl_files(tmp_path))
    pair = [question for question in questions if question.part == "irrelevance"]
    assert len(pair) == 2 and pair[0].cluster == pair[1].cluster
    for reply in (Reply("call", "area"), Reply("give_up")):
        found = figures(pair, [[reply], [reply]])
        assert found["metrics"] == {"irrelevance_and_twins": 50.0}


FILM_ID = {"name": "film_id", "in": "path", "required": True, "schema": {"type": "string"}}
FILMS: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "Films", "version": "1"},
    "paths": {
        "/search": {"get": {"responses": {"200": {"description": "ok"}}}},
        "/films/{film_id}": {
            "get": {
                "parameters": [
                    {
                        "name": "film_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "responses": {"200": {"description": "ok"}},
            }
        },
    },
}


def test_restbench_wants_the_path_in_order_and_mends_slips(tmp_path: Path) -> None:
    rows = [{"query": "Which film?", "solution": [" GET /search", "GET /films/{person_id}"]}]
    document = tmp_path / "films.json"
    document.write_text(json.dumps(FILMS))
    [question] = restbench.questions([write(tmp_path, "rows.json", rows), document])
    search, film = question.step.names
    assert scored(question, (search, {}), (search, {}), (film, {}))["correct_path"] == (1, 1)
    assert scored(question, (film, {}), (search, {}))["correct_path"] == (0, 1)
    assert question.observe(Reply("call", search)) != ""


def alpaca(folder: Path, golden: Sequence[Any], films: Any = FILMS) -> list[Question]:
    entry = {
        "Documentation": json.dumps(films),
        "Function_Projection": {"find": ["/search", "get"], "show": ["/films/{film_id}", "get"]},
        "Instructions": ["Show a film."],
        "Golden_Answers": [[{"Action": name, "Action_Input": text} for name, text in golden]],
    }
    return toolalpaca.questions([write(folder, "sets.json", [[entry]][0])])


def test_toolalpaca_steps_leave_references_open(tmp_path: Path) -> None:
    first, second, last = alpaca(
        tmp_path, [("find", '{"q": ""}'), ("show", '{"film_id": ${id from find}}')]
    )
    name = second.step.reference.action
    assert scored(first, (first.step.reference.action, {}))["argument_f1"] == (1.0, 1)
    assert scored(second, (name, {"film_id": "any"}))["argument_f1"] == (1.0, 1)
    assert scored(second, (name, {}))["argument_f1"] == (0.0, 1)
    assert last.step.reference.plan == "finish" and scored(last)["plan_acc"] == (0.0, 1)


def test_toolalpaca_references_stand_for_what_replies_have_shown(tmp_path: Path) -> None:
    shows = {"type": "object", "properties": {"film_id": {"type": "string"}}}
    content = {"application/json": {"schema": shows | {"required": ["film_id"]}}}
    search = {"get": {"responses": {"200": {"description": "ok", "content": content}}}}
    films = {**FILMS, "paths": {**FILMS["paths"], "/search": search}}
    golden = [("find", "{}"), ("show", '{"film_id": ${id from find}}')]
    *_, last = alpaca(tmp_path, golden, films)
    found, said = last.step.history[3], last.step.history[5]
    assert json.loads(found.content)["film_id"] in said.content


def test_toolalpaca_asking_the_user_is_giving_up(tmp_path: Path) -> None:
    [asked] = alpaca(tmp_path, [("getDetails", '{"Question": "Which?"}'), ("find", "{}")])
    assert asked.step.reference.plan == "give_up"
    assert scored(asked) == {"plan_acc": (1.0, 1), "hallucination": (0.0, 1)}


def test_a_subset_keeps_clusters_whole_and_its_size(tmp_path: Path) -> None:
    [one] = hammer.questions([write(tmp_path, "one.json", [ROW])])
    many = [replace(one, id=str(i), cluster=str(i // 2)) for i in range(40)]
    drawn = subset(many, 10, seed=1)
    assert len(drawn) == 10 and drawn == subset(many, 10, seed=1) != subset(many, 10, seed=2)
    assert {int(question.id) // 2 * 2 for question in drawn} == {
        int(question.id) for question in drawn if int(question.id) % 2 == 0
    }
    assert subset(many, 0, seed=1) == many


class Silent:
    """Writes the same turns whatever it reads, in a context with little room."""

    def room(self, request: RoleRequest) -> int:
        return 0 if "Bergen" in request.prompt else 4096

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        texts = {"planner": "Go. Next: caller.", "caller": "Action: get_weather"}
        return [texts[request.role] for request in requests]


def test_rows_beyond_the_context_are_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVETANK_CORPUS", str(tmp_path))
    for name in ("apibank_l1", "apibank_l2", "sealtool", "toolalpaca"):
        rows = [ROW, {**ROW, "query": "And in Bergen?"}]
        write(tmp_path, f"natural/yardsticks/hammer-eval/{name}.json", rows)
    notes: list[str] = []
    roles: Any = dict.fromkeys(("planner", "caller", "summarizer"), Silent())
    found = run_yardstick("hammer", "mine", backends=roles, note=notes.append)
    assert (found["n_questions"], len(found["left_out"]), len(notes)) == (4, 4, 1)
    assert found["metrics"]["names_f1"] == 100.0 and set(found["baselines"]) == {"trivial", "copy"}


def test_missing_data_and_malformed_rows_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVETANK_CORPUS", str(tmp_path))
    with pytest.raises(AgentError, match="data is not here"):
        run_yardstick("hammer", "baseline:copy")
    with pytest.raises(AgentError, match="row 1 is not"):
        hammer.questions([write(tmp_path, "two.json", [ROW, {"query": "?"}])])
    with pytest.raises(AgentError, match="holds no rows"):
        hammer.questions([write(tmp_path, "none.json", [])])
    with pytest.raises(AgentError, match="valid are bfcl"):
        run_yardstick("nothing", "baseline:copy")


def test_copying_takes_the_nearest_tool_and_the_requests_own_words(tmp_path: Path) -> None:
    named = [
        {"name": name, "description": "", "parameters": CITY, "required": ["city", "days"]}
        for name in ("get_news", "get_weather")
    ]
    row = {**ROW, "query": "Is the weather in Oslo good for 3 days?", "tools": named}
    [question] = hammer.questions([write(tmp_path, "one.json", [row])])
    reply = baseline("copy")(question.step)
    assert (reply.action, json.loads(reply.arguments)) == (
        "get_weather",
        {"city": "Oslo", "days": 3},
    )
    [other] = hammer.questions([write(tmp_path, "other.json", [{**row, "query": "Hello!"}])])
    assert baseline("copy")(other.step).plan == "give_up"
