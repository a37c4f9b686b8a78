"""A kept ledger read back: rows of plain JSON become an episode that can be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.faults.episodes import Episode
from sandbox.messages import ABSENT, Arguments, Problem, Response
from sandbox.world.ledger import Effect, Exchange, Firing


def episode_of(
    ledger: Sequence[Mapping[str, Any]],
    *,
    answer: str | None = None,
    gave_up: bool = False,
    success: bool | None = None,
    solvable: bool = True,
    shown: Sequence[str] = (),
    task: str = "",
) -> Episode:
    """An episode from the rows that `Exchange.as_json` made.

    A kept ledger has no bodies; `shown` are the observations, one for each row, where they are
    known: what was planted in a reply can only be found in them.
    """
    texts = shown if len(shown) == len(ledger) else [""] * len(ledger)
    rows = tuple(_exchange(row, text) for row, text in zip(ledger, texts, strict=True))
    return Episode(rows, answer, gave_up, success, solvable, task)


def _exchange(row: Mapping[str, Any], text: str) -> Exchange:
    truth, given = row.get("truth"), row.get("arguments")
    return Exchange(
        seq=row["seq"],
        at=row["at"],
        tool=row["tool"],
        operation=row["operation"],
        arguments=None if given is None else _arguments(given),
        raw=row["raw"],
        request=None,
        problems=tuple(Problem(**problem) for problem in row["problems"]),
        effects=tuple(Effect(**effect) for effect in row["effects"]),
        injected=tuple(Firing(*map(firing.get, Firing._fields)) for firing in row["injected"]),
        response=_response(row["response"], text),
        truth=None if truth is None else _response(truth, ""),
        state_version=row["state_version"],
        release=row["release"],
        docs=row["docs"],
    )


def _arguments(given: Mapping[str, Any]) -> Arguments:
    places = {place: given.get(place, {}) for place in ("path", "query", "header", "cookie")}
    return Arguments(**places, body=given.get("body", ABSENT), media_type=given.get("media_type"))


def _response(kept: Mapping[str, Any], text: str) -> Response:
    headers = tuple((str(name), str(value)) for name, value in kept["headers"])
    return Response(kept["status"], headers, text.encode(), kept["delay"], kept["transport"])
