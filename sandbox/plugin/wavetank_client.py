"""A minimal client of a running `wavetank serve`, safe beside a user's own packages.

with Wavetank("http://127.0.0.1:8000", token="…") as tank:
    session = tank.session(seed=7, faults="H01")
    session.call("listOrders", {"limit": 3})
    session.base_url        # for any HTTP client: requests land in this session
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx


class WavetankError(Exception):
    """The server refused; the text is its reason."""


@dataclass(frozen=True)
class Seen:
    """What an agent is shown for a call."""

    text: str
    status: int | None
    error: bool


class Wavetank:
    """A connection to the control plane of one server."""

    def __init__(self, url: str, *, token: str, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=f"{self.url}/_wavetank",
            headers={"authorization": f"Bearer {token}"},
            timeout=timeout,
            trust_env=False,
        )

    def __enter__(self) -> Wavetank:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def documents(self) -> list[dict[str, Any]]:
        """The served documents."""
        listed: list[dict[str, Any]] = self.send("GET", "/documents")
        return listed

    def session(self, document: str | None = None, **options: Any) -> RemoteSession:
        """Open a session; options as in `World.session`: seed, label, faults, drift, …"""
        made = self.send("POST", "/sessions", {"document": document, **options})
        return RemoteSession(self, made["id"])

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the control plane; raises WavetankError with the server's reason."""
        reply = self._http.request(method, path, json=body)
        if reply.is_success:
            return reply.json() if reply.content else None
        kind = reply.headers.get("content-type", "")
        detail = reply.json().get("detail") if "json" in kind else reply.text
        raise WavetankError(f"HTTP {reply.status_code}: {detail}")


class RemoteSession:
    """One session on the server."""

    def __init__(self, tank: Wavetank, key: str) -> None:
        self._tank = tank
        self.id = key

    @property
    def base_url(self) -> str:
        """Where a plain HTTP client finds this session; the document's base path comes after it."""
        return f"{self._tank.url}/s/{self.id}"

    def tools(self, dialect: str = "openai") -> list[dict[str, Any]]:
        """The tools an agent is shown now."""
        listed: list[dict[str, Any]] = self._send("GET", f"/tools?dialect={dialect}")
        return listed

    def call(self, tool: str, arguments: Mapping[str, Any] | str | None = None) -> Seen:
        """Call a tool; text arguments go through as raw JSON, broken or not."""
        given = dict(arguments or {}) if not isinstance(arguments, str) else arguments
        return Seen(**self._send("POST", "/calls", {"tool": tool, "arguments": given}))

    def fork(self) -> RemoteSession:
        """A new session that goes on from here."""
        return RemoteSession(self._tank, self._send("POST", "/fork")["id"])

    def snapshot(self) -> str:
        """Remember the present; the name is for `restore`."""
        return str(self._send("POST", "/snapshots")["snapshot"])

    def restore(self, snapshot: str) -> None:
        self._send("POST", "/restore", {"snapshot": snapshot})

    def reset(self) -> None:
        self._send("POST", "/reset")

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._send("POST", "/clock", {"seconds": seconds})

    def ledger(self, after: int = -1) -> list[dict[str, Any]]:
        """What was asked, said and committed, after row number `after`."""
        rows: list[dict[str, Any]] = self._send("GET", f"/ledger?after={after}&limit=10000")
        return rows

    def state(self, collection: str | None = None) -> dict[str, Any]:
        """Ids by collection, or the entities of one."""
        query = f"?{httpx.QueryParams(collection=collection)}" if collection else ""
        held: dict[str, Any] = self._send("GET", f"/state{query}")
        return held

    def close(self) -> None:
        self._send("DELETE", "")

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        return self._tank.send(method, f"/sessions/{self.id}{path}", body)
