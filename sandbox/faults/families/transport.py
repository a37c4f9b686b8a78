"""T: what the network does. Nothing, or rubbish, arrives; whether the call counted is the point."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

from sandbox.faults.context import FaultContext, Proceed, is_success, silence
from sandbox.faults.fairness import reply_damaged, reply_lost, request_lost, reveals, undoable
from sandbox.faults.oracles import (
    BUDGET,
    DISCLOSED,
    ELAPSED,
    NODUP,
    READBACK,
    SAMEKEY,
    STOPPED,
    SUCCEEDED,
)
from sandbox.faults.registry import fault
from sandbox.messages import Response


@fault(
    "T01",
    "latency",
    kind="benign",
    oracle=SUCCEEDED & BUDGET(0),
    params={"dist": "fixed", "ms": 800.0, "low_ms": 100.0, "high_ms": 2000.0, "sigma": 0.5},
    choices={"dist": ("fixed", "uniform", "lognormal")},
    trigger={"model": "always"},
    group=None,
)
def latency(context: FaultContext, proceed: Proceed) -> Response:
    """The right reply, later. `lognormal` has median `ms`."""
    params, unit = context.params, context.draw.unit("latency")
    if params["dist"] == "uniform":
        ms = params["low_ms"] + unit * (params["high_ms"] - params["low_ms"])
    elif params["dist"] == "lognormal":
        ms = params["ms"] * math.exp(params["sigma"] * NormalDist().inv_cdf(max(unit, 1e-12)))
    else:
        ms = params["ms"]
    context.record_firing(latency=unit)
    response = proceed()
    return replace(response, delay=response.delay + ms / 1000)


@fault("T02", "timeout before commit", oracle=SUCCEEDED & NODUP, params={"hold_s": 8.0})
def timeout_before(context: FaultContext, proceed: Proceed) -> Response:
    """The request is read, nothing is done and nothing is said."""
    return request_lost(context, proceed, lambda: silence("timeout", context.params["hold_s"]))


@fault(
    "T03",
    "timeout after commit",
    oracle=(SAMEKEY | READBACK) & NODUP,
    params={"hold_s": 8.0},
    suits="write",
)
def timeout_after(context: FaultContext, proceed: Proceed) -> Response:
    """The effect is there, the reply never comes."""
    return reply_lost(context, proceed, lambda: silence("timeout", context.params["hold_s"]))


@fault(
    "T04",
    "connection refused",
    oracle=SUCCEEDED | (STOPPED & DISCLOSED),
    params={"duration_s": 5.0},
)
def connection_refused(context: FaultContext, proceed: Proceed) -> Response:
    """Nothing listens for `duration_s`."""
    context.record_firing()
    if not context.held:
        context.hold(context.params["duration_s"])
    return silence("refused")


@fault("T05", "reset before the request was read", oracle=SUCCEEDED)
def reset_before(context: FaultContext, proceed: Proceed) -> Response:
    """RST, nothing done."""
    return request_lost(context, proceed, lambda: silence("reset"))


@fault("T06", "reset after commit", oracle=(SAMEKEY | READBACK) & NODUP, suits="write")
def reset_after(context: FaultContext, proceed: Proceed) -> Response:
    """The effect is there, RST instead of the reply."""
    return reply_lost(context, proceed, lambda: silence("reset"))


@fault("T07", "empty reply", oracle=SUCCEEDED & NODUP)
def empty_reply(context: FaultContext, proceed: Proceed) -> Response:
    """The connection is closed cleanly with no byte sent; nothing done."""
    return request_lost(context, proceed, lambda: silence("closed"))


@fault("T08", "garbage instead of HTTP", oracle=SUCCEEDED, params={"n": 64})
def garbage(context: FaultContext, proceed: Proceed) -> Response:
    """`n` random bytes that are no status line, then the end; nothing done."""

    def noise() -> Response:
        drawn = bytes.fromhex(context.draw.hex(2 * int(context.params["n"]), "noise"))
        # No line of HTTP begins with a control byte. After any other a client would go on waiting
        # for the end of the line, and take the end of the connection for an empty reply.
        return Response(0, (), b"\x16" + drawn[1:], 0.0, "garbled")

    return request_lost(context, proceed, noise)


@fault("T09", "body cut short of its Content-Length", oracle=SUCCEEDED, params={"fraction": 0.5})
def truncated_body(context: FaultContext, proceed: Proceed) -> Response:
    """Headers announce the whole body, a part of it comes, then the connection closes."""

    def cut_body(response: Response) -> Response | None:
        whole = len(response.body)
        kept = max(1, min(whole - 1, int(whole * context.params["fraction"])))
        headers = (*response.headers, ("content-length", str(whole)))
        part = response.body[:kept]
        return Response(response.status, headers, part, response.delay, "closed") if part else None

    return reply_damaged(context, proceed, cut_body)


@fault(
    "T11", "slow drip", oracle=SUCCEEDED & ELAPSED, params={"n": 10, "total_s": 20.0}, group=None
)
def drip(context: FaultContext, proceed: Proceed) -> Response:
    """The right reply in `n` slices over `total_s`; byte-level fronts read both off the firing."""
    response = proceed()
    if response.transport is not None:
        return response
    context.record_firing()
    return replace(response, delay=response.delay + context.params["total_s"])


@fault("T15", "duplicate delivery", oracle=NODUP, suits="create", silent=True)
def delivered_twice(context: FaultContext, proceed: Proceed) -> Response:
    """A proxy sends the request twice; the reply is the first one's."""
    first, made = context.perform(proceed)
    if is_success(first) and undoable(context) and reveals(context, made, None):
        context.record_firing()
        proceed()
    return first
