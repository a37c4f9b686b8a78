"""A collection on Ray: every shard is a Ray task, on this machine or on a cluster.

`RAY_ADDRESS` names a cluster; without it Ray starts on this machine alone. On several machines the
store must be a PostgreSQL URL, and the documents must lie at the same place everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from agent.collect.job import Job
from agent.collect.progress import Progress
from agent.collect.shards import Shard
from agent.collect.workers import DIED, Order, Served, deal_out, serve
from agent.errors import CollectError
from agent.installation import how_to_add
from trajectories import Store


def spread_on_ray(job: Job, store: Store, *, n: int) -> Iterator[Progress]:
    """Run a job as Ray tasks. Yields what they report, a shard at a time."""
    known = Order.of(job, store)
    with _ray() as ray:
        order = ray.put(known)
        task = ray.remote(max_retries=2)(serve)

        def submit(shard: Shard) -> Future[Served]:
            made: Future[Served] = task.remote(order, shard).future()
            return made

        try:
            yield from deal_out(len(job.worlds), n, submit)
        except ray.exceptions.RayError as error:
            raise CollectError(f"{DIED} (Ray: {_brief(error)})") from None


@contextmanager
def _ray() -> Iterator[Any]:
    """Ray, started unless the caller has started it. Raises CollectError without the extra."""
    # Nothing is sent home unless the user wants it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError:
        raise CollectError(f"Ray is not installed: {how_to_add('ray')}") from None
    ours = not ray.is_initialized()
    if ours:
        try:
            ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, TimeoutError) as error:
            raise CollectError(f"Ray does not start: {_brief(error)}") from None
    try:
        yield ray
    finally:
        if ours:
            ray.shutdown()


def _brief(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__
