"""Preference: `Prefer` (RFC 7240) asks for a reply, as Prism has it, or for a slow one.

`code=429` gets the reply of that status, declared or not, `example=NAME` a named example, and
`delay=2` two virtual seconds of waiting. Only valid requests are granted them; a reply that was
asked for says so in `Preference-Applied`. State, and everything later, is as if nothing was asked.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from sandbox.conventions.envelopes import preferred_media
from sandbox.document import Operation
from sandbox.document.media_types import form_of
from sandbox.document.operations import Reply
from sandbox.document.routing import Match
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.messages import Request, Response

if TYPE_CHECKING:
    from sandbox.world.decoding import Understood
    from sandbox.world.session import Session
    from sandbox.world.world import World

_PREFERENCE: Final = re.compile(
    r"""(?:^|[,;\s])(code|status|example|delay)\s*=\s*(?:"([^"]*)"|([^\s,;"]+))(?=$|[,;\s])""",
    re.IGNORECASE,
)
_LONGEST: Final = 3600.0
"""Virtual seconds that a request may ask to wait."""


def grant(session: Session, request: Request, understood: Understood) -> None:
    """Put the preferred reply into a valid call; leave the call alone when there is none."""
    wanted = preferences(request)
    if not wanted or understood.problems or understood.refusal is not None:
        return
    understood.delay = _seconds(wanted.get("delay", ""))
    status, example = wanted.get("code", wanted.get("status", "")), wanted.get("example")
    if not re.fullmatch(r"[1-5]\d\d", status) and example is None:
        return
    world = session.release_world(session.live)
    match = world.router.match(request.method, request.path)
    if isinstance(match, Match):
        code = int(status) if status else match.operation.success
        code = code[0] if isinstance(code, tuple) else code
        if code is not None:
            understood.refusal = preferred_reply(
                world, match.operation, code, session.seed, example
            )


def preferences(request: Request) -> dict[str, str]:
    """What the Prefer headers of a request ask for; the first one of each name counts."""
    found: dict[str, str] = {}
    for name, value in request.headers:
        for key, quoted, plain in _PREFERENCE.findall(value) if name == "prefer" else ():
            found.setdefault(key.lower(), quoted or plain)
    return found


def preferred_reply(
    world: World, operation: Operation, status: int, seed: int, example: str | None = None
) -> Response | None:
    """The operation's reply of a status, valid where it is declared; None when it has none.

    A success that is not declared is none, and neither is an example that nobody named.
    """
    reply = operation.reply(status)
    if reply is None or (reply.status == "default" and status < 400):
        if status < 400 or example is not None:
            return None
        reply = Reply(str(status))
    named = {name for media in reply.media.values() for name in media.example_names}
    if example is not None and example not in named:
        return None
    draw = Draw(seed, "preferred", operation.id, status)
    applied = ("preference-applied", f"example={example}" if example else f"code={status}")
    try:
        media_type = preferred_media(reply.media)
        structured = media_type is None or form_of(media_type) == "json"
        if status >= 400 and example is None and structured:
            headers = (*world.renderer.reply_headers(reply, status, draw), applied)
            refusal = world.error_responses.refuse(
                operation, status, _phrase(status), headers=headers
            )
            if media_type is None or refusal.header("content-type") == media_type:
                return refusal
        made = world.renderer.render_declared(reply, status, draw, example)
    except (NoInstance, DocumentError):
        return None
    return Response(status, (*made.headers, applied), made.body)


def _seconds(text: str) -> float:
    return min(float(text), _LONGEST) if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text) else 0.0


def _phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}, as the request preferred."
    except ValueError:
        return "As the request preferred."
