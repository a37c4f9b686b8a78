"""Patches: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396), all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from sandbox.exact_json import MOST_LEVELS, dumps, is_deep
from sandbox.messages import Response
from sandbox.world.operation_call import Turn
from sandbox.world.state.entities import read_only
from sandbox.world.state.state import Entity

_CONFLICTS: Final = (409, 412, 422, 400)
"""What says that a patch does not fit the entity, most telling first."""
_MALFORMED: Final = (422, 400)
"""What says that a body is no patch at all, most telling first."""
_TOO_LARGE: Final = (413, 422, 400)
"""What says that a patch asks for too much, most telling first."""
_MOST_STEPS: Final = 5_000
_MOST_COPIED: Final = 1024 * 1024
"""Bytes that the steps of a patch may copy, all together."""


def patches(turn: Turn) -> bool:
    """Whether the call's body is a patch in one of the two standard forms."""
    media_type, body = turn.arguments.media_type or "", turn.arguments.body
    if "json-patch" in media_type:
        return not _opaque(turn, media_type)
    if "merge-patch" in media_type:
        return isinstance(body, Mapping)
    # Some documents say application/json and mean RFC 6902.
    return (
        turn.meaning.operation.method == "PATCH"
        and isinstance(body, list)
        and bool(body)
        and all(isinstance(step, Mapping) and {"op", "path"} <= step.keys() for step in body)
    )


def _opaque(turn: Turn, media_type: str) -> bool:
    """Whether the document declares the patch as a text, of which nothing can be applied."""
    declared = turn.meaning.operation.body
    media = declared.media.get(media_type) if declared is not None else None
    return media is not None and turn.world.resources.shape(media.schema).type == "string"


def apply_patch(turn: Turn, before: Entity) -> dict[str, Any] | Response:
    """The entity after the patch; the refusal where it cannot be applied or breaks the schema."""
    body = turn.arguments.body
    if isinstance(body, Mapping):
        # One schema often serves both forms: an object is a merge, whatever it is sent as.
        result: Any = _merge_patch(before, body)
    else:
        result = _apply_steps(turn, before, body)
    if isinstance(result, Response):
        return result
    collection = turn.meaning.collection
    assert collection is not None
    if not isinstance(result, dict):
        return turn.refuse(422, "The patch leaves no object.")
    changed = [name for name in {*before, *result} if before.get(name) != result.get(name)]
    kept = [name for name in changed if name == collection.id_field
            or read_only(turn.world, collection, name)]  # fmt: skip
    if kept:
        return turn.refuse(422, f"{min(kept)!r} cannot be changed.")
    if collection.schema is None:
        return result
    validator = turn.world.document.schemas.validator(collection.schema, "response")
    if not validator.is_valid(result):
        reason = next(iter(validator.errors(result))).message
        return turn.refuse(422, f"The patched entity would not be valid: {reason}")
    return result


def _apply_steps(turn: Turn, before: Entity, steps: Any) -> Any:
    import jsonpatch
    import jsonpointer

    if isinstance(steps, list) and len(steps) > _MOST_STEPS:
        return turn.refuse(
            turn.declared_status(_TOO_LARGE), f"A patch may have {_MOST_STEPS} steps."
        )
    result: Any = deepcopy(dict(before))
    copied = 0
    try:
        for patch in [jsonpatch.JsonPatch([step]) for step in steps]:
            (step,) = patch.patch
            if step["op"] == "copy":
                # A few steps that copy what holds its own copies fill any memory.
                copied += len(dumps(jsonpointer.resolve_pointer(result, step["from"])))
                if copied > _MOST_COPIED:
                    return turn.refuse(
                        turn.declared_status(_TOO_LARGE),
                        f"A patch may copy {_MOST_COPIED} bytes.",
                    )
            result = patch.apply(result, in_place=True)
        if is_deep(result):
            return turn.refuse(
                turn.declared_status(_TOO_LARGE),
                f"The patched entity would nest deeper than {MOST_LEVELS} levels.",
            )
        return result
    except jsonpatch.JsonPatchTestFailed:
        detail = "The patch does not fit the entity: a value is not the one that is tested for."
        return turn.refuse(turn.declared_status(_CONFLICTS), detail)
    except (jsonpatch.JsonPatchConflict, jsonpointer.JsonPointerException) as error:  # fmt: skip
        return turn.refuse(
            turn.declared_status(_CONFLICTS), f"The patch does not fit the entity: {error}"
        )
    except (jsonpatch.InvalidJsonPatch, TypeError, KeyError, ValueError) as error:
        return turn.refuse(turn.declared_status(_MALFORMED), f"The body is no JSON Patch: {error}")


def _merge_patch(base: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396 §2: null removes a member, an object goes into the one that is there."""
    result = dict(base) if isinstance(base, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            result[name] = _merge_patch(result.get(name), value)
        else:
            result[name] = value
    return result
