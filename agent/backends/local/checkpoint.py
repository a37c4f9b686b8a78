"""What `wavetank train` leaves behind, and how it is read back: one backbone and its adapters.

checkpoint.json   the flags that made it, what each role is, what each stage read
*.loss.json       the loss of each step, one file per stage
backbone/         stage 1: a LoRA adapter to merge, or a full model; absent when there was none
planner/ caller/ summarizer/   stage 2: LoRA adapters on the merged backbone, or full models
card.md           for people
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from agent.backends.local.model import BUNDLED, backbone, quiet_transformers
from agent.backends.local.tokens import Tokens
from agent.errors import BackendError

VERSION: Final = 2
"""Of the form in which roles read and write; 1 had thoughts of any words and no shared turns."""
FILE: Final = "checkpoint.json"
EMBEDDED: Final = "embedded"
"""How a checkpoint names the embedded backbone, whose folder differs between machines."""
STARTED: Final = "umi"
"""How it names the embedded backbone with the bundled stage 1 in it, to train on from there."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A finished training run."""

    path: Path
    flags: Mapping[str, Any]
    """Every flag of the run, the recipe among them."""
    backbone: str
    """`embedded`, or the folder or hub id of the base model."""
    stage1: str | None
    """Subfolder of the stage-1 weights; None when roles start from the base."""
    roles: Mapping[str, str | None]
    """Subfolder of each role's own weights; None when the backbone speaks for it."""
    documents: Sequence[str] = ()
    """Titles of the documents whose trajectories were read, its backbone's not included."""

    @property
    def recipe(self) -> str:
        return str(self.flags.get("recipe", ""))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint folder. Raises BackendError naming what is wrong with it."""
    try:
        found = json.loads((path / FILE).read_text(encoding="utf-8"))
        if found["version"] != VERSION:
            raise BackendError(
                str(path),
                f"its roles read prompts of version {found['version']}, this release writes "
                f"version {VERSION}: train it again, or use the release that made it",
            )
        roles = {role: found["roles"][role] for role in ("planner", "caller", "summarizer")}
        checkpoint = Checkpoint(
            path,
            found["flags"],
            found["backbone"],
            found["stage1"],
            roles,
            found.get("documents", ()),
        )
    except FileNotFoundError as error:
        raise BackendError(str(path), f"no checkpoint: it has no {FILE}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackendError(str(path / FILE), f"not a checkpoint file ({error!r})") from error
    for folder in [checkpoint.stage1, *roles.values()]:
        if folder is not None and not (path / folder).is_dir():
            raise BackendError(str(path), f"the checkpoint is incomplete: no folder {folder}")
    return checkpoint


def loss_file(stage: str) -> str:
    """The file that keeps a stage's losses."""
    return f"{stage}.loss.json"


@dataclass(frozen=True, slots=True)
class Course:
    """How a finished training run went."""

    tokens: int
    """Tokens read in all stages."""
    losses: Mapping[str, Sequence[float]]
    """Per stage, in training order: the loss of each step, in nats per learnt token."""


def read_course(path: Path) -> Course:
    """What a finished run in `path` wrote of itself."""
    stages = json.loads((path / FILE).read_text(encoding="utf-8"))["stages"]
    return Course(
        sum(stage["tokens"] for stage in stages.values()),
        {name: json.loads((path / loss_file(name)).read_text()) for name in stages},
    )


def stored_bytes(checkpoint: Checkpoint) -> int | None:
    """Bytes of the weights that an agent needs on disk, its backbone's among them; None for a
    backbone that does not lie in a folder."""
    if checkpoint.backbone == STARTED:
        start = bundled_checkpoint()
        beneath = stored_bytes(replace(start, roles={}))
    else:
        folder = Path(base_of(checkpoint.backbone))
        beneath = _weights(folder) if folder.is_dir() else None
    parts = [part for part in (checkpoint.stage1, *checkpoint.roles.values()) if part]
    own = sum(_weights(checkpoint.path / part) for part in parts)
    return None if beneath is None else beneath + own


def _weights(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def bundled_checkpoint() -> Checkpoint:
    """The role adapters that travel with the package. Raises BackendError where there are none."""
    if not (BUNDLED / FILE).is_file():
        raise BackendError("umi", "this build carries no role adapters; train some: checkpoint:DIR")
    return read_checkpoint(BUNDLED)


def base_of(name: str) -> str:
    """The folder or hub id behind a checkpoint's backbone name; `umi` is built when loaded."""
    return backbone(None if name == EMBEDDED else name)


def best_dtype() -> Any:
    """bfloat16 where the machine computes in it (1.3 to 3 times as fast here), else float32."""
    import torch

    if torch.cuda.is_available():
        return torch.bfloat16
    has = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return torch.bfloat16 if has is not None and has() else torch.float32


def numbers_and_place() -> tuple[str, str]:
    """What models compute in on this machine, and where: ("float32", "CPU")."""
    import torch

    place = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return str(best_dtype()).removeprefix("torch."), place


def load_model(name: str, *, dtype: Any = None) -> Any:
    """A causal language model in evaluation mode, on the accelerator where there is one."""
    import torch
    from transformers import AutoModelForCausalLM

    if name == STARTED:
        start = bundled_checkpoint()
        stage1 = start.path / start.stage1 if start.stage1 else None
        return with_stage1(base_of(start.backbone), stage1, dtype=dtype)
    try:
        with quiet_transformers():
            model = AutoModelForCausalLM.from_pretrained(name, dtype=dtype or best_dtype())
    except (OSError, ValueError) as error:
        raise BackendError(name, f"not a causal language model: {error}") from error
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def load_tokens(name: str) -> Tokens:
    """The tokenizer of a model. Raises BackendError when it has no end-of-sequence token."""
    from transformers import AutoTokenizer

    if name == STARTED:
        return load_tokens(base_of(bundled_checkpoint().backbone))
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise BackendError(name, f"no tokenizer: {error}") from error
    if tokenizer.eos_token_id is None:
        raise BackendError(name, "the tokenizer has no end-of-sequence token")
    return Tokens(tokenizer)


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds a LoRA adapter rather than a full model."""
    return (folder / "adapter_config.json").is_file()


def with_stage1(base: str, folder: Path | None, *, dtype: Any = None) -> Any:
    """The backbone that roles share: the base with stage 1 merged in.

    Merged in float32 and rounded once, so that training and inference see the same weights.
    """
    import torch

    if folder is None:
        return load_model(base, dtype=dtype)
    if not is_adapter(folder):
        return load_model(str(folder), dtype=dtype)
    from peft import PeftModel

    whole = load_model(base, dtype=torch.float32)
    try:
        with quiet_transformers():
            merged = PeftModel.from_pretrained(whole, str(folder)).merge_and_unload()
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise BackendError(
            str(folder), f"made for another backbone than {base}: {reason}"
        ) from error
    return merged.to(dtype or best_dtype()).eval()
