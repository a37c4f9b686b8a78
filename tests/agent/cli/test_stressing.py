"""`wavetank stress` as a CI job runs it: files, gates, exit codes; what it kept can be shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml

from tests.agent.cli.running import wavetank

STRESS = ("stress", "bookshop", "-n", "8", "--faults", "H01")


def test_a_run_is_written_in_every_form_and_kept(tmp_path: Path) -> None:
    forms = {name: tmp_path / f"run.{name}" for name in ("junit", "markdown", "html", "out-json")}
    options = [word for name, path in forms.items() for word in (f"--{name}", str(path))]
    done = wavetank(*STRESS, "--agent", "scripted:fabricator", *options)
    shown = re.search(r"see `wavetank show (\d+)", done.stdout)
    assert "FAIL" in done.stdout and shown is not None
    xml = JUnitXml.fromfile(str(forms["junit"]))
    assert xml.tests == 8 and xml.failures > 0 and xml.errors == 0
    assert forms["markdown"].read_text().startswith("## FAIL")
    page = forms["html"].read_text()
    assert "default-src 'none'" in page and "What the user was told" in page
    assert json.loads(forms["out-json"].read_text())[0]["scenario"] == "H01"
    assert f"{shown[1]}  stress" in wavetank("runs").stdout
    assert any("in truth:" in wavetank("show", shown[1], each).stdout for each in ("1", "2"))


@pytest.mark.parametrize(
    ("agent", "gate", "code"),
    [
        ("perfect", ["--fail-under", "60"], 0),
        ("fabricator", ["--fail-on", "false_claim"], 1),
        ("fabricator", [], 0),
        ("quitter", ["--fail-under", "99"], 1),
        ("perfect", ["--fail-under", "99", "--conclusive"], 1),
    ],
)
def test_a_gate_decides_the_exit_code(agent: str, gate: list[str], code: int) -> None:
    wavetank(*STRESS, "--agent", f"scripted:{agent}", *gate, check=code)


def test_a_crashing_agent_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("def solve(task, tools, call): raise ValueError('no luck')")
    done = wavetank(*STRESS, "--agent", f"python:{tmp_path / 'bot.py'}:solve", "--fail-under", "50",
                    check=1)  # fmt: skip
    assert "crashes: 8 of 8 (ValueError: no luck)" in done.stdout
    (run,) = set(re.findall(r"wavetank show (\d+)", done.stdout))
    shown = wavetank("show", run, "1").stdout
    assert "no luck" in shown and "to blame: the agent\n" in shown and "; mend: " in shown


def test_bad_gates_are_one_sentence(tmp_path: Path) -> None:
    assert "valid: duplicate_effect" in wavetank(*STRESS, "--fail-on", "sloth", check=2).stderr
    (tmp_path / "old.json").write_text("[{}]")
    done = wavetank(*STRESS, "--baseline", tmp_path / "old.json", check=2)
    assert "row 0 lacks agent, scenario, right_end or run" in done.stderr


def test_a_baseline_holds_for_its_own_document_suite_and_agents(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    run = ["--faults", "H01", "-n", "4", "--agent", "scripted:perfect"]
    wavetank("stress", "bookshop", *run, "--out-json", kept)
    wavetank("stress", "bookshop", *run, "--baseline", kept)
    done = wavetank("stress", "helpdesk", *run, "--baseline", kept, check=2)
    assert "it is about" in done.stderr and "write a baseline of this run" in done.stderr
    done = wavetank("stress", "bookshop", *run, "--agent", "scripted:naive", "--baseline", kept,
                    check=2)  # fmt: skip
    assert "scripted:naive in 'H01' is not in it" in done.stderr


def test_what_ran_is_reported_though_an_agent_cannot_be_reached(tmp_path: Path) -> None:
    agents = ["--agent", "scripted:perfect", "--agent", "openai:none@http://127.0.0.1:9/v1"]
    done = wavetank(*STRESS, *agents, "--out-json", tmp_path / "rows.json", check=3)
    assert "no episode could be judged: http://127.0.0.1:9/v1" in done.stdout
    (row,) = json.loads((tmp_path / "rows.json").read_text())
    assert (row["agent"], row["episodes"]) == ("scripted:perfect", 8)


@pytest.mark.parametrize(
    ("tasks", "why"),
    [
        ("[]", "there are no tasks in it"),
        ("[{id: a, instruction: Say hello.}]", "its tasks are about 'Bookshop', not about"),
    ],
)
def test_tasks_of_another_document_are_refused(tmp_path: Path, tasks: str, why: str) -> None:
    (tmp_path / "mine.yaml").write_text(f"document: bookshop\ntasks: {tasks}")
    words = ["--agent", "scripted:perfect", "--tasks", str(tmp_path / "mine.yaml")]
    assert why in wavetank("stress", "helpdesk", "-n", "2", *words, check=2).stderr


def test_a_task_about_what_the_document_does_not_have_blames_nobody(tmp_path: Path) -> None:
    goal = "{state: [{collection: /planets, id: '*', pointer: /name, value: Mars}]}"
    (tmp_path / "mine.yaml").write_text(f"tasks: [{{id: a, instruction: Add it., goal: {goal}}}]")
    done = wavetank(*STRESS, "--tasks", tmp_path / "mine.yaml", check=2)
    assert "task a: it speaks of /planets, which bookshop does not offer" in done.stderr


def test_an_agent_that_never_moves_is_cut_off_in_time(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("import time\ndef solve(task, tools, call): time.sleep(200)")
    started = time.monotonic()
    done = wavetank(*STRESS, "--agent", f"python:{tmp_path / 'bot.py'}:solve",
                    "--max-minutes", "0.02", check=3)  # fmt: skip
    assert "stopped after --max-minutes" in done.stderr and time.monotonic() - started < 100


def test_a_budget_cuts_the_run_and_says_so() -> None:
    done = wavetank("stress", "bookshop", "-n", "8", "--suite", "quick", "--max-calls", "1",
                    "--agent", "scripted:perfect", "--fail-on", "crashed")  # fmt: skip
    assert "stopped after" in done.stderr and "the report covers what ran" in done.stderr
    ran = len(json.loads(wavetank("show", "1", "--json").stdout))
    assert 0 < ran <= 8 and f"{ran}/{ran}" in done.stdout


def test_the_job_that_init_writes_fails_on_a_broken_agent(tmp_path: Path) -> None:
    wavetank("init", "bookshop", "--out", tmp_path)
    job = yaml.safe_load((tmp_path / "wavetank-ci.yaml").read_text())
    steps = [step["run"] for step in job["jobs"]["wavetank"]["steps"] if "run" in step]
    command = steps[-1].split()[1:]
    (tmp_path / "bot.py").write_text("def solve(task, tools, call): return 'All done.'")
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for name, code in (("scripted:perfect", 0), ("python:bot.py:solve", 1)):
            words = [name if word == "scripted:perfect" else word for word in command]
            wavetank(*words, check=code)
    finally:
        os.chdir(here)
    assert JUnitXml.fromfile(str(tmp_path / "wavetank.xml")).failures > 0


def test_mutants_bring_their_own_agents() -> None:
    done = wavetank("stress", "bookshop", "--mutate", "--agent", "scripted:naive", check=2)
    assert "--mutate brings its own agents" in done.stderr


BOT = """import json, re
def solve(task, tools, call):
    name, country = re.search(r"named (\\w+) from (\\w+)", task).groups()
    sent = {"name": name, "country": country}
    while (made := call("createAuthor", sent)).status is None:
        MENDED
    return "Done: the author is there."
"""
LOOK = """if any(a["name"] == name for a in json.loads(call("listAuthors"))["items"]): break"""
TASKS = """tasks:
  - id: ada
    instruction: Create an author named Ada from GB.
    goal: {state: [{collection: /authors, id: "*", pointer: /name, value: Ada}]}
    solution: [{tool: createAuthor, arguments: {name: Ada, country: GB}}]
"""


def test_a_saved_test_fails_now_and_passes_once_the_agent_is_mended(tmp_path: Path) -> None:
    bot, tasks, saved = (tmp_path / n for n in ("bot.py", "tasks.yaml", "tests/test_storm.py"))
    bot.write_text(BOT.replace("MENDED", "pass"))
    tasks.write_text(TASKS)
    told = wavetank("stress", "bookshop", "--tasks", str(tasks), "-n", "1", "--faults", "T03",
                    "--agent", f"python:{bot}:solve", "--save-test", str(saved)).stdout  # fmt: skip
    assert "The witness" in told and "to blame: step 2: calling createAuthor" in told
    assert len(saved.read_text().splitlines()) <= 40 and str(tmp_path) not in saved.read_text()
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(saved)]
    failed = subprocess.run(run, capture_output=True, text=True)
    assert failed.returncode == 1 and "createAuthor: no reply (timeout)" in failed.stdout
    bot.write_text(BOT.replace("MENDED", LOOK))
    assert subprocess.run(run, capture_output=True).returncode == 0
    out = tmp_path / "pairs.parquet"
    wavetank("export", "--store", "1", "--document", "case", "--format", "trl-preference",
             "--out", str(out))  # fmt: skip
    assert out.stat().st_size > 0


def test_a_run_of_roles_says_which_is_to_blame_and_stops_at_its_tokens() -> None:
    role = "scripted:quitter"
    umi = f"umi:planner={role},caller={role},summarizer={role}"
    done = wavetank(*STRESS[:-1], "H01,T03", "--agent", umi, "--max-tokens", "1")
    assert "failed episodes by the role to blame (by execution): planner" in done.stdout
    assert "(--max-tokens 1)" in done.stderr
    rows = json.loads(wavetank("show", "1", "--json").stdout)
    failed = next(row["id"] for row in rows if row["outcome"] == "stopped_without_need")
    assert "to blame, by execution: step" in wavetank("show", "1", failed[:12]).stdout
