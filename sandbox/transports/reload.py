"""Documents that change on disk while they are served: loaded anew, sessions kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from sandbox.transports.session_table import Sessions
    from sandbox.world import World

Loader = Callable[[], "World"]
_log = logging.getLogger("wavetank.server")


async def watch(
    sessions: Sessions, loaders: Mapping[str, tuple[Path, Loader]], *, every: float = 0.5
) -> None:
    """Look every `every` wall seconds; a version that does not load is reported and passed over."""
    seen = {name: _stamp(path) for name, (path, _) in loaders.items()}
    while True:
        await asyncio.sleep(every)
        for name, (path, load) in loaders.items():
            stamp = _stamp(path)
            if stamp == seen[name] or stamp is None:
                continue
            seen[name] = stamp
            try:
                sessions.reload(name, await asyncio.to_thread(load))
            except SandboxError as error:
                _log.warning("%s is not taken over: %s", name, error)
            else:
                _log.warning("%s changed and was loaded anew", name)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Modification time and size; None while an editor has the file away."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size
