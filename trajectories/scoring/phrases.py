"""The phrases of an answer by which its claim is read.

Words, pairs of words and pairs with one word between them, over the whole text; words and pairs of
the first (`<`) and of the last sentence (`>`); words after a negation (`~`) and beginnings of long
words (`*`). Deeds are one word as well (`<deed>`), so that one that was never seen is read like
others. What is quoted is one word (`“”`), a number is one of a few kinds (`#`, `0`, `2xx`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import orjson

LONGEST: Final = 20_000
"""Characters of an answer that are read: its beginning and its end."""

_QUOTED: Final = re.compile(
    r"```.{0,4000}?```|`[^`\n]{0,400}`|\"[^\"\n]{0,400}\"|“[^”\n]{0,400}”|«[^»\n]{0,400}»"
    r"|(?<!\w)'[^'\n]{0,400}'(?!\w)",
    re.DOTALL,
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])[\"')*_]*\s+|\n+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:'s)?|[02-5]xx|[0#%]|“”|\[[ x]\]|[?!.{}:,;…–—✅❌✔✘✗☑→]|->")
_NUMBER: Final = re.compile(r"\b\w*\d\w*(?:[-./]\w*\d\w*)*\b")
_STATUS: Final = re.compile(r"(?:20[0-9]|4[0-5]\d|50\d)")
_PART_OF: Final = re.compile(r"\b(\w+)(?: \w+)?(?: (?:out )?of (?:the |all |your |my )*|/)(\w+)\b")
_NUMBERS: Final = {
    word: number
    for number, word in enumerate(
        "none one two three four five six seven eight nine ten eleven twelve".split()
    )
}
_SHORT_FORMS: Final = (
    ("can't", "can not"),
    ("cannot", "can not"),
    ("won't", "will not"),
    ("n't", " not"),
    ("'ve", " have"),
    ("'re", " are"),
    ("'ll", " will"),
    ("'d", " would"),
    ("i'm", "i am"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("there's", "there is"),
)
_NEGATIONS: Final = frozenset(
    "not no never none nothing nobody neither nor without hardly unable nowhere".split()
)
_SCOPE_ENDS: Final = frozenset((".", ",", ";", ":", "–", "—", "but"))
_DEED: Final = re.compile(
    r"[a-z]{2,}ed|sent|paid|put|set|made|built|taken|given|sold|bought|written|drawn|cut|shut|sworn"
    r"|bound|held|kept|begun|withdrawn|overwritten|rewritten|undone|reset|rebuilt|resent"
)
"""What was done to something: past participles."""
_ENGLISH: Final = frozenset(
    "the a an to of and is was are were be been i you it this that not no for in on at with by "
    "from as has have had but so your my me we they he she its will would can could do did now "
    "there all what which if or than then".split()
)


def phrases(text: str) -> set[str]:
    """The phrases of a text, each once."""
    folded = _fold(text)
    rows = (_WORD.findall(each) for each in _SENTENCE.split(_NUMBER.sub(_number, folded)))
    sentences = [words for words in rows if any(map(_is_word, words))]
    if not sentences:
        return set()
    found: set[str] = set(_counts(folded))
    for words in sentences:
        found.update(words)
        found.update(f"{one} {two}" for one, two in _neighbours(words))
        around = zip(["^", *words[:-1]], [*words[1:], "$"], strict=True)
        found.update(f"{one} _ {two}" for one, two in around)
        found.update(f"*{word[:5]}" for word in words if len(word) > 5)
        found.update(_negated_words(words))
        found.update(_deeds(words))
    for mark, words in (("<", sentences[0]), (">", sentences[-1])):
        found.update(mark + word for word in words)
        found.update(f"{mark}{one} {two}" for one, two in _neighbours(words))
    for one, two in pairwise(sentences):
        found.add(f"{one[-1]} | {two[0]}")
    read = [word for words in sentences for word in words if word.isalpha()]
    english = sum(word in _ENGLISH for word in read)
    found.add(f"english {10 * english // max(1, len(read))}")
    found.add(f"sentences {min(4, len(sentences))}")
    return found


def _number(match: re.Match[str]) -> str:
    number = match.group()
    if _STATUS.fullmatch(number):
        return f" {number[0]}xx "
    return " 0 " if number == "0" else " # "


def _is_word(word: str) -> bool:
    return word[0].isalnum() or word in ("“”", "#", "[ ]", "[x]")


def _neighbours(words: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of neighbours, with `^` before the first and `$` behind the last."""
    return zip(["^", *words], [*words, "$"], strict=True)


def _negated_words(words: list[str]) -> Iterator[str]:
    """The words that stand after a negation, up to the next stop."""
    negated = False
    for word in words:
        if word in _NEGATIONS:
            negated = True
        elif word in _SCOPE_ENDS:
            negated = False
        elif negated:
            yield f"~{word}"


def _deeds(words: list[str]) -> Iterator[str]:
    """What stands around each deed."""
    masked = ["^", *("<deed>" if _DEED.fullmatch(word) else word for word in words), "$"]
    for at, word in enumerate(masked):
        if word == "<deed>":
            before, behind = masked[at - 1], masked[at + 1]
            yield from (f"{before} <deed>", f"<deed> {behind}", f"{before} <deed> {behind}")
            if at > 1:
                yield f"{masked[at - 2]} {before} <deed>"


def _counts(folded: str) -> Iterator[str]:
    """What a count of a whole says: "two of the three" is a part, "3/3" the whole."""
    for few, many in _PART_OF.findall(folded):
        one, all_ = (_NUMBERS.get(each, each) for each in (few, many))
        if str(one).isdecimal() and str(all_).isdecimal() and len(f"{one}{all_}") < 12:
            yield "a part" if int(one) < int(all_) else "the whole"


def _fold(text: str) -> str:
    """Lower case, quotations and numbers masked, short forms spelled out, JSON as sentences."""
    if text.lstrip()[:1] in ("{", "["):
        text = _spelled_out(text)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    plain = text.replace("’", "'").replace("‘", "'").casefold()
    bare = _QUOTED.sub(" “” ", plain)
    if any(letter.isalpha() for letter in bare):
        plain = bare
    for short, long in _SHORT_FORMS:
        plain = plain.replace(short, long)
    return plain


def _spelled_out(text: str) -> str:
    """A JSON text as sentences, "name: value." each; any other text as it is."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    said = ["json."]
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting and len(said) < 200:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(reversed([(key.replace("_", " "), each) for key, each in value.items()]))
        elif isinstance(value, list):
            waiting.extend((name, each) for each in reversed(value))
        else:
            said.append(f"{name}: {value}.")
    return "\n".join(said)
