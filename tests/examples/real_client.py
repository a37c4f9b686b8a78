"""A callable with its real client and its own base URL, in process: httpx, or httpx2 as most SDKs.

python real_client.py bookshop

Nothing of the client is replaced but its transport: retries, time-outs and headers are its own.
"""

from __future__ import annotations

import sys

import httpx
import httpx2

from agent.sockets.rollout import Rollouts
from sandbox.transports.inprocess import session_transport

BASE_URL = "https://api.bookshop.example/v1"


def act(task: str, client: httpx.Client | httpx2.Client) -> str | None:
    """Your agent: reads the books, once more when it was told to wait."""
    for _ in range(2):
        reply = client.get("/books", headers={"authorization": "Bearer any"})
        if reply.is_success:
            return f"There are {len(reply.json()['items'])} books on the first page."
    return None


rollouts = Rollouts(sys.argv[1], n=1, seed=7, faults="H06")
for library in (httpx, httpx2):
    episode = rollouts.open(0)
    session = episode.session
    transport = session_transport(session, library)
    with library.Client(transport=transport, base_url=BASE_URL) as client:
        ending = episode.end(act(episode.instruction, client))
    statuses = [exchange.response.status for exchange in session.ledger]
    print(library.__name__, statuses, ending.record.outcome.kind, ending.reward)
