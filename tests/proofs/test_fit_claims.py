"""The weights of claims are what the fit writes."""

from __future__ import annotations

from importlib.resources import files

import pytest


@pytest.mark.soak
def test_the_weights_in_the_package_are_those_that_the_sentences_give() -> None:
    torch = pytest.importorskip("torch")
    from tests.proofs.fit_claims import fitted, text_of

    torch.set_num_threads(1)
    shipped = files("trajectories.scoring").joinpath("claim_weights.tsv").read_text("utf-8")
    assert text_of(fitted()) == shipped
