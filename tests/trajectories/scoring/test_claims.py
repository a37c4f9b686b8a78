"""The reader of claims, held by answers of many writers; three of them are never learnt from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trajectories.records import Claim
from trajectories.scoring.claims import claim_of, spoken_claim, with_claim

HERE = Path(__file__).parent


def labelled() -> Iterator[tuple[str, str, str]]:
    """(set, label, text) of the labelled answers."""
    for line in (HERE / "claims.tsv").read_text("utf-8").splitlines()[1:]:
        part, label, text = line.split("\t")
        yield part, label, text.replace("\\n", "\n")


def is_right(label: str, claim: str) -> bool:
    """`answer` labels what a reading task is told: judged by its values, it may claim or not."""
    return claim in ("done", "unclear") if label == "answer" else claim == label


def test_97_of_100_answers_are_read_as_their_label_says() -> None:
    rows = [each for each in labelled() if not each[0].startswith("unseen")]
    wrong = [each for each in rows if not is_right(each[1], claim_of(each[2]))]
    assert len(rows) >= 7_000
    assert len(wrong) <= 0.03 * len(rows), wrong


@pytest.mark.parametrize(
    ("part", "wrong_share", "opposite_share"),
    [("unseen", 0.08, 0.045), ("unseen2", 0.03, 0.015), ("unseen3", 0.03, 0.01)],
)
def test_answers_of_writers_whom_the_weights_never_saw_are_read_as_measured(
    part: str, wrong_share: float, opposite_share: float
) -> None:
    """A third of the first set is hard on purpose; the others are as agents and testers write."""
    rows = [(label, claim_of(text)) for of, label, text in labelled() if of == part]
    wrong = [each for each in rows if not is_right(*each)]
    assert len(rows) >= 200
    assert len(wrong) <= wrong_share * len(rows)
    assert sum(set(each) == {"done", "not_done"} for each in wrong) <= opposite_share * len(rows)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The first try failed, but the second one worked.", "done"),
        ("I created the order, but sending it failed.", "not_done"),
        ('The server said "could not create". The order was created anyway.', "done"),
        ("The order may have been created. I was not able to check.", "uncertain"),
        ('{"success": false}', "not_done"),
        ('{"question": "Which dock?"}', "asks"),
        ('{"error": "quota", "message": "The tag was not added."}', "not_done"),
        ('{"error": "unsupported", "message": "No tool can do this."}', "cannot"),
        ('"Spem in alium" is planned in Crypt.', "done"),
        ("It will be planned tomorrow.", "unclear"),
        ("I opened it. I left the rest alone, because you only named the door.", "done"),
        ("Not done: 2 of 3 crates were moved.", "not_done"),
        ("2 of 3 crates were moved.", "not_done"),
        ("3 of 3 crates were moved.", "done"),
        ("I was not sure that it had arrived, so I looked – it had.", "done"),
        ("I can read crates but not move them.", "cannot"),
        ("I could open the crate but not empty it.", "not_done"),
        ("I know the tools I was given. None of them moves crates.", "cannot"),
        ("Added Tides.", "done"),
        ("Mothballed Tides.", "done"),
        ("Not mothballed.", "not_done"),
        ("Could not be mothballed.", "not_done"),
        ("The crate stays, because the ship has sailed.", "unclear"),
        ("The crate is sealed by the harbour.", "unclear"),
        ("", "unclear"),
    ],
)
def test_the_last_word_decides_and_quotations_do_not(text: str, claim: str) -> None:
    assert claim_of(text) == claim


def test_a_tag_claims_where_the_words_do_not_and_words_win_over_it() -> None:
    assert spoken_claim("finish", "12.50") == "done"
    assert spoken_claim("finish", "I could not cancel it.") == "not_done"
    assert spoken_claim("give_up", "No tool for it.") == "cannot"
    assert spoken_claim("give_up", "Which one do you mean?") == "asks"


@pytest.mark.parametrize("claim", ["done", "not_done", "cannot", "asks", "uncertain"])
def test_an_opening_is_written_only_where_the_words_would_be_read_otherwise(claim: Claim) -> None:
    written = with_claim(claim, "finish", "The status could not be 7.")
    assert spoken_claim("finish", written) == claim
    assert with_claim("done", "finish", "It was sent.") == "It was sent."


def test_of_a_flood_the_beginning_and_the_end_are_read(
    cpu_seconds: Callable[[], float],
) -> None:
    flood = "x " * 3_000_000
    start = cpu_seconds()
    assert claim_of(f"{flood}. I could not place the order.") == "not_done"
    assert claim_of(f"The order was placed. {flood}") == "done"
    assert cpu_seconds() - start < 2.0
