"""English for generated tasks: a keyed grammar, and how names and values are said.

The grammar is data (`specs/grammar/english.yaml`). A draw picks family, form and frame, so the
same key always says the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import inflect

import specs
from sandbox.conventions.vocabulary import names, stem
from sandbox.conventions.words import singular, words
from sandbox.draws import Draw

_LOOSE_MARK: Final = re.compile(r" ([.,;?])(?=\s|$)")
_ASKING: Final = ("What", "Which", "How", "Is", "Does", "Who", "Where", "When", "Did")
_RPC: Final = frozenset({"list", "info", "get", "search", "all"})
"""Last words of such names as `reactions.list` that say what is done, not what with."""
_NAMES: Final = (
    "name", "title", "subject", "email", "username", "label", "login", "summary", "slug", "sku",
)  # fmt: skip


@lru_cache(maxsize=1)
def grammar() -> Mapping[str, Any]:
    """The grammar file, read once."""
    import yaml12

    loaded = yaml12.parse_yaml(specs.path("english", "grammar").read_text("utf-8"))
    if not isinstance(loaded, dict):
        raise TypeError("the grammar is not a mapping")
    return {str(name): part for name, part in loaded.items()}


@lru_cache(maxsize=32)
def word_set(kind: str) -> frozenset[str]:
    """A list of words of the grammar."""
    return frozenset(grammar()["words"][kind])


@lru_cache(maxsize=16)
def _words(kind: str) -> Mapping[str, str]:
    """A word table of the grammar; a plain list there stands for itself."""
    table = grammar()["words"][kind]
    return table if isinstance(table, dict) else {word: word for word in table}


def instruction(purpose: str, draw: Draw, **slots: Any) -> tuple[str, str]:
    """An instruction in some register, and the name of its template (purpose/family/register)."""
    families = grammar()["instructions"][purpose]
    return sentence_in_frame(families, draw, prefix=purpose, **slots)


def sentence_in_frame(
    families: Mapping[str, Sequence[str]], draw: Draw, *, prefix: str, **slots: Any
) -> tuple[str, str]:
    """A form of one of the families inside a frame that suits its mood."""
    family = draw.choice(sorted(families), "family")
    form = draw.choice(families[family], "form")
    core = _tidy(form.format_map(slots))
    if slots.get("noun") in word_set("people"):
        core = _OWN.sub("their", core)
        core = _IT.sub("they", core)
    mood = _mood(form)
    frames = grammar()["frames"][mood]
    register = draw.choice(sorted(frames), "register")
    frame = draw.choice(frames[register], "frame")
    if mood != "order":
        core = capital(core)
    text = frame.format_map({"core": core, "Core": capital(core)})
    return _tidy(text), f"{prefix}/{family}/{register}"


_OWN: Final = re.compile(r"\bits\b(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")
"""The owner's word outside of quoted values."""
_IT: Final = re.compile(r"\bit\b(?= should\b)(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")


def _mood(form: str) -> str:
    """What a form is: its end and its first word tell."""
    if form.endswith("?"):
        return "question" if form.split()[0] in _ASKING else "request"
    return "statement" if form.endswith(".") else "order"


def say(section: str, purpose: str, draw: Draw, **slots: Any) -> str:
    """A thought, closing or answer."""
    form = draw.choice(grammar()[section][purpose], section)
    text = _tidy(form.format_map(slots))
    return text if form.startswith(("{tool}", "{wrong}")) else capital(text)


def is_verb(word: str) -> bool:
    """Whether a path's last word can be said as a deed."""
    return word in names("deeds", "verbs")


def is_deed(word: str) -> bool:
    """Whether a word at the beginning of a name says what a call does."""
    return is_verb(word) or word in names("deeds", "others")


def is_path_verb(word: str) -> bool:
    """Whether a path's segment only says what is done, as in `/tasks/search`."""
    return word.lower() in grammar()["path_verbs"]


# --- names ----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def label(pointer: str) -> str:
    """How a field is called: `/homeAddress/city` → "home city", `author_id` → "author"."""
    parts = [part for part in pointer.split("/") if part]
    said = []
    for part, after in zip(parts, [*parts[1:], ""], strict=False):
        if not part.isdigit():
            head, _, last = _field(part).rpartition(" ")
            if after and not after.isdigit() and last in word_set("containers"):
                last = ""
            if (last, after) == ("status", "state"):
                last = ""
            said.append(f"{head} {one_of(last) if after.isdigit() else last}".strip())
    return " ".join(dict.fromkeys(" ".join(said).split()))


def _field(name: str) -> str:
    parts = list(words(name)) or [name]
    if len(parts) == 1 and parts[0] in _words("alone"):
        return _words("alone")[parts[0]]
    if len(parts) > 1 and parts[-1] in word_set("idle_endings"):
        parts.pop()
    if len(parts) > 1 and parts[-1] in _words("identifiers") and parts[-2] not in word_set("kinds"):
        parts = list(stem(name))
    if len(parts) > 1 and parts[-1] in ("date", "time") and parts[0] in _words("deeds"):
        parts[0] = _words("deeds")[parts[0]]
    if len(parts) > 1 and parts[0] in ("date", "time") and parts[-1] in _words("deeds"):
        parts = [_words("deeds")[parts[-1]], parts[0]]
    if len(parts) > 2 and parts[-2:] == ["date", "time"]:
        del parts[-2]
    if len(parts) > 1 and parts[-1] in _words("when") and parts[-2] not in word_set("no_times"):
        parts[-1] = _words("when")[parts[-1]]
        parts[0] = _words("deeds").get(parts[0], parts[0])
    if len(parts) > 1 and parts[0] == "is":
        parts = parts[1:]
    if len(parts) == 2 and parts[1] == "by" and parts[0] in _words("doers"):
        parts = [_words("doers")[parts[0]]]
    if len(parts) > 1 and _is_unit(parts[-1], after=parts[-2]):
        parts.insert(-1, "in")
    return _spelled_out(parts)


def _is_unit(word: str, after: str) -> bool:
    """Whether a field's last word is what its figure is measured in: "depth metres"."""
    return word in word_set("units") or (
        word in word_set("time_units") and after in word_set("lasting")
    )


def _spelled_out(parts: Sequence[str]) -> str:
    return " ".join(_words("spelled_out").get(part, part) for part in parts)


def noun(collection_noun: str) -> str:
    """The singular of a collection's name, as ordinary words: `order_items` → "order item"."""
    parts = [part for part in words(collection_noun) if not part.isdigit()] or [collection_noun]
    if len(parts) > 1 and "." in collection_noun and parts[-1] in _RPC:
        parts = parts[:-1]
    if "." in collection_noun:  # `users.identity` is the identity of one user.
        parts = [*map(one_of, parts[:-1]), parts[-1]]
    last = _spelled_out(parts[-1:])
    head, _, end = last.rpartition(" ")
    spoken = " ".join([*_spelled_out(parts[:-1]).split(), *head.split(), one_of(end)])
    return _words("nouns").get(spoken, spoken)


@lru_cache(maxsize=2048)
def one_of(word: str) -> str:
    """The singular of a plural noun: "movie" of "movies", "status" of "statuses"."""
    irregular = _words("singulars")
    if word in irregular or word.endswith(("ss", "sis")):
        return irregular.get(word, word)
    if not word.endswith("s"):
        return word
    return str(_english().singular_noun(word) or word) if len(word) > 3 else singular(word)


@lru_cache(maxsize=1)
def _english() -> inflect.engine:
    return inflect.engine()


@lru_cache(maxsize=2048)
def plural(phrase: str) -> str:
    """The plural of a noun phrase: "order items", "warehouses", "people"."""
    head, _, last = phrase.rpartition(" ")
    return f"{head} {_english().plural_noun(last)}".strip() if last.isascii() else f"{phrase}s"


@lru_cache(maxsize=2048)
def with_article(phrase: str) -> str:
    """ "an order", "a book", "a user", "an hour"."""
    return str(_english().a(phrase))


@lru_cache(maxsize=2048)
def is_plural(phrase: str) -> bool:
    """Whether a noun phrase is a plural: "notes", but not "status"."""
    last = phrase.partition(" in ")[0].rpartition(" ")[2]
    if last in _words("unchanged") or last.endswith(("ss", "us", "is")) or not last.endswith("s"):
        return False
    return bool(_english().singular_noun(last))


def verb_for(labels: Sequence[str]) -> str:
    """ "is" or "are", as the field or fields want it."""
    return "are" if len(labels) > 1 or any(map(is_plural, labels)) else "is"


def repeats(label: str, noun: str) -> bool:
    """Whether a field only says the entity's own name again: the "event" of a special event."""
    return bool(label) and (noun == label or noun.endswith(f" {label}"))


def _tells(value: str, field: str) -> bool:
    """Whether a name says anything: three letters at least, and not its own field's name."""
    return 2 < len(value) <= 60 and value.lower() != field.lower()


def naming_field(entity: Mapping[str, Any]) -> str | None:
    """The field by which people would call the entity, or None."""
    for wanted in _NAMES:
        for name, value in entity.items():
            if words(name)[-1:] == (wanted,) and isinstance(value, str) and _tells(value, name):
                return name
    return None


def is_adjective(field: str) -> bool:
    """Whether "is it …?" can be asked with the name of a field of yes or no."""
    head, _, last = field.rpartition(" ")
    if " " in head or last in word_set("things") or (head and is_adjective(head)):
        return False
    return last in word_set("adjectives") or last.endswith(("ed", "able", "ible"))


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _tidy(text: str) -> str:
    """One blank between words, none before a full stop."""
    text = " ".join(text.split())
    text = _LOOSE_MARK.sub(r"\1", text)
    return text.replace("..", ".").replace("?.", "?")
