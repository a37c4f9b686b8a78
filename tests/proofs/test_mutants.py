"""The mutants of a module are what their kinds say, and nothing that only a person reads."""

from __future__ import annotations

from tests.proofs.mutants import mutants

SOURCE = b'''
def page(items: list[int], size: int = 3) -> list[int]:
    """The first page."""
    if size < 1 and items:
        raise ValueError("must be at least 1")
    return sorted(items, key=abs)[:size] or [0]
'''


def test_every_mutant_is_one_small_mistake() -> None:
    made = {m.kind: m for m in mutants("page.py", SOURCE)}
    assert set(made) == {
        "never", "always", "and/or", "compare", "off by one",
        "return nothing", "default lost", "keyword dropped",
    }  # fmt: skip
    assert all(mutant.is_valid(SOURCE) for mutant in made.values())
    assert made["compare"].diff(SOURCE).endswith("+ if size <= 1 and items:")
    assert b"sorted(items)[:size]" in made["keyword dropped"].applied(SOURCE)
    assert made["default lost"].applied(SOURCE).endswith(b"[:size]\n")


def test_a_chance_is_halved_and_an_asserted_length_left_alone() -> None:
    source = b"def f(a, b):\n    return [0.4 for _ in zip(a, b, strict=True)]\n"
    made = {m.kind: m for m in mutants("page.py", source)}
    assert set(made) == {"half", "return nothing", "swapped"}
    assert b"[0.2 for" in made["half"].applied(source)
