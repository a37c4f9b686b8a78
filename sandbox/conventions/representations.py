"""Representations: an operation's meaning with another of its success replies or media types."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.conventions.envelopes import preferred_media
from sandbox.conventions.inference import meaning_of
from sandbox.conventions.operation_model import Meaning
from sandbox.document.media_types import STREAMS, form_of

if TYPE_CHECKING:
    from sandbox.conventions.resources import Resources


def in_media_type(
    resources: Resources, meaning: Meaning, status: int, media_type: str | None = None
) -> Meaning:
    """The meaning with the reply of `status` in a declared media type; by default its best one.

    A media type whose schema holds no structure (CSV, HTML as text) shows what the usual one does.
    """
    known: dict[tuple[int, str | None], Meaning] = meaning.memo.setdefault("represented", {})
    found = known.get((status, media_type))
    if found is None:
        found = known[status, media_type] = _narrow_to_reply(resources, meaning, status, media_type)
    return found


def _narrow_to_reply(
    resources: Resources, meaning: Meaning, status: int, media_type: str | None
) -> Meaning:
    operation = meaning.operation
    key = next(key for key in (str(status), "2XX", "default") if key in operation.replies)
    reply = operation.replies[key]
    name = media_type or preferred_media(reply.media)
    narrowed = replace(reply, media={name: reply.media[name]} if name is not None else {})
    others = {code: each for code, each in operation.replies.items() if code[0] in "1345"}
    narrow = replace(operation, replies={key: narrowed, **others})
    made = meaning_of(
        resources, narrow, meaning.act, meaning.collection, meaning.place,
        item=meaning.item, verb=meaning.verb,
    )  # fmt: skip
    made = replace(
        made, parents=meaning.parents, body_key=meaning.body_key, status=status, bulk=meaning.bulk
    )
    if made.schema is None or meaning.schema is None or form_of(str(name)) in (*STREAMS, "file"):
        return made
    structured = ("object", "array")
    shape, usual = resources.shape(made.schema), resources.shape(meaning.schema)
    if shape.type not in structured and usual.type in structured:
        return replace(
            made, schema=meaning.schema, keys=meaning.keys, view=meaning.view, many=meaning.many
        )
    return made
