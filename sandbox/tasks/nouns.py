"""What a thing is called: the noun of an operation, out of its path, its schema or its summary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sandbox.conventions.words import words
from sandbox.tasks import phrases

if TYPE_CHECKING:
    from sandbox.conventions.operation_model import Meaning
    from sandbox.document import Document

_VERSION = re.compile(r"v?\d+(\.\d+)*|api|rest")
_LONGEST = 4
_LONGEST_WORD = 14


def shared_words(document: Document) -> Counter[str]:
    """Last words of paths → in how many places they stand."""
    places = {each.path.rstrip("/").split("/{")[0] for each in document.operations.values()}
    return Counter(_thing_words(place)[-1] for place in places if _thing_words(place))


def noun_for(meaning: Meaning, shared: Counter[str]) -> str:
    """What the operation's entities are called, in the singular; "" where nobody could say it."""
    found = next((each for each in _candidates(meaning, shared) if sayable(each)), "")
    home = meaning.collection
    if found or home is None or home.singleton:
        return found
    # `/items`, and nothing that tells more: then the thing is an item.
    last = phrases.noun((_thing_words(home.template) or [""])[-1])
    return last if last in phrases.word_set("weak_nouns") else ""


def sayable(phrase: str) -> bool:
    """Whether people would call a thing so: no format, no deed, no word that fits anything."""
    parts = phrase.split()
    if not 0 < len(parts) <= _LONGEST or not all(1 < len(part) <= _LONGEST_WORD for part in parts):
        return False
    last = parts[-1]
    if "get" in parts or "success" in parts or "set" in parts[:-1]:
        return False
    # "line item" and "search result" are things, "item" and "list result" are not.
    idle = phrases.word_set("no_nouns")
    if idle.issuperset((parts[0], last)) or phrases.is_path_verb(last) or not last.isalpha():
        return False
    if last in phrases.word_set("no_endings"):
        return False
    return last in phrases.word_set("things") or not last.endswith(("ed", "ing"))


def _candidates(meaning: Meaning, shared: Counter[str]) -> Iterator[str]:
    home = meaning.collection
    schema = (home and _schema_noun(home.schema)) or _schema_noun(meaning.view)
    template = (home or meaning.place).template
    parts = _thing_words(template) or [""]
    if template.endswith("/{}") and meaning.item:
        # `/webhooks/{webhook_id}/{token}`: what the second parameter names is no webhook.
        yield schema
        yield phrases.noun(meaning.parameters[-1])
    elif meaning.act in ("compute", "singleton") and "." in parts[-1]:
        yield schema
        return
    elif parts[-1]:
        noun = phrases.noun(parts[-1])
        if schema.replace(" ", "") == noun.replace(" ", ""):
            yield schema
        if shared[parts[-1]] > 1 or not sayable(noun):
            before = template.split("/")[-2:-1]
            context = phrases.noun(before[0]) if before and before[0] in parts else ""
            if context and sayable(context) and not _VERSION.fullmatch(before[0]):
                yield noun if noun.startswith(context) else f"{context} {noun}"
        yield noun
        yield schema
    else:
        yield schema
    yield _summary_noun(meaning.operation.summary or meaning.operation.description)


def _thing_words(template: str) -> list[str]:
    """The words of a path that are things: neither parameters nor deeds."""
    parts = [part for part in template.split("/") if part and "{" not in part]
    things = [part for part in parts if not phrases.is_path_verb(part)]
    return things or parts


def _schema_noun(schema: Any) -> str:
    """ "issue comment" of `#/components/schemas/IssueCommentDto`."""
    if not isinstance(schema, dict):
        return ""
    name = str(schema.get("$ref", "")).rpartition("/")[2].rpartition(".")[2]
    name = name or str(schema.get("title", ""))
    parts = [part for part in words(name) if not part.isdigit()]
    affixes = phrases.word_set("schema_affixes")
    while len(parts) > 1 and parts[-1] in affixes:
        parts.pop()
    while len(parts) > 1 and parts[0] in phrases.word_set("schema_prefixes"):
        parts.pop(0)
    return phrases.noun("_".join(parts)) if parts else ""


def _summary_noun(summary: str) -> str:
    """ "available data set" of "List available data sets for a year"."""
    parts = [part.lower() for part in re.findall(r"[A-Za-z]+|[.,;:]", summary)][1:]
    while parts and parts[0] in phrases.word_set("before_nouns"):
        parts.pop(0)
    joining, said = phrases.word_set("joining"), list[str]()
    for part in parts:
        if part in joining or not part.isalpha():
            break
        said.append(part)
    return phrases.noun("_".join(said)) if said else ""
