"""Preference: `Prefer: code=404` (RFC 7240) gets the declared reply of that status, as Prism does.

Only valid requests are granted it, and only statuses that the operation declares; a reply that was
asked for says so in `Preference-Applied`. State, and everything later, is as if nothing was asked.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from sandbox.conventions.envelopes import preferred_media
from sandbox.document import Operation
from sandbox.document.routing import Match
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Request, Response

if TYPE_CHECKING:
    from sandbox.world.decoding import Understood
    from sandbox.world.session import Session
    from sandbox.world.world import World

_CODE: Final = re.compile(
    r"""(?:^|[,;\s])(?:code|status)\s*=\s*"?([1-5]\d\d)"?(?=$|[,;\s])""", re.IGNORECASE
)


def grant(session: Session, request: Request, understood: Understood) -> None:
    """Put the preferred reply into a valid call; leave the call alone when there is none."""
    status = preferred_status(request)
    if status is None or understood.problems or understood.refusal is not None:
        return
    world = session.release_world(session.live)
    match = world.router.match(request.method, request.path)
    if isinstance(match, Match):
        understood.refusal = declared(world, match.operation, status, session.seed)


def preferred_status(request: Request) -> int | None:
    """The status that the Prefer headers name, or None."""
    for name, value in request.headers:
        found = _CODE.search(value) if name == "prefer" else None
        if found is not None:
            return int(found[1])
    return None


def declared(world: World, operation: Operation, status: int, seed: int) -> Response | None:
    """The operation's declared reply of a status, valid; None when it declares none."""
    reply = operation.reply(status)
    if reply is None or (reply.status == "default" and status < 400):
        return None
    applied = ("preference-applied", f"code={status}")
    try:
        media_type = preferred_media(reply.media)
        if status >= 400 and media_type is not None and "json" in media_type:
            told = world.refusals.refuse(operation, status, _phrase(status), headers=(applied,))
            if told.header("content-type") == media_type:
                return told
        draw = Draw(seed, "preferred", operation.id, status)
        made = world.views.declared(reply, status, draw)
    except (NoInstance, DocumentError):
        return None
    return Response(status, (*made.headers, applied), made.body)


def _phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}, as the request preferred."
    except ValueError:
        return "As the request preferred."
