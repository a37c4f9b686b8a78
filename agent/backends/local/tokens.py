"""Role texts to token ids, the same way for training and for inference.

Text is cut at turn boundaries before it is tokenised, so a prompt's ids are a prefix of the ids of
whatever continues it, and no merge can cross from what is read into what is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trajectories.rows import END

_BOUNDARY: Final = re.compile(
    f"({re.escape(END)}\n(?:user|planner|caller|observation|summarizer):|{re.escape(END)})"
)


@dataclass(slots=True)
class Tokens:
    """A tokenizer that knows turns."""

    tokenizer: Any
    """A transformers tokenizer with an end-of-sequence token."""
    masks: Any = field(default=None, repr=False)
    """The tokenizer as llguidance knows it, once a grammar was asked for."""
    matchers: dict[str, Any] = field(default_factory=dict, repr=False)
    """Grammar → a matcher at its start."""
    _known: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)

    @property
    def end(self) -> int:
        """The id that ends a turn."""
        return int(self.tokenizer.eos_token_id)

    def encode(self, text: str, *, begin: bool = True) -> list[int]:
        """Ids of a prompt or of a piece of one; `begin` adds what the tokenizer starts texts with.

        Special tokens spelt out in the text (a tool may reply with one) stay plain text.
        """
        ids = list(self.tokenizer("", add_special_tokens=True).input_ids) if begin else []
        for piece in _BOUNDARY.split(text):
            if piece.startswith(END):
                ids.append(self.end)
                piece = piece.removeprefix(END)
            ids += self._plain(piece)
        return ids

    def roles(self, text: str) -> list[str]:
        """Whose turn each id of `encode(text)` belongs to, from a turn's marker up to its end mark;
        empty for what begins and ends turns, and for the head."""
        found = [""] * len(self.tokenizer("", add_special_tokens=True).input_ids)
        role = ""
        for piece in _BOUNDARY.split(text):
            if piece.startswith(END):
                found.append("")
                piece = piece.removeprefix(END)
                role = piece.strip("\n:")
            found += [role] * len(self._plain(piece))
        return found

    def decode(self, ids: Sequence[int]) -> str:
        """The text of written ids, without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def _plain(self, piece: str) -> tuple[int, ...]:
        if not piece:
            return ()
        if piece not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            encoded = self.tokenizer(piece, add_special_tokens=False, split_special_tokens=True)
            self._known[piece] = tuple(encoded.input_ids)
        return self._known[piece]
