"""The sockets against the released frameworks, each in an environment of its own."""

from __future__ import annotations

import json
import os
import site
import subprocess
import time
import venv
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest

import agent
from agent.sockets.rollout import Rollouts
from sandbox.tasks.references import resolve
from tests.agent.conftest import ModelServer, Reply
from tests.examples.scripted_model import completion, stream
from trajectories.exports.atif import write

pytestmark = pytest.mark.soak

Start = Callable[[Reply], tuple[ModelServer, str]]
ROOT = Path(agent.__file__ or "").parents[1]


def environment(home: Path, *packages: str) -> str:
    """An interpreter that has the packages first, and ours with what they stand on behind them."""
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    place = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    folders = [ROOT, ROOT / "agent/sockets/verifiers", *site.getsitepackages()]
    ours = "\n".join(map(str, folders))
    Path(place.stdout.strip(), "ours.pth").write_text(ours)
    return python


def run(python: str, code: str, folder: Path, **more: str) -> str:
    """What a program prints; its error where it fails."""
    done = subprocess.run(
        [python, "-c", code], env=os.environ | more, cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


INSPECT = """
import json
from inspect_ai import eval
from agent.sockets.inspect_ai import wavetank
log = eval(wavetank("bookshop", n=3, faults="H06"), model="openai-api/scripted/small",
           log_dir="logs", display="none")[0]
print(json.dumps([log.status, len(log.samples), sorted(log.samples[0].scores["judged"].value),
                  "ledger" in log.samples[0].scores["judged"].metadata["trajectory"]]))
"""


def test_inspect_evaluates_and_its_log_holds_the_record(
    tmp_path: Path, model_server: Start
) -> None:
    python = environment(tmp_path / "venv", "inspect-ai==0.3.285", "openai")
    _, url = model_server(lambda asked: (200, completion(asked)))
    keys = {"SCRIPTED_BASE_URL": url, "SCRIPTED_API_KEY": "none"}
    printed = run(python, INSPECT, tmp_path, **keys)
    assert json.loads(printed.splitlines()[-1]) == ["success", 3, ["right", "share"], True]
    assert list((tmp_path / "logs").glob("*.eval"))


def test_openenv_validates_the_server_and_an_episode_is_rewarded(tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", "openenv-core==0.3.0")
    words = ["-m", "agent.sockets.openenv", "bookshop", "-n", "3", "--port", "8137"]
    server = subprocess.Popen([python, *words], cwd=tmp_path)
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                httpx.get("http://127.0.0.1:8137/health")
                break
            except httpx.TransportError:
                continue
        command = [f"{Path(python).parent}/openenv", "validate", "--url", "http://127.0.0.1:8137"]
        report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
        assert report["passed"], report
        printed = run(python, OPENENV, tmp_path)
    finally:
        server.terminate()
        server.wait()
    assert json.loads(printed.splitlines()[-1]) == [True, 200, True, 0.0]


OPENENV = """
import json
from openenv.core import GenericEnvClient
client = GenericEnvClient(base_url="http://127.0.0.1:8137").sync()
with client:
    first = client.reset(index=1)
    shown = client.step({"tool": "listBooks", "arguments": {"per_page": 1}})
    last = client.step({"answer": "No."})
asked = bool(first.observation["instruction"])
print(json.dumps([asked, shown.observation["status"], last.done, last.reward]))
"""

TRL = """
import json
from transformers.utils import get_json_schema
from agent.sockets.rollout import Rollouts
from agent.sockets.trl import environments, rows
from sandbox.tasks.references import resolve
import inspect
rollouts = Rollouts("bookshop", n=6, seed=1)
factory = environments(rollouts)
tank = factory()
methods = [name for name, _ in inspect.getmembers(type(tank), inspect.isfunction)
           if name not in ("reset", "get_reward") and not name.startswith("_")]
schemas = [get_json_schema(getattr(tank, name)) for name in methods]
rewards = []
for row in rows(rollouts):
    tank.reset(**row)
    task, results = rollouts.tasks[row["index"]], []
    for step in task.solution:
        shown = getattr(tank, step.tool)(**resolve(step.arguments, results))
        results.append(json.loads(shown) if shown[:1] in "{[" else shown)
    tank.answer(task.reference_answer or "Done.")
    rewards.append(tank.get_reward())
import trl.trainer.grpo_trainer
print(json.dumps([len(schemas) > 20, rewards]))
"""


def test_trl_reads_the_methods_and_takes_the_rewards(tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", "--no-deps", "trl==1.16.0")
    answered, rewards = json.loads(run(python, TRL, tmp_path).splitlines()[-1])
    assert answered and rewards == [1.0] * 6


def solver(rollouts: Rollouts) -> Reply:
    """A model that plays each task's reference solution, a call a turn, then tells the user."""
    tasks = {task.instruction: task for task in rollouts.tasks}

    def reply(asked: dict[str, Any]) -> tuple[int, str]:
        texts = [m["content"] for m in asked["messages"] if m["role"] == "tool"]
        task = next(tasks[m["content"]] for m in asked["messages"] if m["content"] in tasks)
        message: dict[str, Any] = {"role": "assistant", "content": task.reference_answer or "Done."}
        if len(texts) < len(task.solution or ()):
            step = (task.solution or ())[len(texts)]
            results = [json.loads(text) if text[:1] in "{[" else text for text in texts]
            words = json.dumps(resolve(step.arguments, results))
            function = {"name": step.tool, "arguments": words}
            call = {"id": f"c{len(texts)}", "type": "function", "function": function}
            message |= {"content": None, "tool_calls": [call]}
        return 200, stream(asked, message)

    return reply


def test_verifiers_rolls_out_and_rewards_right_ends(tmp_path: Path, model_server: Start) -> None:
    python = environment(tmp_path / "venv", "verifiers==0.4.0", "uv")
    _, url = model_server(solver(Rollouts("bookshop", n=4, seed=3)))
    folder = Path(python).parent
    options = {
        "--env.taskset.n": "4", "--env.taskset.seed": "3", "--model": "scripted",
        "--env.agent.harness.id": "null", "--env.agent.runtime.type": "subprocess",
        "--client.base-url": url, "--client.api-key-var": "SCRIPTED_KEY", "--output-dir": "out",
    }  # fmt: skip
    words = ["wavetank-taskset", *chain(*options.items()), "--no-push", "--no-rich"]
    keys = {"SCRIPTED_KEY": "none", "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([folder / "vf-eval", *words], env=os.environ | keys, cwd=tmp_path, check=True)
    (file,) = tmp_path.glob("out/*/traces.jsonl")
    traces = [json.loads(line)["traces"][0] for line in file.read_text().splitlines()]
    assert [trace["rewards"]["right"]["score"] for trace in traces] == [1.0] * 4
    assert all(trace["metrics"] == {"share": 1.0} and trace["ok"] for trace in traces)


HARBOR = """
import json, sys
from harbor.utils.trajectory_validator import TrajectoryValidator
judge = TrajectoryValidator()
print(json.dumps([[judge.validate(name), judge.get_errors()] for name in sys.argv[1:]]))
"""


def test_harbor_reads_the_exported_trajectories(tmp_path: Path) -> None:
    # Harbor itself asks for Python 3.12; its reader of ATIF needs pydantic alone.
    packages = ("--no-deps", "--ignore-requires-python", "harbor==0.26.0")
    python = environment(tmp_path / "venv", *packages)
    rollouts = Rollouts("bookshop", n=3, seed=3, faults="T03,H01,B02", drift="D01,D03")
    episodes = [rollouts.open(index) for index in range(3)]
    for episode in episodes:
        for words in ({"per_page": 2}, '{"per_page": ', {"author": {"id": [1]}}):
            episode.call("listBooks", words)
    files = write((each.end("Done.").record for each in episodes), tmp_path / "atif").files
    verdicts = subprocess.run([python, "-c", HARBOR, *files], capture_output=True, text=True)
    assert json.loads(verdicts.stdout) == [[True, []]] * 3, verdicts.stderr
