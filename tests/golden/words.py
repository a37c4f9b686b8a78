"""What names and values are in words: each function over the same names, pairs and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, Final

from sandbox import Document, World
from sandbox.conventions import actions, secrets, server_kept, vocabulary, words
from sandbox.tasks import generate, nouns, phrases, sayable, value_phrases
from sandbox.tools import naming
from tests.golden.replies import digest

_VERBS: Final = (
    "close", "cancel", "uncancel", "archive", "assign", "list", "get", "create", "bulk", "set",
    "favorite", "mark_as_read", "publish", "is", "has", "run", "reset", "default", "new", "total",
)  # fmt: skip
_THINGS: Final = (
    "order", "orders", "orderItems", "order_item_id", "ticketStatus", "news", "series", "people",
    "data", "id", "UUID", "createdAt", "updated_on", "date", "price_cents", "priceEUR", "active",
    "public", "more", "cursor", "URLs", "v2", "x-request-id", "2fa", "Größe", "metadata/name",
    "ownerId", "userIDs", "statuses", "addresses", "analysis", "boxes", "children", "bus", "count",
    "ordersCount", "api_key", "client_secret", "password", "accountToken", "_links", "e-mail",
    "hours", "distance_km", "etag", "state", "kind", "items/0/sku", "lines/-1/qty", "test", "all",
)  # fmt: skip
_NAMES: Final = (
    *_VERBS, *_THINGS, "",
    *(f"{verb}_{thing}" for verb, thing in product(_VERBS, _THINGS)),
    *(f"{verb}{thing[:1].upper()}{thing[1:]}" for verb, thing in product(_VERBS[:6], _THINGS)),
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -2, 3.5, 1e21, "", "x", "two words", 'a "quote"', "in_progress",
    "2026-03-04", "2026-03-04T10:30:00Z", "ab" * 40, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=",
    "550e8400-e29b-41d4-a716-446655440000", "ada@example.com", "https://a.example/x", "a\nb",
    [], ["a"], ["a", "b", "c"], [1, 2], [{"a": 1}], {}, {"a": None}, {"first": "Ann", "age": 4},
    {"city": {"name": "Ulm", "zip": "89073"}, "public": True}, {"tags": ["a"], "open": False},
)  # fmt: skip
_DONE: Final = {"description": "done"}
_OF_NAMES: Final[tuple[Callable[[str], Any], ...]] = (
    words.words, words.singular, words.entity_noun, words.singulars, vocabulary.key_of,
    vocabulary.short_form, vocabulary.begins_with_deed, vocabulary.stem, secrets.is_credential,
    secrets.is_tenant, server_kept.keeps, phrases.is_verb, phrases.is_deed, phrases.is_path_verb,
    phrases.label, phrases.noun, phrases.one_of, phrases.plural, phrases.with_article,
    phrases.is_plural, phrases.is_adjective, phrases.capital, nouns.sayable, naming.legal,
    naming.key_name, naming.fingerprint,
)  # fmt: skip
_OF_PAIRS: Final[tuple[Callable[[str, str], Any], ...]] = (
    words.same, words.ends_in, vocabulary.id_candidates, actions.counts_action, phrases.repeats,
    secrets.is_handed_out,
)  # fmt: skip
_OF_VALUES: Final[tuple[Callable[[Any], Any], ...]] = (
    value_phrases.value_text, value_phrases.leaves, sayable.short, sayable.opaque,
    sayable.speakable, sayable.facts,
)  # fmt: skip
_OF_ENTITIES: Final[tuple[Callable[[Mapping[str, Any]], Any], ...]] = (
    value_phrases.values_with_names, value_phrases.changes, value_phrases.as_clauses,
    value_phrases.as_wish, value_phrases.with_values, value_phrases.description_of,
    phrases.naming_field, sayable.facts,
)  # fmt: skip


def in_words() -> Iterator[tuple[str, str]]:
    """A digest for each function of what it says of all of them."""
    pairs = [*product(_THINGS, (*_VERBS, *_THINGS))]
    entities = [{name: value} for name, value in product(_NAMES[:90:3], _VALUES)]
    entities += [{**one, **other} for one, other in zip(entities, entities[7:], strict=False)]
    for of_name in _OF_NAMES:
        yield _named(of_name), _said(of_name, [(each,) for each in _NAMES])
    for of_pair in _OF_PAIRS:
        yield _named(of_pair), _said(of_pair, pairs)
    for of_value in _OF_VALUES:
        yield _named(of_value), _said(of_value, [(each,) for each in _VALUES])
    for of_entity in _OF_ENTITIES:
        yield _named(of_entity), _said(of_entity, [(each,) for each in entities])
    easy = product(_THINGS, _VALUES)
    yield _named(sayable.easily_said), _said(sayable.easily_said, [*easy])


def deeds() -> Iterator[tuple[str, str]]:
    """What calls that no entity shows are asked for as, by path and by summary."""
    verbs = ("run", "send", "reset", "accept", "validate", "sync", "test", "merge")
    things = (
        "tests", "order-items", "news", "all-users", "report", "user-data", "ABCs", "items",
        "user-results", "boxes",
    )  # fmt: skip
    for summary in ("", "Do something", "{} a dispute.", "{}s the PDFs of all", "A very {} deed"):
        paths = {
            f"/{verb}-{thing}": {
                "post": {"summary": summary.format(verb.capitalize()), "responses": {"204": _DONE}}
            }
            for verb, thing in product(verbs, things)
        }
        paths |= {f"/{thing}": {"post": {"responses": {"204": _DONE}}} for thing in things}
        tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
        world = World(Document.from_tree(tree, source="t"))
        tasks = [each.instruction for each in generate(world, n=60, seed=1)]
        yield f"deeds by the summary {summary!r}", digest(map(str.encode, tasks))


def _named(function: Callable[..., Any]) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def _said(function: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> str:
    """A digest of what a function makes of each; sets are told in order."""
    found = (function(*each) for each in arguments)
    told = (sorted(each) if isinstance(each, set | frozenset) else each for each in found)
    return digest(repr(each).encode() for each in told)
