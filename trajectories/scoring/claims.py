"""What a final answer claims, read by rules from English text: no model, the same every time.

A text is taken apart into sentences and clauses. Each clause is matched against the patterns of
`claims.yaml`; the last clause that decides something wins, because "it failed at first, but then it
worked" and "I created it, but sending it failed" both say in the end what holds. What is quoted,
planned, advised or offered claims nothing, nor does a reason, or a negation that the user wanted.
Where nothing decides, a statement of what holds by now ("the lamp is at 20 now") claims the deed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import orjson
import yaml12

from trajectories.records import Claim

OPENINGS: Final[dict[str, Claim]] = {
    "done:": "done",
    "not done:": "not_done",
    "cannot:": "cannot",
    "question:": "asks",
    "uncertain:": "uncertain",
}
"""Openings by which a role states its claim."""

_QUOTED: Final = re.compile(
    r"```.*?```|`[^`\n]*`|\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»|(?<!\w)'[^'\n]*'(?!\w)", re.DOTALL
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])(?:[\"')*_]*)\s+|\n+")
_BOX: Final = re.compile(r"^[\s>*•-]*\[(.?)\]\s")
_BULLET: Final = re.compile(r"^(?:[\s>*#–•_|()\[\]-]|\d+[.)](?=\s))+")
_PART_OF: Final = re.compile(r"\b(\w+)(?: \w+)?(?: (?:out )?of (?:the |all |your |my )*|/)(\w+)\b")
_NUMBERS: Final = {
    word: number
    for number, word in enumerate(
        "none one two three four five six seven eight nine ten eleven twelve".split()
    )
}
_LONGEST: Final = 20_000
"""Characters of an answer that are read."""
_TITLE: Final = re.compile(r"\b(dr|mr|mrs|ms|e\.g|i\.e|st)\.\s")
_NEGATIONS: Final = (
    ("won't", "will not"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("n't", " not"),
)


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause with what it says; `aside` is subordinate: a reason, a concession, a time.

    "trouble" went wrong on the way, a "remark" tells how something is, "context" claims nothing (a
    plan, advice, a reason, what the user wanted left out), a "fact" is any other statement.
    """

    says: Claim | Literal["trouble", "remark", "offer", "context", "fact"]
    text: str
    sentence: int
    aside: bool

    @property
    def decides(self) -> bool:
        return self.says in ("done", "not_done", "cannot", "asks", "uncertain")


def claim_of(text: str) -> Claim:
    """What an answer claims about the request; `unclear` for other languages and bare data.

    >>> claim_of("The first call timed out, but then the order was placed.")
    'done'
    """
    opened = opening(text)
    if opened is not None:
        return opened
    if (flag := _flag(text)) is not None:
        return flag
    return _read(text)


def spoken_claim(plan: str, text: str) -> Claim:
    """The claim of a turn that ends an episode, by its tag and, where the text says so, its words.

    `plan` is "finish" (`text` is the answer) or "give_up" (`text` is the planner's thought). The
    tag alone means done or cannot; an answer that denies, asks or doubts is taken at its word.
    """
    read = claim_of(text)
    if plan == "finish":
        return "done" if read == "unclear" else read
    return read if read in ("asks", "not_done", "uncertain") else "cannot"


def with_claim(claim: Claim, plan: str, text: str) -> str:
    """A text that is sure to be read as the claim: with its opening where the words do not do."""
    if spoken_claim(plan, text) == claim:
        return text
    return f"{next(words for words, each in OPENINGS.items() if each == claim).capitalize()} {text}"


def opening(text: str) -> Claim | None:
    """The claim that a text's canonical opening states, or None without one."""
    start = text.lstrip().casefold()
    return next((claim for words, claim in OPENINGS.items() if start.startswith(words)), None)


def _flag(text: str) -> Claim | None:
    """The claim of an answer that is a JSON value: by its flag of success, if it has one."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return "unclear"
    for name in ("success", "ok", "done", "completed"):
        if isinstance(value.get(name), bool):
            return "done" if value[name] else "not_done"
    if value.get("question"):
        return "asks"
    texts = (value.get(name) for name in ("answer", "message", "result", "summary", "status"))
    claims = [_read(text) for text in texts if isinstance(text, str)]
    if "uncertain" in claims:
        return "uncertain"
    claim: Claim = next((claim for claim in claims if claim != "unclear"), "unclear")
    return "not_done" if claim in ("unclear", "done") and value.get("error") else claim


def _read(text: str) -> Claim:
    if len(text) > _LONGEST:
        # What an answer claims stands at its beginning or its end; an agent may write megabytes.
        text = f"{text[: _LONGEST // 2]}\n{text[-_LONGEST // 2 :]}"
    folded = _fold(text)
    clauses = list(_clauses(folded))
    main = [each for each in clauses if not each.aside]
    if not any(each.decides for each in main):
        main = clauses
    kept: _Clause | None = None
    for each in main:
        if each.decides:
            kept = each if kept is None else _later(kept, each)
    says = {each.says for each in clauses}
    if kept is not None and kept.says == "cannot" and not _matches("means", kept.text):
        return "not_done" if "trouble" in says or _matches("attempt", folded) else "cannot"
    if kept is not None and kept.says == "uncertain" and "not_done" in says:
        return "not_done" if _matches("unconfirmed", kept.text) else "uncertain"
    if kept is not None:
        return kept.says  # type: ignore[return-value]
    if "remark" in says:
        return "cannot"
    if "trouble" in says:
        return "not_done"
    asked = [each for each in clauses if each.says == "offer" and each.text.endswith("?")]
    if any(not _matches("offer", each.text, 1) for each in asked):
        return "asks"
    held = (_matches("holds", each.text) for each in clauses if each.says == "fact")
    return "done" if any(held) else "unclear"


def _later(one: _Clause, two: _Clause) -> _Clause:
    """Which of two deciding clauses, in their order, decides."""
    if one.says == two.says:
        return two
    if one.says == "asks" and two.says in ("cannot", "not_done"):
        return one
    apart = one.sentence != two.sentence
    if not apart and "done" in (one.says, two.says):
        for each, other in ((one, two), (two, one)):
            if other.says == "done" and _matches("spared", each.text):
                return other
    if two.says in ("not_done", "cannot") and one.says == "uncertain":
        return one
    if one.says == "cannot" and two.says == "not_done":
        return one if _matches("means", one.text) else two
    if one.says == "not_done" and two.says == "cannot":
        return two if _matches("means", two.text) else one
    if one.says == "done" and two.says == "not_done" and apart:
        return one if _matches("search", two.text) or _matches("remark", two.text) else two
    if one.says in ("not_done", "cannot") and two.says == "done":
        return two if _recovers(two.text) or _matches("search", one.text) else one
    return two


def _recovers(text: str) -> bool:
    if re.search(r"\b(?:is|are)(?: \w+){1,2} again$", text):
        return False
    return not set(re.findall(r"\w+", text)).isdisjoint(_patterns()["recovery"])


def _clauses(folded: str) -> Iterator[_Clause]:
    done = troubled = False
    heard = ""
    for number, sentence in enumerate(_SENTENCE.split(folded)):
        if box := _BOX.match(sentence):
            yield _Clause("done" if box[1].strip() else "not_done", "", number, False)
            continue
        sentence = _BULLET.sub("", sentence).strip(" *_\"'")
        if not sentence:
            continue
        offers = done and _matches("offer", sentence)
        excused = _last("excuse", sentence)
        decided, previous = False, ""
        for begin, part, before in _parts(sentence):
            clause = part.strip(" ,.!")
            if not clause:
                continue
            if sentence.endswith("?") and begin + len(part) == len(sentence):
                clause = clause.rstrip("?") + "?"
            says = _says(clause)
            if says in ("not_done", "cannot"):
                if begin < excused or _matches("wished", previous):
                    says = "context"
                elif _matches("ellipsis", clause) and _matches("relative", previous):
                    says = "fact"
                elif _matches("ellipsis", clause):
                    says = "cannot" if _matches("permits", sentence[:begin]) else "not_done"
                elif _matches("lookup", clause) and _matches("silence", heard + sentence[:begin]):
                    says = "uncertain"
                elif _matches("anaphor", clause) and _matches("tools", heard + sentence[:begin]):
                    says = "cannot"
            elif says == "asks" and offers and not clause.endswith("?"):
                says = "offer"
            elif says == "done" and (
                _matches("reason", clause) or (troubled and _matches("condition", clause))
            ):
                says = "context"
            explains = decided and "?" not in clause and before.strip() in (":", "–", "—", "-")
            aside = explains or (_matches("aside", clause) and not _matches("turned", clause))
            if says == "uncertain":
                aside = _matches("doubted", clause)
            made = _Clause(says, clause, number, aside)
            yield made
            decided, previous = decided or (made.decides and not aside), clause
            done = done or says == "done"
            troubled = troubled or says == "trouble"
        heard += sentence


def _parts(sentence: str) -> Iterator[tuple[int, str, str]]:
    """The clauses of a sentence: where each begins, its words, and what stands before it."""
    begin, before = 0, ""
    for cut in _patterns()["break"].finditer(sentence):
        yield begin, sentence[begin : cut.start()], before
        begin, before = cut.end(), cut.group()
    yield begin, sentence[begin:], before


def _says(clause: str) -> Any:
    asking = re.match(r"(?:which|what|who|when|where|how)\b(?! else)", clause)
    if _matches("greeting", clause):
        return "context"
    if _matches("offer", clause) and not (asking and clause.endswith("?")):
        return "offer"
    if clause.endswith("?") or _matches("asks", clause):
        return "asks"
    plain = clause
    for pattern in _patterns()["value"]:
        plain = pattern.sub(" ", plain)
    for pattern in _patterns()["harmless"]:
        plain = pattern.sub(" fine ", plain)
    if _matches("uncertain", plain):
        return "uncertain"
    if _matches("turned", plain):
        return "done"
    if _matches("partial", plain) or _is_part(plain):
        return "not_done"
    if _matches("trouble", plain) and not (_matches("seen", plain) and _matches("done", plain)):
        return "trouble"
    if _matches("cannot", plain) and not _matches("past", plain):
        return "cannot"
    if _matches("cannot_remark", plain):
        return "remark"
    if _matches("not_done", plain):
        return "not_done"
    if _matches("plan", plain):
        return "context"
    if " still " in plain:
        return "fact"
    return "done" if _matches("done", plain) or _matches("done", clause) else "fact"


def _is_part(text: str) -> bool:
    """Whether it counts fewer than all: "two of the three", "1 of 3", "3/5"."""
    for few, many in _PART_OF.findall(text):
        one, all_ = (_NUMBERS.get(each, each) for each in (few, many))
        if str(one).isdigit() and str(all_).isdigit() and int(one) < int(all_):
            return True
    return False


def _last(kind: str, text: str) -> int:
    """Where the last match of a kind begins, or -1."""
    return max((m.start() for p in _patterns()[kind] for m in p.finditer(text)), default=-1)


def _matches(kind: str, text: str, first: int | None = None) -> bool:
    return any(pattern.search(text) for pattern in _patterns()[kind][:first])


def _fold(text: str) -> str:
    """Lower case, plain apostrophes, quotations emptied unless there is nothing else."""
    plain = text.replace("’", "'").replace("‘", "'").strip()
    bare = _QUOTED.sub(" “” ", plain)
    if re.search(r"\w", bare.replace("“”", "")):
        plain = bare
    plain = plain.replace("**", "").replace("__", "").replace("❌", " failed: ")
    plain = _TITLE.sub(r"\1 ", plain.casefold())
    for short, long in _NEGATIONS:
        plain = plain.replace(short, long)
    return plain


@cache
def _patterns() -> dict[str, Any]:
    """The lists of `claims.yaml`, compiled."""
    lists: Any = yaml12.parse_yaml(files(__package__).joinpath("claims.yaml").read_text("utf-8"))
    irregular = lists["irregular"].split()
    no_deed = {*lists["process"].split(), *lists["failing"].split(), *lists["describing"].split()}
    plain = "|".join(word for word in irregular if word not in no_deed)
    deed = rf"(?!(?:{'|'.join(sorted(no_deed))})\b)(?:\w+ed|{plain})"
    failing = "|".join(lists["failing"].split())
    words = {"irregular": "|".join(irregular), "failing": failing, "deed": deed}
    connectors = "|".join(lists.pop("connectors"))
    made: dict[str, Any] = {
        "recovery": frozenset(lists["recovery"].split()),
        "break": re.compile(rf"[;:]\s|\s[–—-]\s|,?\s(?=(?:{connectors})\b)|,\s"),
    }
    for kind, patterns in lists.items():
        if isinstance(patterns, list):
            made[kind] = [re.compile(_fill(pattern, words)) for pattern in patterns]
    return made


def _fill(pattern: str, words: dict[str, str]) -> str:
    for name, alternatives in words.items():
        pattern = pattern.replace(f"{{{name}}}", alternatives)
    return pattern
