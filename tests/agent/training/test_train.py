"""Recipes lower the loss, keep their flags, and end in the same weights when interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.backends import RoleRequest
from agent.backends.local import load_agent_backend
from agent.backends.local.checkpoint import read_checkpoint
from agent.training import RECIPES, Flags, TrainingError
from agent.training.forecast import estimate
from agent.training.train import Progress, Trained, train
from tests.agent.tiny import episode, tiny_model
from trajectories.rows import ROLES, prompt, rows

EPISODES = [episode(number) for number in range(12)]
QUICK: dict[str, Any] = {"rank": 4, "role_rank": 2, "pack": 700, "packs": 1, "save_every": 2}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model(tmp_path_factory.mktemp("tiny")))


def weights(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*.safetensors"))
    }


def run(tiny: str, out: Path, **flags: Any) -> list[Progress | Trained]:
    return list(train(EPISODES, out=out, backbone=tiny, flags=Flags(**QUICK | flags)))


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_leaves_a_checkpoint_that_speaks(
    tiny: str, tmp_path: Path, recipe: str
) -> None:
    run(tiny, tmp_path / "c", recipe=recipe)
    checkpoint = read_checkpoint(tmp_path / "c")
    assert checkpoint.recipe == recipe
    stage1, own = checkpoint.stage1, [role for role in checkpoint.roles.values() if role]
    assert (stage1 is None) == (recipe == "one-stage")
    assert len(own) == (3 if recipe in ("glpft", "one-stage") else 0)
    backend = load_agent_backend(f"checkpoint:{tmp_path / 'c'}", grammar=False)
    text = prompt("planner", tools=EPISODES[0].tools, messages=EPISODES[0].messages[:1])
    assert len(backend.write([RoleRequest("planner", text, max_tokens=5)])) == 1


def test_training_lowers_the_loss(tiny: str, tmp_path: Path) -> None:
    *_, done = run(
        tiny, tmp_path / "c", recipe="single", method="full", epochs=15, learning_rate=1e-2
    )
    assert isinstance(done, Trained)
    assert done.losses["backbone"][-1] < 0.6 * done.losses["backbone"][0]


@pytest.mark.parametrize("shape", ["llama", "qwen", "gpt2", "phi3"])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_both_methods_on_any_shape(tmp_path: Path, shape: str, method: str) -> None:
    model = str(tiny_model(tmp_path / "m", shape))
    *_, done = run(model, tmp_path / "c", method=method, epochs=0.4, learning_rate=5e-3)
    assert isinstance(done, Trained)
    later = {"roles"} if method == "lora" else {"planner", "caller", "summarizer"}
    assert set(done.losses) == {"backbone"} | later
    assert load_agent_backend(f"checkpoint:{tmp_path / 'c'}").speakers


def test_roles_learn_in_one_pass_and_touch_their_own_turns_only(tiny: str, tmp_path: Path) -> None:
    run(tiny, tmp_path / "c", role_learning_rate=1e-2, role_epochs=4)
    checkpoint = read_checkpoint(tmp_path / "c")
    assert checkpoint.flags["adapters"] == "by-turn"
    backend = load_agent_backend(f"checkpoint:{tmp_path / 'c'}")
    assert backend.speakers["planner"].by_turn
    adapters = [(checkpoint.path / role / "adapter_model.safetensors") for role in ROLES]
    assert len({file.read_bytes() for file in adapters}) == 3


def test_a_run_goes_on_with_the_stage_1_of_another(tiny: str, tmp_path: Path) -> None:
    *_, first = run(tiny, tmp_path / "a", recipe="single", epochs=6, learning_rate=2e-2)
    *_, second = run(tiny, tmp_path / "b", recipe="single", start=str(tmp_path / "a"))
    assert isinstance(first, Trained) and isinstance(second, Trained)
    assert second.losses["backbone"][0] < first.losses["backbone"][0] - 0.05
    with pytest.raises(TrainingError, match="has another rank"):
        run(tiny, tmp_path / "c", recipe="single", start=str(tmp_path / "a"), rank=2)


def test_a_run_of_stage_2_alone_keeps_the_stage_1_that_it_starts_from(
    tiny: str, tmp_path: Path
) -> None:
    run(tiny, tmp_path / "a", recipe="single", epochs=0.5)
    again = {"start": str(tmp_path / "a"), "tokens": 2000, "role_share": 1.0}
    *_, done = run(tiny, tmp_path / "b", **again)
    assert isinstance(done, Trained) and not done.losses["backbone"] and done.losses["roles"]
    stage1 = "backbone/adapter_model.safetensors"
    assert weights(tmp_path / "a")[stage1] == weights(tmp_path / "b")[stage1]
    card = (tmp_path / "b" / "card.md").read_text()
    assert "| backbone | 12 | 0 | 0 | – | – |" in card and "| before: backbone | 12 | 0 | " in card


def test_a_card_names_what_the_start_has_read_as_well(tiny: str, tmp_path: Path) -> None:
    run(tiny, tmp_path / "a", recipe="single", epochs=0.1)
    place = tmp_path / "a" / "checkpoint.json"
    kept = json.loads(place.read_text())
    place.write_text(json.dumps(kept | {"documents": ["Elsewhere"]}))
    run(tiny, tmp_path / "b", recipe="single", epochs=0.1, start=str(tmp_path / "a"))
    assert read_checkpoint(tmp_path / "b").documents == sorted(["Elsewhere", *kept["documents"]])
    assert "Elsewhere" in (tmp_path / "b" / "card.md").read_text()


def test_a_stage_ends_in_the_mean_of_its_last_steps(tiny: str, tmp_path: Path) -> None:
    flags: dict[str, Any] = {"recipe": "single", "learning_rate": 1e-2}
    run(tiny, tmp_path / "last", average=0.0, **flags)
    run(tiny, tmp_path / "mean", average=0.9, **flags)
    assert weights(tmp_path / "last") != weights(tmp_path / "mean")


@pytest.mark.parametrize("stop", [3, 7, 9])
def test_a_killed_run_ends_in_the_same_weights(tiny: str, tmp_path: Path, stop: int) -> None:
    flags = Flags(**QUICK, epochs=3)
    list(train(EPISODES, out=tmp_path / "whole", backbone=tiny, flags=flags))
    begun = train(EPISODES, out=tmp_path / "cut", backbone=tiny, flags=flags)
    for _ in range(stop):
        next(begun)
    begun.close()
    events = list(train(EPISODES, out=tmp_path / "cut", backbone=tiny, flags=flags))
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    whole = json.loads((tmp_path / "whole/checkpoint.json").read_text())
    assert json.loads((tmp_path / "cut/checkpoint.json").read_text()) == whole
    assert isinstance(events[0], Progress) and (events[0].step > 1 or stop == 9)


def test_another_run_cannot_take_the_folder(tiny: str, tmp_path: Path) -> None:
    begun = train(EPISODES, out=tmp_path, backbone=tiny, flags=Flags(**QUICK))
    next(begun)
    begun.close()
    with pytest.raises(TrainingError, match="unfinished run with other flags"):
        next(train(EPISODES, out=tmp_path, backbone=tiny, flags=Flags(seed=1)))
    with pytest.raises(TrainingError, match="unfinished run with other flags or data"):
        next(train(EPISODES[:4], out=tmp_path, backbone=tiny, flags=Flags(**QUICK)))


def test_a_finished_or_foreign_folder_is_left_alone(tiny: str, tmp_path: Path) -> None:
    run(tiny, tmp_path / "done", recipe="single")
    with pytest.raises(TrainingError, match="finished checkpoint"):
        run(tiny, tmp_path / "done", recipe="single")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("do not touch")
    with pytest.raises(TrainingError, match="not empty"):
        run(tiny, tmp_path / "letters")


def test_without_reuse_no_instruction_is_seen_twice(tiny: str) -> None:
    from agent.backends.local.checkpoint import load_tokens
    from agent.training.recipes import stages

    tokens = load_tokens(tiny)
    first, roles = stages(EPISODES, Flags(**QUICK, reuse=False), tokens)
    assert len(first.examples) == len(EPISODES) // 2 and roles.examples
    assert not {example.body[:26] for example in first.examples} & {
        example.body[:26] for example in roles.examples
    }


def test_the_fair_control_reads_as_many_tokens(tiny: str) -> None:
    counts = {
        recipe: estimate(
            EPISODES,
            backbone=tiny,
            flags=Flags(**QUICK | {"pack": 1, "role_epochs": 1.5}, recipe=recipe),
            measure=False,
        ).tokens
        for recipe in ("glpft", "single@equal-tokens", "single")
    }
    assert counts["single@equal-tokens"] == pytest.approx(counts["glpft"], rel=0.1)
    assert counts["glpft"] > 1.3 * counts["single"]


def test_an_estimate_counts_and_times(tiny: str) -> None:
    found = estimate(EPISODES, backbone=tiny, flags=Flags(**QUICK))
    assert set(found.stages) == {"backbone", "roles"}
    assert found.tokens > 0 and found.seconds is not None and found.seconds > 0


def test_rows_train_too(tiny: str, tmp_path: Path) -> None:
    published = [row for record in EPISODES for row in rows(record, layout="published")]
    flags = Flags(**QUICK | {"pack": 2000})
    *_, done = train(published, out=tmp_path / "c", backbone=tiny, flags=flags)
    assert isinstance(done, Trained) and set(done.losses) == {"backbone", "roles"}


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({"recipe": "magic"}, "valid: glpft, single"),
        ({"method": "qlora"}, "valid: lora, full"),
        ({"role_share": 1.0}, "role_share 1: needs start"),
        ({"role_rank": 9}, "valid are 1 to 8"),
        ({"epochs": 0}, "must be positive"),
        ({"adapters": "by-word"}, "valid: by-turn, by-reader"),
        ({"average": 1.0}, "1 left out"),
    ],
)
def test_flags_are_checked(flags: dict[str, Any], reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        Flags(**flags).validate()


def test_nothing_to_learn_is_said(tiny: str, tmp_path: Path) -> None:
    mute = EPISODES[0].model_copy(update={"messages": EPISODES[0].messages[:1]})
    with pytest.raises(TrainingError, match="nothing to learn from for backbone"):
        next(train([mute], out=tmp_path / "c", backbone=tiny))
    assert not (tmp_path / "c").exists()


def test_the_card_names_base_recipe_and_flags(tiny: str, tmp_path: Path) -> None:
    run(tiny, tmp_path / "c")
    card = (tmp_path / "c/card.md").read_text()
    assert "recipe glpft" in card and f"Base: {tiny}." in card and "- role_rank: 2" in card
