"""The viewer: what agents did, what the world really did, and where they parted, in a browser.

Server-rendered pages over a store. Everything on them may be hostile: templates escape, control
characters are made visible, and the content security policy admits no inline script.
"""

from trajectories.viewer.app import allowed_hosts, viewer
from trajectories.viewer.bundle import write_bundle

__all__ = ["allowed_hosts", "viewer", "write_bundle"]
