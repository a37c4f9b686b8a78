"""`serve --workers 2` beside one process: requests per CPU second of all the server's processes.

python -m tests.bench.workers DOCUMENT [--path /pet/1] [--seconds N] [--rounds N] [--out FILE]

Both servers run at once and take turns. Each of the two workers is called on its own port, in a
session of its own, both at the same time; then the same through the port that they share.
"""

from __future__ import annotations

import argparse
import os
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from sandbox import World
from tests.bench.load import Call, Server, free_port, hammer, started
from tests.bench.peers import ours

KEYS = {"api_key": "k", "Accept": "application/json"}


def bases(server: Server, count: int) -> list[str]:
    """The base URLs of that many new sessions."""
    url = f"http://127.0.0.1:{server.port}"
    headers = {"authorization": "Bearer t"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        opened = [client.post("/_wavetank/sessions", json={}).json() for _ in range(count)]
        return [str(client.base_url.join(each["base_url"])) for each in opened]


def per_cpu_second(server: Server, urls: list[str], path: str, seconds: int) -> float:
    """Requests to all the URLs at once, for each CPU second of the server's processes."""

    def call(url: str) -> float:
        parts = urlsplit(url + path)
        one = replace(server, port=parts.port or 0)
        rate = hammer(one, Call("GET", parts.path, KEYS), seconds)
        assert not rate.refused, f"{url}{path} was refused {rate.refused} times"
        return rate.per_second * seconds

    before = server.cpu()
    with ThreadPoolExecutor(len(urls)) as pool:
        made = sum(pool.map(call, urls))
    return made / (server.cpu() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document", type=Path)
    parser.add_argument("--path")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    document, here = options.document.resolve(), Path.cwd()
    ids = World.load(document).session(seed=0).state.ids("/pet")
    path = options.path or f"/pet/{ids[0]}"
    command, one, two = ours().command, free_port(), free_port()
    token = ["--token", "t"]
    with (
        started([*command(document, one), *token], one, folder=here, path=here) as single,
        started(
            [*command(document, two), *token, "--workers", "2"], two, folder=here, path=here
        ) as double,
    ):
        (alone,), own = bases(single, 1), bases(double, 2)
        shared = [f"http://127.0.0.1:{two}{urlsplit(url).path}" for url in own]
        found: dict[str, list[float]] = {"one": [], "two": [], "shared port": []}
        for number in range(options.rounds + 1):
            rates = (
                per_cpu_second(single, [alone], path, options.seconds),
                per_cpu_second(double, own, path, options.seconds),
                per_cpu_second(double, shared, path, options.seconds),
            )
            for name, rate in zip(found, rates, strict=True):
                found[name] += [rate] if number else []  # the first round compiles
    ratios = [two / one for one, two in zip(found["one"], found["two"], strict=True)]
    whole: dict[str, Any] = {
        "document": document.name,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "requests_per_cpu_second": {name: round(median(rates)) for name, rates in found.items()},
        "two_per_one": round(median(ratios), 3),
    }
    print(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    if options.out is not None:
        options.out.write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
