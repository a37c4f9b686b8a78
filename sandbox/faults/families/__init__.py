"""The families of faults. Importing this package registers every one of them."""

from sandbox.faults.families import (
    adversarial,
    auth,
    body,
    conflicts,
    content,
    http,
    lists,
    redirects,
    semantic,
    stale_reads,
    transport,
)

__all__ = [
    "adversarial",
    "auth",
    "body",
    "conflicts",
    "content",
    "http",
    "lists",
    "redirects",
    "semantic",
    "stale_reads",
    "transport",
]
