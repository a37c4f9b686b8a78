"""H: what the server says. Limits, outages, conflicts, moves, and work that takes its time."""

from __future__ import annotations

from email.utils import format_datetime

from sandbox.faults.occasion import Occasion, Proceed, whole
from sandbox.faults.registry import fault
from sandbox.wire import Response


@fault(
    "H01",
    "429 with Retry-After",
    family="http",
    kind="transient",
    oracle="WAITED & SUCCEEDED & BUDGET(2)",
    params={"wait_s": 30.0, "form": "seconds"},
    choices={"form": ("seconds", "date")},
)
def rate_limited(occasion: Occasion, proceed: Proceed) -> Response:
    """Refused until the stated wait is over; calling earlier is refused again."""
    wait = _closed_for(occasion, occasion.params["wait_s"])
    occasion.fired()
    if occasion.params["form"] == "date":
        shown = format_datetime(occasion.session.clock.instant(wait), usegmt=True)
    else:
        shown = str(whole(wait))
    return occasion.fail(
        429,
        "rate_limited",
        f"Too many requests. Try again in {whole(wait)} seconds.",
        headers=(("retry-after", shown),),
        extra={"retry_after": whole(wait)},
    )


def _closed_for(occasion: Occasion, seconds: float) -> float:
    """Seconds until the scope opens: what is left of a wait, the trigger's own, or a new one."""
    if occasion.held:
        return occasion.wait
    wait = occasion.wait or seconds
    # A token bucket refuses by itself; holding on top of it would double the wait.
    if not occasion.wait:
        occasion.hold(wait)
    return wait
