"""What a final answer claims, read by rules from English text: no model, the same every time.

A text is taken apart into sentences and clauses. Each clause is matched against the patterns of
`claims.yaml`; the last clause that decides something wins, because "it failed at first, but then it
worked" and "I created it, but sending it failed" both say in the end what holds. What is quoted,
planned, advised or offered claims nothing.
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
_BULLET: Final = re.compile(r"^[\s>*#\-–•\d.)(\[\]_|]+(?=\D)")
_TITLE: Final = re.compile(r"\b(dr|mr|mrs|ms|e\.g|i\.e|st)\.\s")
_NEGATIONS: Final = (
    ("won't", "will not"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("n't", " not"),
)


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause with what it says; `aside` is subordinate: a reason, a concession, a time."""

    says: Claim | Literal["trouble", "remark", "offer"]
    text: str
    sentence: int
    aside: bool


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
    return _last_decision(list(_clauses(text)))


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
    told = (value.get(name) for name in ("answer", "message", "result", "summary", "status"))
    return next((_last_decision(list(_clauses(t))) for t in told if isinstance(t, str)), "unclear")


def _last_decision(clauses: list[_Clause]) -> Claim:
    main = [each for each in clauses if not each.aside] or clauses
    if not any(each.says not in ("offer", "remark", "trouble") for each in main):
        main = clauses
    kept: _Clause | None = None
    for each in main:
        if each.says in ("trouble", "offer", "remark"):
            continue
        kept = each if kept is None else _later(kept, each)
    says = {each.says for each in clauses}
    if kept is not None and kept.says == "cannot" and "trouble" in says:
        return "cannot" if _matches("means", kept.text) else "not_done"
    if kept is not None:
        return kept.says  # type: ignore[return-value]
    if "remark" in says:
        return "cannot"
    if "trouble" in says:
        return "not_done"
    asked = [each for each in clauses if each.says == "offer" and each.text.endswith("?")]
    return "asks" if any(not _matches("offer", each.text, 1) for each in asked) else "unclear"


def _later(one: _Clause, two: _Clause) -> _Clause:
    """Which of two deciding clauses, in their order, decides."""
    if one.says == two.says:
        return two
    if one.says == "asks" and two.says in ("cannot", "not_done"):
        return one
    apart = one.sentence != two.sentence
    if two.says in ("not_done", "cannot") and one.says in ("uncertain", "cannot"):
        return one
    if one.says == "not_done" and two.says == "cannot":
        return two if _matches("means", two.text) else one
    if one.says == "done" and two.says == "not_done" and apart:
        return one if _matches("search", two.text) or _matches("remark", two.text) else two
    if one.says in ("not_done", "cannot") and two.says == "done":
        return two if _recovers(two.text) or _matches("search", one.text) else one
    return two


def _recovers(text: str) -> bool:
    return not set(re.findall(r"\w+", text)).isdisjoint(_patterns()["recovery"])


def _clauses(text: str) -> Iterator[_Clause]:
    folded = _fold(text)
    for number, sentence in enumerate(_SENTENCE.split(folded)):
        sentence = _BULLET.sub("", sentence).strip(" *_\"'")
        if not sentence:
            continue
        asking = sentence.endswith("?")
        decided = False
        begin = 0
        parts: list[tuple[str, str]] = []
        for cut in _patterns()["break"].finditer(sentence):
            parts.append((sentence[begin : cut.start()], cut.group()))
            begin = cut.end()
        parts.append((sentence[begin:], ""))
        before = ""
        for part, after in parts:
            clause = part.strip(" ,.!")
            explains = decided and "?" not in clause and before.strip() in (":", "–", "—", "-")
            if asking and not clause.endswith("?") and after == "":
                clause += "?"
            says = _says(clause)
            if says is not None:
                aside = says != "uncertain" and (explains or _matches("aside", clause))
                yield _Clause(says, clause, number, aside)
                decided = decided or (says not in ("offer", "trouble") and not aside)
            before = after


def _says(clause: str) -> Any:
    if not clause:
        return None
    if _matches("offer", clause):
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
    if _matches("partial", plain):
        return "not_done"
    if _matches("trouble", plain) and not (_matches("seen", plain) and _matches("done", plain)):
        return "trouble"
    if _matches("cannot", plain) and not _matches("past", plain):
        return "cannot"
    if _matches("cannot_remark", plain):
        return "remark"
    if _matches("not_done", plain):
        return "not_done"
    if _matches("done", plain) or _matches("done", clause):
        return None if _matches("plan", plain) else "done"
    return None


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
