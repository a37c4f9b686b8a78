"""Vocabulary: how real documents call what follows a convention; the words are data of `specs`."""

from __future__ import annotations

from functools import cache

from sandbox.conventions.words import singular, singulars, vocabulary_file, words


@cache
def names(group: str, kind: str = "") -> frozenset[str]:
    """The names of one kind, such as ("timestamps", "created"); of a plain list without a kind."""
    found = vocabulary_file()[group]
    return frozenset(found[kind] if kind else found)


@cache
def ranked_names(group: str, kind: str) -> tuple[str, ...]:
    """The same names, most telling first."""
    return tuple(vocabulary_file()[group][kind])


@cache
def kinds(group: str) -> tuple[str, ...]:
    """The kinds of a group, in the order of the file."""
    return tuple(vocabulary_file()[group])


@cache
def bounds(side: str, sharpness: str) -> frozenset[str]:
    """Words that bound a field from the `lower` or `upper` side, inclusive or exclusive."""
    return frozenset(vocabulary_file()["bounds"][side][sharpness])


@cache
def short_form(word: str) -> str:
    """The short form of a word that paths shorten: `organization` and `org` are both "org"."""
    return next(
        (short for short in kinds("short_forms") if word in names("short_forms", short)), word
    )


@cache
def key_of(name: str) -> str:
    """A name in snake case: `$pageSize`, `page-size` and `page[size]` are all `page_size`."""
    return "_".join(words(name.replace("$", "")))


def begins_with_deed(name: str) -> bool:
    """Whether a name of several words begins with what is done, as `settleClaim` does."""
    first, *others = words(name) or ("",)
    deeds = names("deeds", "verbs") | names("deeds", "others")
    return bool(others) and first in deeds - names("deeds", "nouns_too")


def stem(name: str) -> tuple[str, ...]:
    """A reference field without its id word: `author_id` and `authorIds` → ("author",)."""
    parts = words(name)
    if len(parts) > 1 and parts[-1] in names("identifiers", "words"):
        parts = parts[:-1]
    return tuple(singular(part) for part in parts)


def id_candidates(parameter: str, resource: str) -> list[str]:
    """Names under which an entity may carry the value of its path parameter, best first.

    `className` may stand for the entity's `class`: a natural key without its id word.
    """
    parts = words(parameter)
    tail = parts[-1] if parts else "id"
    found = [parameter, "_".join(parts), _camel(parts), tail]
    noun = singulars(resource)
    found += ["_".join((*noun, tail)), _camel((*noun, tail))]
    if tail in names("identifiers", "words") - names("identifiers", "pure") and len(parts) > 1:
        found += ["_".join(parts[:-1]), _camel(parts[:-1])]
    found += ranked_names("identifiers", "usual")
    return list(dict.fromkeys(name for name in found if name))


def _camel(parts: tuple[str, ...]) -> str:
    return parts[0] + "".join(part.title() for part in parts[1:]) if parts else ""
