"""Deliveries: callbacks and webhooks as requests over the network, to hosts that are allowed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sandbox.world.callbacks import Delivery

_TIMEOUT: Final = 5.0
_HOSTS_NAMED: Final = 100
_log = logging.getLogger("wavetank.server")


class Courier:
    """Sends what sessions set off, beside the requests that are being answered."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._sending: set[asyncio.Task[None]] = set()
        self._withheld: set[str] = set()

    def allows(self, url: str) -> bool:
        """Whether a URL is of an allowed host: loopback ones always are."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and (host in self._hosts or is_loopback(host))

    def send(self, deliveries: Iterable[Delivery]) -> None:
        """Send them, in their order, without waiting."""
        wanted = []
        for each in deliveries:
            if each.url and self.allows(each.url):
                wanted.append(each)
            elif each.url and len(self._withheld) < _HOSTS_NAMED:
                self._name_withheld(each)
        if wanted:
            task = asyncio.get_running_loop().create_task(_send_all(wanted))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _name_withheld(self, delivery: Delivery) -> None:
        """Say once for each host that nothing is sent there."""
        host = urlsplit(delivery.url).netloc if "[" not in delivery.url else delivery.url
        if host not in self._withheld:
            self._withheld.add(host)
            what = f"{delivery.kind} {delivery.name}"
            _log.warning("%s is not sent to %r: no host that --deliver allows", what, host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and nothing else."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def _send_all(deliveries: list[Delivery]) -> None:
    import httpx

    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
        for each in deliveries:
            try:
                reply = await client.request(
                    each.method, each.url, headers=list(each.headers), content=each.body
                )
                _log.info("%s %s to %s: %d", each.kind, each.name, each.url, reply.status_code)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                _log.warning("%s %s to %s: %s", each.kind, each.name, each.url, error)
