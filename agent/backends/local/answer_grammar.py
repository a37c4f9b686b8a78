"""The grammar of an answer: words, and values only as they were read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from agent.runtime.forms.answers import Answer
from agent.runtime.forms.request_values import is_number

_FREE: Final = r'[^"0-9\n]'


@lru_cache(maxsize=256)
def answer_grammar(answer: Answer) -> str | None:
    """Words, and values only as they were read, the asked ones in their order among them. Where the
    answer is plain, the words are those of the request and of answers."""
    if not (answer.known or answer.asked):
        return None
    bare = bool(answer.words)  # Among any words a value could not be told from them.
    asked = [_spellings(texts, bare=bare) for texts in answer.asked]
    known = _spellings(answer.spoken if asked else answer.known, bare=bare)
    lines = [f"asked{at}: {spelt}" for at, spelt in enumerate(asked)]
    lines += [f"known: {known}"] if known else []
    if answer.words:
        values = " sep items ".join(f"asked{at}" for at in range(len(asked)))
        start = f"items {values} (sep WORD){{0,6}}" if asked else "item (sep item){0,24}"
        each, most = "|".join(map(re.escape, answer.words)), len(answer.spoken)
        among = f" (known sep words){{0,{most}}}" if known and most else ""
        lines += [
            f'start: " " {start} STOP?',
            f"items: words{among}",
            "words: (WORD sep){0,16}",
            f"item: {'WORD | known' if known else 'WORD'}",
            "sep: /[,:;]? /",
            "STOP: /[.!?]/",
            f"WORD: /{each}/",
        ]
        return "\n".join(lines)
    lines.append(f"start: {' '.join(f'part asked{at}' for at in range(len(asked)))} end")
    lines.append("part: WORDS (known WORDS){0,3}" if known else "part: WORDS")
    free = "(WORDS known){0,3} LAST" if known else "LAST"
    lines.append("end: LAST?" if asked else f"end: {free}")
    lines += [f'WORDS: /{_FREE}{{0,89}}[^\\w"\\n]/', f"LAST: /{_FREE}{{1,90}}/"]
    return "\n".join(lines)


def _spellings(texts: Sequence[str], *, bare: bool) -> str:
    """The spellings of values in an answer: numbers, true and false as they are, texts in quotes,
    and with `bare` those of one word without."""
    spelt = []
    for text in texts:
        is_plain = is_number(text) or text in ("true", "false")
        spelt += [as_literal(text)] if is_plain or (bare and " " not in text) else []
        spelt += [] if is_plain else [as_literal(f'"{text}"')]
    return " | ".join(spelt)


def as_literal(text: str) -> str:
    """A text as a literal of a Lark grammar."""
    return json.dumps(text, ensure_ascii=False)
