"""Several adapters on one model do what peft does with each, and touch only their own tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from agent.backends import RoleRequest
from agent.backends.local import LocalBackend
from agent.backends.local.backend import Speaker
from agent.backends.local.checkpoint import load_model, load_tokens
from agent.backends.local.model import quiet_transformers
from agent.backends.local.role_adapters import with_role_adapters
from agent.errors import BackendError
from tests.agent.tiny import episode, tiny_model
from trajectories.rows import ROLES, prompt

IDS = torch.arange(20, 60)[None]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model(tmp_path_factory.mktemp("tiny")))


def adapter(tiny: str, folder: Path, seed: int, rank: int = 2) -> Path:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=4, target_modules=["q_proj", "down_proj"])
    config.init_lora_weights = False
    with quiet_transformers():
        get_peft_model(load_model(tiny, dtype=torch.float32), config).save_pretrained(str(folder))
    return folder


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(IDS)["logits"]
    return found


def test_each_adapter_computes_what_peft_computes(tiny: str, tmp_path: Path) -> None:
    from peft import PeftModel

    folders = {name: adapter(tiny, tmp_path / name, at) for at, name in enumerate(("a", "b"), 1)}
    model = load_model(tiny, dtype=torch.float32)
    bare = logits(model)
    adapters = with_role_adapters(model, folders)
    assert torch.equal(logits(model), bare)
    for name, folder in folders.items():
        with quiet_transformers():
            other = PeftModel.from_pretrained(load_model(tiny, dtype=torch.float32), folder)
        wanted = logits(other)
        adapters.chosen = torch.full_like(IDS, adapters.index(name))
        assert torch.allclose(logits(model), wanted, atol=1e-5)
        assert not torch.allclose(wanted, bare, atol=1e-3)


def test_an_adapter_touches_nothing_before_its_first_token(tiny: str, tmp_path: Path) -> None:
    model = load_model(tiny, dtype=torch.float32)
    bare = logits(model)
    adapters = with_role_adapters(model, {"a": adapter(tiny, tmp_path / "a", 1)})
    adapters.chosen = (torch.arange(40) >= 25).long()[None]
    found = logits(model)
    assert torch.allclose(found[:, :25], bare[:, :25], atol=1e-6)
    assert not torch.allclose(found[:, 25:], bare[:, 25:], atol=1e-3)


def test_another_backbone_and_another_kind_of_adapter_are_refused(
    tiny: str, tmp_path: Path
) -> None:
    folder = adapter(tiny, tmp_path / "a", 1)
    other = load_model(str(tiny_model(tmp_path / "other", wide=True)), dtype=torch.float32)
    with pytest.raises(BackendError, match="another backbone"):
        with_role_adapters(other, {"a": folder})
    config = folder / "adapter_config.json"
    config.write_text(config.read_text().replace('"use_dora": false', '"use_dora": true'))
    with pytest.raises(BackendError, match="no plain LoRA"):
        with_role_adapters(load_model(tiny), {"a": folder})


@pytest.mark.parametrize("by_turn", [True, False])
def test_roles_whose_adapters_touch_their_own_turns_share_what_was_read(
    tiny: str, tmp_path: Path, by_turn: bool
) -> None:
    def read(folders: dict[str, Path]) -> int:
        model = load_model(tiny, dtype=torch.float32)
        adapters = with_role_adapters(model, folders) if folders else None
        speakers = {
            role: Speaker(model, adapters, role if folders else None, by_turn) for role in ROLES
        }
        backend = LocalBackend(load_tokens(tiny), speakers, context=4096)
        record = episode(0)
        for role, turns in (("planner", 1), ("caller", 2), ("planner", 4), ("summarizer", 5)):
            text = prompt(role, tools=record.tools, messages=record.messages[:turns])
            backend.write([RoleRequest(role, text, (), 8)])
        return int(backend.costs.read_tokens)

    folders = {role: adapter(tiny, tmp_path / role, at) for at, role in enumerate(ROLES, 1)}
    assert (read(folders) <= 1.15 * read({})) == by_turn
