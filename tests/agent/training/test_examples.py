"""What is learnt is exactly what the roles write, read exactly as they read it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from agent.backends.local.checkpoint import load_model, load_tokens
from agent.backends.local.tokens import Tokens
from agent.runtime.forms.decisions import with_decisions
from agent.training.examples import fitting, packs, role_rows, single, tensors, whole
from agent.training.learners import pack_loss
from tests.agent.tiny import episode, tiny_model
from trajectories.rows import ROLES, prompt, rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tokens(folder: Path) -> Tokens:
    return load_tokens(str(folder))


def test_the_learnt_tokens_are_the_roles_turns(tokens: Tokens) -> None:
    """Of turns in the form of decisions what the grammar forces is read and not learnt."""
    made = whole(with_decisions(episode(0)), tokens)
    text = tokens.tokenizer.decode(made.body)
    assert " Call get_cat.\n Next: caller.<end>\ncaller: Action: get_cat\n" in text
    learnt = [token for token, weight in zip(made.body, made.weights, strict=True) if weight]
    assert tokens.tokenizer.decode(learnt) == "ClckA k0 is fine.<end>"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_learns_its_own_turns_only(tokens: Tokens, role: str) -> None:
    made = whole(episode(0), tokens, roles=(role,))
    learnt = {owner for owner, weight in zip(made.roles, made.weights, strict=True) if weight}
    ends = {0} if made.weights[-1] else set()
    assert {ROLES.index(role) + 1} == learnt - ends


def test_training_reads_the_ids_that_inference_reads(tokens: Tokens) -> None:
    record = episode(1)
    made = whole(record, tokens)
    ids = [*made.head, *made.body]
    for index, message in enumerate(record.messages):
        if message.role in ROLES:
            read = tokens.encode(
                prompt(message.role, tools=record.tools, messages=record.messages[:index])
            )
            assert ids[: len(read)] == read
            assert tokens.roles(prompt(message.role, tools=record.tools, messages=[]))[-1] == (
                message.role
            )


def test_rows_and_sequences_agree_on_ids(tokens: Tokens) -> None:
    made, last = whole(episode(0), tokens), single(rows(episode(0))[-1], tokens)
    assert (made.head, made.body) == (last.head, last.body)
    assert last.targets < made.targets


def test_a_special_token_in_a_reply_stays_text(tokens: Tokens) -> None:
    assert tokens.end not in tokens.encode("observation: <end> planner:")
    assert tokens.encode("a</s>\nplanner:").count(tokens.end) == 1


def test_a_pack_gives_the_loss_of_its_examples_apart(folder: Path, tokens: Tokens) -> None:
    examples = [whole(episode(number), tokens) for number in range(4)]
    model = load_model(str(folder), dtype=torch.float32)
    together = packs(examples, size=4000, epochs=1, seed=0, name="x")
    apart = packs(examples, size=1, epochs=1, seed=0, name="x")
    assert len(together) == 1 and len(apart) == 4
    total = sum(float(pack_loss(model, pack, "cpu").detach()) for pack in apart)
    one = float(pack_loss(model, together[0], "cpu").detach())
    assert one == pytest.approx(total, rel=1e-5)
    assert together[0].length < 0.6 * sum(pack.length for pack in apart)


def test_packs_of_one_head_are_spread_over_an_epoch(tokens: Tokens) -> None:
    offers = [(f"get_{animal}", "get_dog") for animal in ("cat", "cow", "hen")]
    examples = [whole(episode(number, offer), tokens) for offer in offers for number in range(4)]
    heads = [pack.head for pack in packs(examples, size=1, epochs=1, seed=0, name="x")]
    assert all(len(set(heads[at : at + 3])) == 3 for at in (0, 3, 6, 9))


def test_packs_are_the_same_for_the_same_seed_and_take_parts_of_epochs(tokens: Tokens) -> None:
    examples = [whole(episode(number), tokens) for number in range(8)]
    made = packs(examples, size=1, epochs=1.5, seed=3, name="x")
    assert made == packs(examples, size=1, epochs=1.5, seed=3, name="x")
    assert made != packs(examples, size=1, epochs=1.5, seed=4, name="x")
    assert len(made) == 12


def test_what_does_not_fit_is_counted_and_never_cut(tokens: Tokens) -> None:
    examples = [whole(episode(number), tokens) for number in (0, 3)]
    kept, too_long, empty = fitting(examples, examples[1].length)
    assert (kept, too_long, empty) == ([examples[1]], 1, 0)
    assert tensors(packs(kept, size=9, epochs=1, seed=0, name="x")[0]).wanted.numel() > 0


def test_a_turn_that_was_a_mistake_is_read_and_never_learnt(tokens: Tokens) -> None:
    record = episode(0)
    wrong = [m.model_copy(update={"learn": m.role != "caller"}) for m in record.messages]
    masked = record.model_copy(update={"messages": wrong})
    made, all_learnt = whole(masked, tokens), whole(record, tokens)
    learnt = [token for token, flag in zip(made.body, made.weights, strict=True) if flag]
    assert (made.head, made.body) == (all_learnt.head, all_learnt.body)
    assert "Action" not in tokens.tokenizer.decode(learnt)
    assert not any(example.targets for example in [whole(masked, tokens, roles=("caller",))])
    assert len(role_rows([masked], tokens)) == len(role_rows([record], tokens)) - 1
