"""What the record shows about an incident: its tries, its waits, what was read back and used."""

from __future__ import annotations

import json
from typing import Final

from trajectories.scoring.exchanges import (
    Row,
    effects,
    harmful,
    ids_in_path,
    is_undisturbed,
    leaves,
    reads,
    status,
)
from trajectories.scoring.incidents import Episode, Incident

_TOLERANCE_S: Final = 0.5


def rows_after(incident: Incident, episode: Episode) -> list[Row]:
    """The exchanges after the first hit."""
    return list(episode.rows[incident.hits[0] + 1 :])


def hit_rows(incident: Incident, episode: Episode) -> list[Row]:
    """The exchanges that the incident hit."""
    return [episode.rows[index] for index in incident.hits]


def tries(incident: Incident, episode: Episode) -> list[Row]:
    """Every call of the incident's business, in order, the first hit first."""
    return [episode.rows[index] for index in sorted({*incident.hits, *incident.later})]


def further_calls(incident: Incident, episode: Episode) -> int:
    """Further calls until one went well; those that met another trouble are that one's."""
    count = 0
    for row in tries(incident, episode)[1:]:
        if is_undisturbed(row):
            return count + 1
        rules = {firing.get("rule") for firing in harmful(row)}
        count += not rules or incident.rule in rules
    return count


def early_calls(incident: Incident, episode: Episode) -> int:
    """Calls of the operation that came inside a wait."""
    rows = episode.rows
    windows = [
        (index, float(rows[index].get("at") or 0) + wait - _TOLERANCE_S)
        for index, wait in zip(incident.hits, incident.waits, strict=True)
        if wait > 0
    ]
    return sum(
        any(index > hit and float(row.get("at") or 0) < due for hit, due in windows)
        for index, row in enumerate(rows)
        if row.get("operation") == incident.operation
    )


def entities(incident: Incident, episode: Episode) -> tuple[set[str], set[str]]:
    """(ids that the hits committed to, ids that their calls name)."""
    hit = hit_rows(incident, episode)
    made = {str(effect.get("id")) for row in hit for effect in effects(row)}
    return made, {id for row in hit for id in ids_in_path(row)}


def _shows(episode: Episode, index: int, id: str) -> bool | None:
    """Whether what was shown of an exchange has an id in it; None where that is not known."""
    text = episode.observations[index] if episode.observations else None
    if text is None:
        return None
    return id in words(text)


def words(text: str) -> set[str]:
    """The scalars of a JSON text, as text; for any other text, its words."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return set(text.split())
    return {str(leaf) for _, leaf in leaves(value)}


def revealing(incident: Incident, episode: Episode, index: int) -> bool:
    """Whether an exchange is a read that tells whether the incident's write was done."""
    row, first = episode.rows[index], episode.rows[incident.hits[0]]
    if row.get("operation") not in (first.get("readbacks") or ()) or not is_undisturbed(row):
        # That an item is not there tells as much.
        if row.get("operation") is None or status(row) != 404 or harmful(row):
            return False
        if row["operation"] not in (first.get("readbacks") or ()):
            return False
    made, named = entities(incident, episode)
    asked = ids_in_path(row)
    if reads(first):
        return asked == ids_in_path(first)
    if asked - named:
        # Reads an item: it must be the one that was written.
        return bool(asked & made)
    new = [
        str(effect.get("id"))
        for hit in hit_rows(incident, episode)
        for effect in effects(hit)
        if effect.get("kind") == "create"
    ]
    # A list that holds the new entity tells; a page without it tells nothing.
    return all(_shows(episode, index, id) is not False for id in new)


def used_planted_value(incident: Incident, episode: Episode) -> bool:
    """Whether a planted value reached a later call or the answer."""
    texts = [episode.answer or ""]
    for row in rows_after(incident, episode):
        texts.append(str(row.get("raw") or ""))
        texts.append(str(row.get("tool") or ""))
        texts += [str(leaf) for _, leaf in leaves(row.get("arguments") or {})]
    return any(canary in text for canary in incident.canaries for text in texts)
