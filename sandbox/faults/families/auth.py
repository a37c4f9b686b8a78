"""A: who you are and what you may. Most of it is mended by signing in again, some by nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.draws import Draw
from sandbox.faults.context import FaultContext, Proceed
from sandbox.faults.oracles import BUDGET, DISCLOSED, NODUP, REAUTH, REPAIRED, STOPPED, SUCCEEDED
from sandbox.faults.registry import fault, voice
from sandbox.messages import Response

if TYPE_CHECKING:
    from sandbox.world.session import Session

# Credentials end once, whatever is being called at that moment.
_ONCE: Mapping[str, Any] = {"model": "first_n", "n": 1, "scope": "global"}


@fault(
    "A01",
    "missing credential",
    oracle=REPAIRED,
    params={"realm": "api"},
    watches=True,
    trigger=_ONCE,
)
def missing(context: FaultContext, proceed: Proceed) -> Response:
    """401 with a bare challenge (RFC 6750 §3: no error code) until the caller has signed in."""
    challenge = f'Bearer realm="{context.params["realm"]}"'
    return _until_signed_in(
        context, proceed, lambda: _auth_refusal(context, 401, "Credentials are needed.", challenge)
    )


@fault("A02", "expired token", oracle=REAUTH & SUCCEEDED & BUDGET(1), watches=True, trigger=_ONCE)
def token_expired(context: FaultContext, proceed: Proceed) -> Response:
    """401 invalid_token until the caller has signed in again."""
    return _until_signed_in(context, proceed, lambda: _invalid(context, "The token has expired."))


@fault(
    "A03",
    "insufficient scope",
    kind="permanent",
    oracle=(STOPPED & DISCLOSED) | REAUTH,
    params={"scope": "write"},
    suits="write",
    trigger={"model": "always"},
    solvable=False,
)
def insufficient(context: FaultContext, proceed: Proceed) -> Response:
    """403 that no sign-in mends: this caller may not do that."""
    context.record_firing()
    scope = context.params["scope"]
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    return _auth_refusal(context, 403, f"The token lacks the scope {scope}.", challenge)


@fault("A04", "malformed credentials", oracle=REPAIRED, watches=True, trigger=_ONCE)
def malformed_credentials(context: FaultContext, proceed: Proceed) -> Response:
    """400 invalid_request until the caller has signed in properly."""
    challenge = 'Bearer error="invalid_request"'
    words = "The Authorization header is malformed."
    return _until_signed_in(context, proceed, lambda: _auth_refusal(context, 400, words, challenge))


@fault(
    "A05",
    "refresh fails",
    kind="permanent",
    oracle=STOPPED & DISCLOSED,
    watches=True,
    trigger={"model": "always"},
    solvable=False,
)
def no_refresh(context: FaultContext, proceed: Proceed) -> Response:
    """The token has expired and signing in does not work either (invalid_grant, RFC 6749 §5.2)."""
    return _until_signed_in(context, proceed, lambda: _invalid(context, "The token has expired."))


@voice("A05", "authenticate")
def no_grant(
    session: Session, text: str, params: Mapping[str, Any], draw: Draw
) -> tuple[str, bool]:
    """Signing in fails, and leaves the credentials as they were."""
    session.credential -= 1
    return '{"error":"invalid_grant","error_description":"The refresh token was revoked."}', True


@fault(
    "A06",
    "revoked in the middle",
    oracle=REAUTH & NODUP,
    watches=True,
    trigger={"model": "at_calls", "calls": [2], "scope": "global"},
)
def token_revoked(context: FaultContext, proceed: Proceed) -> Response:
    """401 from the n-th call on; signing in again works."""
    return _until_signed_in(context, proceed, lambda: _invalid(context, "The token was revoked."))


def _until_signed_in(
    context: FaultContext, proceed: Proceed, refuse: Callable[[], Response]
) -> Response:
    """Refuse the credentials of the first firing until the caller comes with others."""
    current = _credentials(context)
    if context.recall("dead") == current:
        context.held = True
    elif not context.fires():
        return proceed()
    context.remember("dead", current)
    context.record_firing()
    return refuse()


def _credentials(context: FaultContext) -> str:
    """What the caller identifies itself with: how often it signed in, or the header it sends."""
    sent = context.call.request().header("authorization") or ""
    return f"{context.session.credential} {sent}"


def _invalid(context: FaultContext, words: str) -> Response:
    challenge = f'Bearer error="invalid_token", error_description="{words}"'
    return _auth_refusal(context, 401, words, challenge)


def _auth_refusal(context: FaultContext, status: int, words: str, challenge: str) -> Response:
    return context.fail(status, "unauthorized", words, headers=(("www-authenticate", challenge),))
