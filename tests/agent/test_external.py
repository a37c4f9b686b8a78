"""Other people's agents: functions and programs, each in a process of its own."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from agent.agents import agent_from
from agent.collect.collect import collect
from agent.errors import CollectError, UnknownAgent
from agent.foreign.http_session import ClientWaits
from agent.foreign.python_agent import PythonAgent
from tests.agent.worlds import add_book, read_price, shelf
from trajectories import Store, Trajectory
from trajectories.scoring.findings import findings


def attempt(name: str, *tasks: Any, **options: Any) -> list[Trajectory]:
    with Store.open(":memory:") as store:
        chosen = list(tasks) or [add_book()]
        agent = agent_from(name)
        list(collect([shelf()], agent, store, n=len(chosen), tasks=chosen, **options))
        return list(store.iterate())


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(dedent(text))
    return place


ADDS = """
    def solve(task, tools, call):
        print("chatter on standard output")
        title = task.split('"')[1]
        seen = call("createBook", {"title": title, "price": 9.5})
        assert seen.status == 201 and not seen.error, seen
        return "Added."
"""


def test_a_function_acts_and_answers(tmp_path: Path) -> None:
    (trajectory,) = attempt(f"python:{written(tmp_path, ADDS)}:solve")
    assert trajectory.outcome.success
    assert trajectory.outcome.answer == "Added."


def test_a_coroutine_function_will_do(tmp_path: Path) -> None:
    (trajectory,) = attempt(f"python:{written(tmp_path, ADDS.replace('def ', 'async def '))}:solve")
    assert trajectory.outcome.success


def test_a_package_called_agent_is_the_users_own(tmp_path: Path) -> None:
    written(tmp_path, "TITLE = 'Tides'", "agent/__init__.py")
    written(tmp_path, "PRICE = 9.5", "sandbox.py")
    text = """
        import agent, sandbox

        def solve(task, tools, call):
            call("createBook", title=agent.TITLE, price=sandbox.PRICE)
            return "Added."
    """
    (trajectory,) = attempt(f"python:{written(tmp_path, text)}:solve")
    assert trajectory.outcome.success


def test_one_child_plays_many_episodes(tmp_path: Path) -> None:
    text = """
        import os
        def solve(task, tools, call):
            return str(os.getpid())
    """
    tasks = [add_book(title) for title in "ABC"]
    runs = attempt(f"python:{written(tmp_path, text)}:solve", *tasks, width=1)
    assert len({run.outcome.answer for run in runs}) == 1


def test_what_one_episode_leaves_in_the_pipe_is_not_read_in_the_next(tmp_path: Path) -> None:
    text = """
        import os
        def solve(task, tools, call):
            line = b'{"episode": %d, "answer": "Forged."}\\n' % call.__self__._episode
            os.write(3, line * ('"A"' in task))
            return "Mine."
    """
    tasks = [add_book(title) for title in "ABC"]
    runs = attempt(f"python:{written(tmp_path, text)}:solve", *tasks, width=1)
    assert sorted(str(run.outcome.answer) for run in runs) == ["Forged.", "Mine.", "Mine."]


def test_none_is_giving_up(tmp_path: Path) -> None:
    place = written(tmp_path, "def solve(task, tools, call): return None")
    (trajectory,) = attempt(f"python:{place}:solve")
    assert trajectory.outcome.end == "give_up"


@pytest.mark.parametrize("crash", ["1 / 0", "raise KeyError('x')", "import os; os._exit(3)"])
def test_a_crash_is_the_agents_failure(tmp_path: Path, crash: str) -> None:
    text = f"def solve(task, tools, call): {crash}"
    (trajectory,) = attempt(f"python:{written(tmp_path, text)}:solve")
    assert (trajectory.outcome.end, trajectory.outcome.attribution) == ("error", "agent:planner")


def test_a_crash_is_stored_with_its_text(tmp_path: Path) -> None:
    text = "def solve(task, tools, call): raise KeyError('the missing one')"
    (crashed,) = attempt(f"python:{written(tmp_path, text)}:solve")
    assert "KeyError: 'the missing one'" in crashed.outcome.failures[-1]
    place = written(tmp_path, "import sys\nsys.exit('no luck \\x1b[31m')")
    (failed,) = attempt(f"command:{sys.executable} {place}")
    assert failed.outcome.failures[-1].endswith("exit code 1: no luck  [31m")


LINES = ["nan", '{"call": NaN}', '{"call": [1]}', '{"call": {"name": 5, "arguments": {}}}', "[1]",
         '{"call": {"name": "x"}}', "[" * 900, '{"call": 1e999}', "1" * 500]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_breaks_the_contract_is_the_agents_failure(tmp_path: Path, line: str) -> None:
    # What the function prints goes elsewhere, so a hostile one writes into our pipe by itself.
    text = f"import os\ndef solve(task, tools, call): os.write(3, {line!r}.encode() + b'\\n')"
    (run,) = attempt(f"python:{written(tmp_path, text)}:solve")
    assert (run.outcome.end, run.outcome.attribution) == ("error", "agent:planner")


@pytest.mark.parametrize("kind", ["python", "command"])
def test_what_an_agent_leaves_running_is_ended_with_it(tmp_path: Path, kind: str) -> None:
    note = tmp_path / "pid"
    text = f"""
        import subprocess, sys
        def solve(task, tools, call):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            open({str(note)!r}, "w").write(str(child.pid))
            import os; os._exit(3)
        if __name__ == "__main__":
            solve(0, 0, 0)
    """
    place = written(tmp_path, text)
    name = f"python:{place}:solve" if kind == "python" else f"command:{sys.executable} {place}"
    started = time.monotonic()
    (run,) = attempt(name)
    assert run.outcome.end == "error" and time.monotonic() - started < 20
    child = int(note.read_text())
    while alive(child) and time.monotonic() - started < 30:
        time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    """Whether a process still runs; a dead one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_flood_ends_the_program_and_nothing_else(tmp_path: Path) -> None:
    text = "import sys\nwhile True: sys.stdout.write('x' * 1000000)"
    (run,) = attempt(f"command:{sys.executable} {written(tmp_path, text)}")
    assert run.outcome.end == "error" and "printed more than 16 MiB" in run.outcome.failures[-1]


def test_an_agent_that_hangs_is_given_up(tmp_path: Path) -> None:
    text = "import time\ndef solve(task, tools, call): time.sleep(60)"
    agent = PythonAgent("hangs", str(written(tmp_path, text)), "solve", patience=0.3)
    with Store.open(":memory:") as store:
        list(collect([shelf()], agent, store, n=1, tasks=[add_book()]))
        assert next(store.iterate()).outcome.end == "error"


def test_many_children_at_once_do_not_wait_for_one_another(tmp_path: Path) -> None:
    text = """
        def solve(task, tools, call):
            for _ in range(4):
                call("listBooks")
            return "Looked."
    """
    tasks = [add_book(title) for title in "ABCDEFGHIJKL"]
    runs = attempt(f"python:{written(tmp_path, text)}:solve", *tasks, width=12)
    assert [len(run.ledger) for run in runs] == [4] * 12


def test_raw_text_arguments_stay_raw(tmp_path: Path) -> None:
    text = """def solve(task, tools, call): call("createBook", "{'title': 1}")"""
    (trajectory,) = attempt(f"python:{written(tmp_path, text)}:solve")
    assert trajectory.ledger[0]["raw"] == "{'title': 1}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def other(): ...", "has no function 'solve'; it has other"),
        ("import nowhere_to_be_found", "cannot be imported: ModuleNotFoundError"),
        ("def solve(:", "cannot be imported: SyntaxError"),
    ],
)
def test_a_function_that_is_not_there_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnknownAgent, match=words):
        attempt(f"python:{written(tmp_path, text)}:solve")


PROGRAM = """
    import json, os, sys, urllib.error, urllib.request
    title = os.environ["WAVETANK_TASK"].split('"')[1]
    assert sys.stdin.read().strip() == os.environ["WAVETANK_TASK"]
    json.load(open(os.environ["WAVETANK_TOOLS"]))
    json.load(open(os.environ["WAVETANK_OPENAPI"]))
    request = urllib.request.Request(
        os.environ["WAVETANK_URL"] + "/books", method="POST",
        data=json.dumps({"title": title, "price": 9.5}).encode(),
        headers={"content-type": "application/json"},
    )
    print("Added", urllib.request.urlopen(request).status)
"""


def test_a_program_speaks_http(tmp_path: Path) -> None:
    place = written(tmp_path, PROGRAM)
    (trajectory,) = attempt(f"command:{sys.executable} {place}")
    assert trajectory.outcome.success and trajectory.outcome.answer == "Added 201"
    (call,) = [turn.call for turn in trajectory.messages if turn.call]
    assert (call.name, call.arguments) == ("createBook", {"title": "Tides", "price": 9.5})


def test_a_program_that_fails_has_failed(tmp_path: Path) -> None:
    place = written(tmp_path, "raise SystemExit('broken')")
    (trajectory,) = attempt(f"command:{sys.executable} {place}", read_price(shelf()))
    assert trajectory.outcome.attribution == "agent:planner"


def test_a_program_that_prints_nothing_gave_up(tmp_path: Path) -> None:
    (trajectory,) = attempt(f"command:{sys.executable} {written(tmp_path, 'pass')}")
    assert trajectory.outcome.end == "give_up"


def test_a_file_that_is_no_program_is_ours(tmp_path: Path) -> None:
    place = written(tmp_path, "not a program")
    place.chmod(0o755)
    with pytest.raises((CollectError, UnknownAgent)):
        attempt(f"command:{place}", *[add_book(title) for title in "ABCDEF"])


WAITS = """
    import os, time
    import httpx

    head = {"x-wavetank-session": os.environ["WAVETANK_SESSION"], "authorization": "Bearer any"}
    for _ in range(3):
        url = os.environ["WAVETANK_URL"] + "/books"
        reply = httpx.get(url, headers=head)
        if reply.status_code != 429:
            break
        time.sleep(int(reply.headers["retry-after"]))
    print(reply.status_code)
"""


def test_a_program_that_sleeps_as_long_as_it_is_told_has_waited(tmp_path: Path) -> None:
    limited = {"rules": [{"fault": "H01", "trigger": {"model": "first_n", "n": 1}}]}
    (run,) = attempt(f"command:{sys.executable} {written(tmp_path, WAITS)}", faults=limited)
    assert [row["response"]["status"] for row in run.ledger] == [429, 200]
    assert "ignored_wait" not in {found.kind for found in findings(run)}


KEEPS_UP = """
    import json, os, urllib.error, urllib.request

    def ask(url, method="GET", body=None):
        head = {"content-type": "application/json", "authorization": "Bearer any"}
        asked = urllib.request.Request(url, method=method, data=body, headers=head)
        try:
            with urllib.request.urlopen(asked) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    base, meta = os.environ["WAVETANK_URL"], os.environ["WAVETANK_META"]
    title = os.environ["WAVETANK_TASK"].split('"')[1]
    body = {"title": title, "price": 9.5}
    path, (status, reply) = "/books", ask(base + "/books", "POST", json.dumps(body).encode())
    if status == 401:
        ask(meta + "/authenticate", "POST", b"")
    elif status >= 400:
        paths = json.loads(ask(meta + "/openapi.json")[1])["paths"]
        path = next(path for path, item in paths.items() if "post" in item)
    if status >= 400:
        status, reply = ask(base + path, "POST", json.dumps(body).encode())
    print(f"Added {title}." if status == 201 else f"I could not add it: {reply}")
"""


MOVES = {"op": "D15", "target": {"op": "createBook"}, "params": {"signal": "bare"}}
MOVED = {"releases": [{"operators": [MOVES]}]}


@pytest.mark.parametrize(
    ("storm", "used"),
    [({"faults": "A02"}, "authenticate"), ({"drift": MOVED}, "read_docs"), ({}, None)],
)
def test_a_program_signs_in_and_reads_the_documentation_anew(
    tmp_path: Path, storm: dict[str, Any], used: str | None
) -> None:
    agent = f"command:{sys.executable} {written(tmp_path, KEEPS_UP)}"
    (run,) = attempt(agent, **storm)
    assert run.outcome.success, [row["response"] for row in run.ledger]
    beside = [row["tool"] for row in run.ledger if row["operation"] is None]
    assert beside == ([used] if used else [])
    assert not findings(run)


def test_only_pauses_after_a_failure_move_the_clock_of_a_program() -> None:
    moments = iter([0.0, 5.0, 9.0])
    pace, session = ClientWaits(60, now=lambda: next(moments)), shelf().session()
    session.call("listBooks", {})
    pace.depart()
    pace.arrive(session)
    assert session.clock.now == 0
    session.call("getBook", {"id": "nobody"})
    pace.depart()
    pace.arrive(session)
    assert session.clock.now == 240


def test_a_program_whose_child_got_away_leaves_no_open_transport(tmp_path: Path) -> None:
    text = """
        import os
        if os.fork():
            print("Done.")
            os._exit(0)
        os.setsid()
        os.execve("/bin/sleep", ["sleep", "3"], {})
    """
    (trajectory,) = attempt(f"command:{sys.executable} {written(tmp_path, text)}")
    gc.collect()  # An open transport complains only now, as a warning that is an error.
    assert trajectory.outcome.answer == "Done."
