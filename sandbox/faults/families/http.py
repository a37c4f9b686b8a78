"""H01–H09, H25: limits and outages. The server says no, or says that it cannot."""

from __future__ import annotations

from email.utils import format_datetime

from sandbox.faults.context import (
    FaultContext,
    Proceed,
    whole,
    with_headers,
)
from sandbox.faults.fairness import reply_lost
from sandbox.faults.oracles import (
    ALT,
    BACKOFF,
    BUDGET,
    DISCLOSED,
    NODUP,
    POLITE,
    READBACK,
    REAUTH,
    SAMEKEY,
    STOPPED,
    SUCCEEDED,
    WAITED,
)
from sandbox.faults.registry import fault
from sandbox.messages import Response


@fault(
    "H01",
    "429 with Retry-After",
    oracle=WAITED & SUCCEEDED & BUDGET(2),
    params={"wait_s": 30.0, "form": "seconds"},
    choices={"form": ("seconds", "date")},
)
def rate_limited(context: FaultContext, proceed: Proceed) -> Response:
    """Refused until the stated wait is over; calling earlier is refused again."""
    wait = _closed_for(context, context.params["wait_s"])
    context.record_firing()
    if context.params["form"] == "date":
        shown = format_datetime(context.session.clock.instant(wait + 1), usegmt=True)
    else:
        shown = str(whole(wait))
    return context.fail(
        429,
        "rate_limited",
        f"Too many requests. Try again in {whole(wait)} seconds.",
        headers=(("retry-after", shown),),
        extra={"retry_after": whole(wait)},
    )


@fault("H02", "429 without a hint", oracle=BACKOFF & SUCCEEDED, params={"hidden_wait_s": 20.0})
def rate_limited_silently(context: FaultContext, proceed: Proceed) -> Response:
    """Refused for a time that is not told."""
    _closed_for(context, context.params["hidden_wait_s"])
    context.record_firing()
    return context.fail(429, "rate_limited", "Too many requests.")


@fault("H03", "limit as 403", oracle=WAITED & ~REAUTH, params={"wait_s": 60.0})
def limit_as_forbidden(context: FaultContext, proceed: Proceed) -> Response:
    """403 that only its rate limit headers tell from a missing permission."""
    wait = _closed_for(context, context.params["wait_s"])
    context.record_firing()
    reset = whole(context.session.clock.instant(wait).timestamp())
    return context.fail(
        403,
        "rate_limited",
        "API rate limit exceeded.",
        headers=(("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", str(reset))),
    )


@fault(
    "H04",
    "quota headers",
    oracle=POLITE,
    params={"q": 5, "w_s": 60.0},
    watches=True,
    trigger={"model": "always"},
)
def quota(context: FaultContext, proceed: Proceed) -> Response:
    """Replies show what is left of `q` calls per `w_s`; beyond that calls are refused.

    Header fields as in draft-ietf-httpapi-ratelimit-headers.
    """
    limit, window = int(context.params["q"]), context.params["w_s"]
    start, used = context.recall("window") or (context.now, 0)
    if context.now >= start + window:
        start, used = context.now, 0
    left, reset = limit - used, whole(start + window - context.now)
    shown = (
        ("ratelimit-policy", f'"default";q={limit};w={whole(window)}'),
        ("ratelimit", f'"default";r={max(0, left - 1)};t={reset}'),
    )
    if left > 0:
        context.remember("window", (start, used + 1))
        return with_headers(proceed(), *shown)
    context.record_firing()
    headers = (("retry-after", str(reset)), *shown)
    return context.fail(429, "quota_exceeded", "The quota is used up.", headers=headers)


@fault(
    "H05",
    "concurrency limit",
    oracle=SUCCEEDED,
    params={"status": 409},
    choices={"status": (409, 429)},
    trigger={"model": "concurrency"},
)
def concurrent(context: FaultContext, proceed: Proceed) -> Response:
    """Another call of this client is still being processed."""
    context.record_firing()
    status = int(context.params["status"])
    return context.fail(status, "lock_timeout", "Another request is in progress; retry shortly.")


@fault("H06", "500 before commit", oracle=SUCCEEDED & NODUP)
def error_before(context: FaultContext, proceed: Proceed) -> Response:
    """500, nothing done."""
    context.record_firing()
    return context.fail(500, "internal_error", "An internal error occurred.")


@fault("H07", "500 after commit", oracle=(SAMEKEY | READBACK) & NODUP, suits="write")
def error_after(context: FaultContext, proceed: Proceed) -> Response:
    """500, and yet everything was done, as a read can show."""
    return reply_lost(
        context,
        proceed,
        lambda: context.fail(500, "internal_error", "An internal error occurred."),
    )


@fault(
    "H08",
    "502, 503 or 504",
    oracle=WAITED & SUCCEEDED,
    params={"status": 503, "wait_s": 10.0},
    choices={"status": (502, 503, 504)},
)
def unavailable(context: FaultContext, proceed: Proceed) -> Response:
    """A gateway's answer; 503 states a wait when `wait_s` is not 0."""
    status, wait_s = int(context.params["status"]), context.params["wait_s"]
    words = {502: "Bad gateway.", 503: "Service unavailable.", 504: "The upstream timed out."}
    if status != 503 or not wait_s:
        context.record_firing()
        return context.fail(status, "unavailable", words[status])
    wait = _closed_for(context, wait_s)
    context.record_firing()
    headers = (("retry-after", str(whole(wait))),)
    return context.fail(status, "unavailable", words[status], headers=headers)


@fault(
    "H09",
    "permanent 5xx",
    kind="permanent",
    oracle=STOPPED & (ALT | DISCLOSED),
    params={"status": 500},
    choices={"status": (500, 501)},
    trigger={"model": "always"},
    solvable=False,
)
def always_failing(context: FaultContext, proceed: Proceed) -> Response:
    """The operation never works."""
    context.record_firing()
    status = int(context.params["status"])
    words = {500: "An internal error occurred.", 501: "This operation is not implemented."}
    return context.fail(status, "internal_error", words[status])


@fault("H25", "undocumented status", oracle=SUCCEEDED, params={"code": 420})
def undocumented_status(context: FaultContext, proceed: Proceed) -> Response:
    """A status that the document does not know; to be treated as its class."""
    context.record_firing()
    code = int(context.params["code"])
    return context.fail(code, "unexpected", "The request could not be completed.")


def _closed_for(context: FaultContext, seconds: float) -> float:
    """Seconds until the scope opens: what is left of a wait, the trigger's own, or a new one."""
    if context.held:
        return context.wait
    wait = context.wait or seconds
    # A token bucket refuses by itself; holding on top of it would double the wait.
    if not context.wait:
        context.hold(wait)
    return wait
