"""Actions: what `POST /tickets/{id}/close` and its like move, read off verb and field names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.conventions.counts import counted_noun
from sandbox.conventions.envelopes import body_schema
from sandbox.conventions.operation_model import Collection, Meaning
from sandbox.conventions.path_table import PathTable
from sandbox.conventions.words import words

WAYS_BACK: Final = ("restore", "undelete", "untrash", "recover", "undo")
"""Verbs that bring back what was deleted."""

# Verb → the values by which a status may say that it happened.
_OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "reopen": ("reopened", "open"),
    "cancel": ("canceled", "cancelled"),
    "pay": ("paid", "completed", "succeeded"),
    "capture": ("captured", "succeeded", "completed", "paid"),
    "ship": ("shipped", "in_transit", "fulfilled"),
    "send": ("sent",),
    "start": ("started", "running", "in_progress", "active"),
    "stop": ("stopped", "inactive"),
    "resume": ("active", "running", "open", "in_progress"),
    "unpause": ("active", "running"),
    "activate": ("active", "enabled"),
    "deactivate": ("inactive", "disabled", "deactivated"),
    "enable": ("enabled", "active"),
    "disable": ("disabled", "inactive"),
    "suspend": ("suspended",),
    "finish": ("finished", "done", "completed"),
    "complete": ("completed", "complete", "done"),
    "resolve": ("resolved", "closed", "solved"),
    "close": ("closed",),
    "void": ("void", "voided"),
    "finalize": ("finalized", "open"),
    "restore": ("active", "restored", "open"),
    "withdraw": ("withdrawn",),
    "unarchive": ("active",),
    "unpublish": ("draft", "unpublished"),
    "freeze": ("frozen",),
    "unfreeze": ("active",),
    "return": ("returned",),
    "decline": ("declined", "rejected"),
    "reject": ("rejected", "declined"),
}
_STATUS_FIELDS: Final = ("status", "state", "phase", "stage")


def states_set(
    paths: PathTable, collection: Collection, verb: str, *, undone: bool
) -> Mapping[str, Any]:
    """Status or flag → its value where the action happened (or was `undone`)."""
    key = f"states set {undone} {verb}"
    found: Mapping[str, Any] | None = collection.memo.get(key)
    if found is None:
        found = collection.memo[key] = dict(_states_set(paths, collection, verb, undone))
    return found


def _states_set(
    paths: PathTable, collection: Collection, verb: str, undone: bool
) -> Iterator[tuple[str, Any]]:
    word = next(iter(words(verb)), "")
    for name, schema in collection.shape.properties.items():
        resolved, last = paths.document.schemas.resolve(schema), "".join(words(name)[-1:])
        if not isinstance(resolved, dict):
            continue
        if last in _STATUS_FIELDS:
            value = _fitting(resolved.get("enum"), word)
            if value is not None and not undone:
                yield name, value
        elif resolved.get("type") == "boolean" and _past(word, last):
            yield name, not (undone or word.startswith("un"))


def counts_action(name: str, verb: str) -> bool:
    """Whether a field counts how often an action happened: favorite → favoritesCount."""
    noun = counted_noun(name)
    return bool(noun) and _past(next(iter(words(verb)), ""), noun[-1])


def is_shown(paths: PathTable, meaning: Meaning) -> bool:
    """Whether the entity that an action is about can show that it happened."""
    home = meaning.collection
    if meaning.act not in ("action", "toggle") or home is None:
        return True
    fields, undone = home.shape.properties, meaning.operation.method == "DELETE"
    if words(meaning.verb)[:1] in [(verb,) for verb in WAYS_BACK]:
        return True
    sent = body_schema(meaning.operation)
    for key in (meaning.body_key,) if meaning.body_key is not None else ():
        sent = paths.shape(sent).properties[key]
    given = paths.shape(sent).properties.keys() if sent is not None else set()
    if not fields.keys().isdisjoint(given - {*home.id_path[:1]}):
        return True
    if states_set(paths, home, meaning.verb, undone=undone):
        return True
    return any(counts_action(name, meaning.verb) for name in fields)


def _fitting(options: Any, verb: str) -> Any:
    """The enum value that says the verb happened, or None."""
    if not isinstance(options, list) or not verb:
        return None
    texts = {option: "_".join(words(option)) for option in options if isinstance(option, str)}
    for outcome in _OUTCOMES.get(verb, ()):
        for option, text in texts.items():
            if text == outcome:
                return option
    root = verb[:-1] if verb.endswith(("e", "y")) else verb
    return next((option for option, text in texts.items() if text.startswith(root)), None)


def _past(verb: str, field: str) -> bool:
    """Whether a flag's name is the verb's participle: favorite → favorited, follow → following."""
    bare = verb.removeprefix("un") if len(verb) > 4 else verb
    root = bare[:-1] if bare.endswith(("e", "y")) else bare
    return len(root) > 2 and field.startswith(root)
