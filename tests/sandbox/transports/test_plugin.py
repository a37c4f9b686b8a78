"""The pytest plugin, in a project of its own, also beside a package called `sandbox`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import specs

TEST = """
import pytest

@pytest.mark.wavetank("bookshop", seed=3)
def test_books(wavetank_session):
    before = wavetank_session.state.ids("/books")
    assert wavetank_session.call("deleteBook", {"book_id": before[0]}).status == 204
    assert len(wavetank_session.state.ids("/books")) == len(before) - 1
"""


def run(folder: Path, *options: str, test: str = "test_it.py") -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_wavetank", test, *options]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=alone).stdout


def test_the_fixture_is_a_seeded_session(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    assert "1 passed" in run(tmp_path)


def test_a_users_own_sandbox_is_named_as_the_reason(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST + "\ndef test_mine():\n    import sandbox\n")
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "__init__.py").touch()
    said = run(tmp_path)
    assert "hides Wavetank's" in said
    assert "1 passed" in said


FAILING = """
import pytest

@pytest.mark.wavetank("shop.yaml", faults="storm.yaml")
def test_it(wavetank_session):
    wavetank_session.call("createAuthor", {"name": "Ada", "country": "GB"})
    wavetank_session.call("listBooks", {})
    wavetank_session.call("getBook", {"book_id": "none"})
    assert wavetank_session.seed == 0
"""


def test_a_failure_shows_the_rows_that_matter_and_paths_are_relative(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_it.py").write_text(FAILING)
    (tmp_path / "deep" / "shop.yaml").write_text(specs.path("bookshop").read_text())
    (tmp_path / "deep" / "storm.yaml").write_text("rules: [{fault: T03}]")
    said = run(tmp_path, "--wavetank-seed", "7", test="deep/test_it.py")
    assert "assert 7 == 0" in said and "wavetank ledger, seed 7" in said
    assert "0. at 0 s createAuthor: timeout [T03]; in truth: create /authors/au_" in said
    assert "getBook: 404" in said and "listBooks: 200" not in said
    assert "1 passed" in run(tmp_path, test="deep/test_it.py")


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ('"bookshop", fualts="H01"', "no option 'fualts'; valid: document, seed, label, faults"),
        ('"bookshop", faults="H99"', "marker wavetank: H99: rules.0: no fault"),
        ('"boookshop"', "marker wavetank: "),
    ],
)
def test_a_mistake_in_the_marker_is_one_sentence(
    tmp_path: Path, marker: str, sentence: str
) -> None:
    (tmp_path / "test_it.py").write_text(TEST.replace('"bookshop", seed=3', marker))
    said = run(tmp_path)
    assert sentence in said and "Traceback" not in said and "1 error" in said


CASE = '''
import pytest

CASE = """
document:
  openapi: 3.0.3
  info: {title: Notes, version: '1'}
  paths:
    /notes:
      post:
        operationId: createNote
        requestBody: {content: {application/json: {schema: &note {type: object, properties:
          {id: {type: string}, text: {type: string}}}}}}
        responses: {'201': {description: '', content: {application/json: {schema: *note}}}}
      get:
        operationId: listNotes
        responses: {'200': {description: '', content: {application/json: {schema:
          {type: array, items: *note}}}}}
task:
  id: task
  instruction: Write down milk.
  goal: {state: [{collection: /notes, id: '*', pointer: /text, value: milk}]}
  solution: [{tool: createNote, arguments: {text: milk}}]
faults: T03
"""

@pytest.mark.wavetank(case=CASE, agent="python:bot.py:solve")
def test_false_denial(wavetank_findings):
    assert wavetank_findings.get("false_denial") is None
'''
BOT = (
    "def solve(task, tools, call):\n    call('createNote', {'text': 'milk'})\n    return 'ANSWER'\n"
)


def test_a_case_is_played_beside_a_users_own_agent_package(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(CASE)
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "__init__.py").write_text("raise ImportError('mine')")
    bot = tmp_path / "bot.py"
    bot.write_text(BOT.replace("ANSWER", "That could not be done."))
    said = run(tmp_path)
    assert "1 failed" in said and "createNote: no reply (timeout)" in said
    bot.write_text(BOT.replace("ANSWER", "Done: it is written down."))
    assert "1 passed" in run(tmp_path)
    (tmp_path / "test_it.py").write_text(CASE.replace("faults: T03", "storm: T03"))
    assert "case: needs document and task, and takes document, task, faults" in run(tmp_path)
