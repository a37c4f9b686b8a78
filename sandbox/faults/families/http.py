"""H01–H09, H25: limits and outages. The server says no, or says that it cannot."""

from __future__ import annotations

from email.utils import format_datetime

from sandbox.faults.context import (
    Occasion,
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
def rate_limited(occasion: Occasion, proceed: Proceed) -> Response:
    """Refused until the stated wait is over; calling earlier is refused again."""
    wait = _closed_for(occasion, occasion.params["wait_s"])
    occasion.fired()
    if occasion.params["form"] == "date":
        shown = format_datetime(occasion.session.clock.instant(wait + 1), usegmt=True)
    else:
        shown = str(whole(wait))
    return occasion.fail(
        429,
        "rate_limited",
        f"Too many requests. Try again in {whole(wait)} seconds.",
        headers=(("retry-after", shown),),
        extra={"retry_after": whole(wait)},
    )


@fault("H02", "429 without a hint", oracle=BACKOFF & SUCCEEDED, params={"hidden_wait_s": 20.0})
def rate_limited_silently(occasion: Occasion, proceed: Proceed) -> Response:
    """Refused for a time that is not told."""
    _closed_for(occasion, occasion.params["hidden_wait_s"])
    occasion.fired()
    return occasion.fail(429, "rate_limited", "Too many requests.")


@fault("H03", "limit as 403", oracle=WAITED & ~REAUTH, params={"wait_s": 60.0})
def limit_as_forbidden(occasion: Occasion, proceed: Proceed) -> Response:
    """403 that only its rate limit headers tell from a missing permission."""
    wait = _closed_for(occasion, occasion.params["wait_s"])
    occasion.fired()
    reset = whole(occasion.session.clock.instant(wait).timestamp())
    return occasion.fail(
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
def quota(occasion: Occasion, proceed: Proceed) -> Response:
    """Replies show what is left of `q` calls per `w_s`; beyond that calls are refused.

    Header fields as in draft-ietf-httpapi-ratelimit-headers.
    """
    limit, window = int(occasion.params["q"]), occasion.params["w_s"]
    start, used = occasion.recall("window") or (occasion.now, 0)
    if occasion.now >= start + window:
        start, used = occasion.now, 0
    left, reset = limit - used, whole(start + window - occasion.now)
    shown = (
        ("ratelimit-policy", f'"default";q={limit};w={whole(window)}'),
        ("ratelimit", f'"default";r={max(0, left - 1)};t={reset}'),
    )
    if left > 0:
        occasion.remember("window", (start, used + 1))
        return with_headers(proceed(), *shown)
    occasion.fired()
    headers = (("retry-after", str(reset)), *shown)
    return occasion.fail(429, "quota_exceeded", "The quota is used up.", headers=headers)


@fault(
    "H05",
    "concurrency limit",
    oracle=SUCCEEDED,
    params={"status": 409},
    choices={"status": (409, 429)},
    trigger={"model": "concurrency"},
)
def concurrent(occasion: Occasion, proceed: Proceed) -> Response:
    """Another call of this client is still being processed."""
    occasion.fired()
    status = int(occasion.params["status"])
    return occasion.fail(status, "lock_timeout", "Another request is in progress; retry shortly.")


@fault("H06", "500 before commit", oracle=SUCCEEDED & NODUP)
def error_before(occasion: Occasion, proceed: Proceed) -> Response:
    """500, nothing done."""
    occasion.fired()
    return occasion.fail(500, "internal_error", "An internal error occurred.")


@fault("H07", "500 after commit", oracle=(SAMEKEY | READBACK) & NODUP, suits="write")
def error_after(occasion: Occasion, proceed: Proceed) -> Response:
    """500, and yet everything was done, as a read can show."""
    return reply_lost(
        occasion,
        proceed,
        lambda: occasion.fail(500, "internal_error", "An internal error occurred."),
    )


@fault(
    "H08",
    "502, 503 or 504",
    oracle=WAITED & SUCCEEDED,
    params={"status": 503, "wait_s": 10.0},
    choices={"status": (502, 503, 504)},
)
def unavailable(occasion: Occasion, proceed: Proceed) -> Response:
    """A gateway's answer; 503 states a wait when `wait_s` is not 0."""
    status, wait_s = int(occasion.params["status"]), occasion.params["wait_s"]
    words = {502: "Bad gateway.", 503: "Service unavailable.", 504: "The upstream timed out."}
    if status != 503 or not wait_s:
        occasion.fired()
        return occasion.fail(status, "unavailable", words[status])
    wait = _closed_for(occasion, wait_s)
    occasion.fired()
    headers = (("retry-after", str(whole(wait))),)
    return occasion.fail(status, "unavailable", words[status], headers=headers)


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
def always_failing(occasion: Occasion, proceed: Proceed) -> Response:
    """The operation never works."""
    occasion.fired()
    status = int(occasion.params["status"])
    words = {500: "An internal error occurred.", 501: "This operation is not implemented."}
    return occasion.fail(status, "internal_error", words[status])


@fault("H25", "undocumented status", oracle=SUCCEEDED, params={"code": 420})
def undocumented(occasion: Occasion, proceed: Proceed) -> Response:
    """A status that the document does not know; to be treated as its class."""
    occasion.fired()
    code = int(occasion.params["code"])
    return occasion.fail(code, "unexpected", "The request could not be completed.")


def _closed_for(occasion: Occasion, seconds: float) -> float:
    """Seconds until the scope opens: what is left of a wait, the trigger's own, or a new one."""
    if occasion.held:
        return occasion.wait
    wait = occasion.wait or seconds
    # A token bucket refuses by itself; holding on top of it would double the wait.
    if not occasion.wait:
        occasion.hold(wait)
    return wait
