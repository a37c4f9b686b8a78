"""Where this Wavetank was installed from, and the command that adds an extra to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import specs


def origin() -> dict[str, Any]:
    """PEP 610's record of a folder, file or repository; {} where it came from an index."""
    try:
        text = distribution("wavetank").read_text("direct_url.json")
    except PackageNotFoundError:
        text = None
    found: dict[str, Any] = json.loads(text) if text else {}
    root = Path(specs.__file__).parents[1]
    if not found and (root / "pyproject.toml").is_file():
        # Run from a clone that was never installed.
        return {"url": root.as_uri(), "dir_info": {"editable": True}}
    return found


def how_to_add(extra: str, source: Mapping[str, Any] | None = None) -> str:
    """The command that installs an extra of a Wavetank from `source`, by default this one's."""
    found = origin() if source is None else source
    url = str(found.get("url", ""))
    if "dir_info" in found:
        folder = Path(unquote(urlsplit(url).path))
        shown = "." if folder == Path.cwd() else str(folder)
        flag = "-e " if found["dir_info"].get("editable") else ""
        return f"pip install {flag}'{shown}[{extra}]'"
    if "vcs_info" in found:
        vcs = found["vcs_info"]
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f"pip install 'wavetank[{extra}]{f' @ {url}' if url else ''}'"
