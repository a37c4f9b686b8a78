"""What is said of files that people write: plans, tasks and seed data, whole and with a fault.

Each line is left out in turn, and each word of it is changed; what is read is frozen with what is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sandbox import World
from sandbox.drift import drift_plan
from sandbox.errors import SandboxError
from sandbox.faults import plan
from sandbox.tasks import TaskFile
from sandbox.tasks.generate import generate
from tests.golden.replies import digest
from tests.golden.walks import walked

_FAULTS: Final = """
about: Some of everything.
solvable: false
max_consecutive: 3
severity: 0.5
dialect: stripe
rules:
  - {fault: H01, params: {wait_s: 3, form: date}, trigger: {model: first_n, n: 2, scope: wire}}
  - {id: two, fault: T01, match: {op: "get*", does: [read, list]}, trigger: always, budget: 3}
  - {compose: [{fault: T01, params: {ms: 5}}, H06], trigger: {model: iid, p: 0.5, sticky: intent}}
  - {trigger: {model: schedule, steps: [H08, null, T03], last_sticks: true}, exclusive: null}
  - {fault: M10, params: {kept: 0.5}, trigger: {model: window, from_s: 1, to_call: 4}}
  - {fault: H09, trigger: {model: state_guard, collection: /books, where: {genre: crime}}}
"""
_DRIFT: Final = """
visibility: split_brain
share: 0.3
rollback_after: 9
strict: false
releases:
  - operators: [{op: D15, params: {kind: noun, signal: gone}}, {op: D03, count: 2}]
    after_calls: 2
  - {operators: [{op: D01, target: {op: "list*", pointer: "*"}}], after_s: 5}
  - {operators: [], when: {collection: /books, count: 2}}
"""
_TASKS: Final = """
document: helpdesk
tasks:
  - id: close
    instruction: Close ticket 4711.
    given: [{collection: /tickets, id: "4711", values: {status: open}}]
    goal:
      state:
        - {collection: /tickets, id: "4711", pointer: /status, operator: equals, value: closed}
      answer: {required: [12.5, EUR], forbidden: [USD]}
    allow: [{kind: create, collection: /teams, pointers: [/name]}]
    solution:
      - {tool: get_ticket, arguments: {ticket_id: 4711}}
      - {tool: close_ticket, arguments: {ticket_id: {$result: 0, pointer: /id}}}
"""
_BOOK, _AUTHOR, _OTHER = "bk_00000a", "au_00000a", "au_00000b"
_SEEDS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("bookshop", {"/books": []}),
    ("bookshop", {"books": [{"title": "Dune", "price": 3}], "/customers": [{"name": "Ann"}]}),
    ("bookshop", {"/books": {_BOOK: {"title": "Dune"}, "bk_00000b": {"titel": "Emma"}}}),
    ("bookshop", {"/books": [{"author_id": _AUTHOR}], "/authors": [{"id": _OTHER}]}),
    ("bookshop", {"/books": [{"author_id": _AUTHOR}]}),
    ("bookshop", {"/books": [{"author_id": _OTHER}], "/authors": {_OTHER: {"name": "Ann"}}}),
    ("bookshop", {"/books": [{"author_id": "nobody", "price": "much"}]}),
    ("bookshop", {f"/books/{_BOOK}/reviews": [{"rating": 3}], "/orders": [{"items": [{}]}]}),
    ("bookshop", {"/orders": [{"items": [{"book_id": _BOOK}]}], "/books": [{"id": "bk_00000c"}]}),
    ("bookshop", {"/orders": [{"items": [{"book_id": _BOOK}], "customer_id": "cu_00000a"}]}),
    ("bookshop", {"/books/{}/reviews": {_BOOK: [{"rating": 3}], "bk_00000c": []}}),
    ("bookshop", {"/books/{book}/reviews": [{"rating": 3, "book_id": _BOOK}, {"rating": 1}]}),
    ("bookshop", {"/books/{}/reviews": {_BOOK: {"rv_00000a": {"rating": 9}}}}),
    ("bookshop", {"/boks": [], "/books": 3}),
    ("bookshop", {"/books": {_BOOK: {"id": "bk_00000b"}}}),
    ("bookshop", {"/books": [{"id": _BOOK}, {"id": _BOOK}]}),
    ("helpdesk", {"/tickets": [{"id": 1007, "subject": "Help"}, {"id": "1008"}]}),
    ("helpdesk", {"/tickets": {"seven": {"subject": "Help"}}}),
    ("helpdesk", {"/tickets": {1007: {"id": 1008}}}),
    ("helpdesk", {"/tickets": {1007: {"subject": "Help"}, "1008": {"id": 1008}}}),
    ("helpdesk", {"/tickets/1007/comments": [{"body": "x"}], "/tickets": [{"id": 1008}]}),
    ("helpdesk", {"/tickets/1007/comments": [{"body": "x"}], "/tickets": [{"id": 1007}]}),
    ("helpdesk", {"/tickets/{}/comments": [{"body": "x", "ticket_id": 1007}]}),
    ("bank", {"/accounts": [{"currency": "EUR"}, {"currency": "no"}]}),
    ("bank", {"/accounts": [{}, {}, {}], "/cards": [3]}),
    ("bank", {"/accounts": {"ac_000001": {}}, "/cards": [{"account_id": "ac_000001"}]}),
    ("calendar", {"/calendars": [{"id": "cal_aaaaa"}], "/calendars/cal_bbbbb/events": [{}]}),
    ("calendar", {"/calendars/cal_aaaaa/events": {"ev_aaaaaa": {"title": "Tea"}}}),
    ("calendar", {"/calendars/{}/events": {"cal_aaaaa": [{"title": "Tea"}]}}),
    ("calendar", {"/calendars/{}/events/{}/attendees": [{}]}),
    ("calendar", {"/calendars/cal_aaaaa/events/ev_aaaaaa/attendees": [{"email": "a@b.example"}]}),
)


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Every plan and tasks file with a fault."""
    yield "fault plans", _read(folder, _FAULTS, lambda text: plan(_file(folder, text)))
    yield "drift plans", _read(folder, _DRIFT, lambda text: drift_plan(_file(folder, text)))
    yield "tasks files", _read(folder, _TASKS, TaskFile.parse)
    tasks = list(generate(World.load("bookshop"), n=12, seed=6))
    yield "a tasks file", digest([TaskFile(document="bookshop", tasks=tasks).text().encode()])


def own_entities() -> Iterator[tuple[str, str]]:
    """Worlds of seed data, right and wrong."""
    for number, (name, data) in enumerate(_SEEDS):
        yield f"seed data {number}", digest(map(str.encode, _seeded(name, data)))


def _file(folder: Path, text: str) -> Path:
    file = folder / "plan.yaml"
    file.write_text(text)
    return file


def _read(folder: Path, text: str, reader: Callable[[str], Any]) -> str:
    """What a reader makes of a text, and of it with one line or one word other than it is."""
    lines = text.splitlines(keepends=True)
    texts = ["".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    for word in [*re.finditer(r"[\w/.*$]+", text)][::2]:
        texts += [text[: word.start()] + each + text[word.end() :] for each in ("-1", "[]")]
        texts.append(text[: word.end()] + "s" + text[word.end() :])
    found = []
    for each in (text, *texts):
        try:
            found.append(repr(reader(each)))
        except SandboxError as error:
            found.append(str(error))
    return digest(each.replace(str(folder), "").encode() for each in found)


def _seeded(name: str, data: dict[str, Any]) -> Iterator[str]:
    try:
        world = World(World.load(name).document, data=data)
        yield from (text for _, text in walked(world, name, rounds=1))
        yield repr(world.data.notes if world.data is not None else None)
    except SandboxError as error:
        yield str(error)
