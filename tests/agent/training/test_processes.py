"""Several processes train as one: the same losses, and the same weights after a stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.tiny import tiny_model

pytestmark = pytest.mark.soak

SCRIPT = """
import sys
from pathlib import Path
from agent.training import Flags
from agent.training.train import train
from tests.agent.tiny import episode

backbone, out, stop = sys.argv[1:]
flags = Flags(rank=4, role_rank=2, pack=500, packs=2, epochs=4, save_every=2)
source = [episode(number) for number in range(12)]
for number, _ in enumerate(train(source, out=Path(out), backbone=backbone, flags=flags), 1):
    if number == int(stop):
        break
"""


def run(processes: int, model: Path, out: Path, stop: int = 0) -> None:
    script = out.with_suffix(".py")
    script.write_text(SCRIPT)
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    command = [sys.executable, *(torchrun if processes > 1 else []), str(script)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(model), str(out), str(stop)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def losses(out: Path) -> list[float]:
    return [
        loss
        for stage in ("backbone", "roles")
        for loss in json.loads((out / f"{stage}.loss.json").read_text())
    ]


def test_two_processes_have_the_losses_of_one(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "m")
    run(1, model, tmp_path / "one")
    run(2, model, tmp_path / "two")
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-3)


def test_two_processes_that_were_stopped_end_in_the_same_weights(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "m")
    run(2, model, tmp_path / "whole")
    run(2, model, tmp_path / "cut", stop=5)
    run(2, model, tmp_path / "cut")
    for file in sorted((tmp_path / "whole").rglob("*.safetensors")):
        other = tmp_path / "cut" / file.relative_to(tmp_path / "whole")
        assert file.read_bytes() == other.read_bytes()
