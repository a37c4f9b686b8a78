"""Every fault of the catalogue fires with the bytes it states, and is absent when it is off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from sandbox.faults import faults
from sandbox.faults.catalogue import catalogue
from tests.sandbox.faults.scenes import Pair, arguments, bookshop, detail, pair

Check = Callable[[Pair], bool]
PROBLEM = ("content-type", "application/problem+json")
INTERNAL = detail("An internal error occurred.", 500, "Internal Server Error")


def silent(kind: str, delay: float = 0.0) -> Check:
    return lambda p: (p.got.transport, p.got.delay, p.got.body) == (kind, delay, b"")


def said(status: int, body: bytes, *headers: tuple[str, str]) -> Check:
    expected = (status, (PROBLEM, *headers), body)
    return lambda p: (p.got.status, p.got.headers, p.got.body) == expected


def headed(status: int, *headers: tuple[str, str]) -> Check:
    return lambda p: p.got.status == status and set(headers) <= set(p.got.headers)


def same(p: Pair) -> bool:
    return (p.got.status, p.got.body) == (p.clean.status, p.clean.body)


def cut(p: Pair) -> bool:
    length = ("content-length", str(len(p.clean.body)))
    half = p.clean.body[: len(p.clean.body) // 2]
    return p.got.body == half and length in p.got.headers and p.got.transport == "closed"


def changed_items(change: Callable[[list[Any]], list[Any]]) -> Check:
    return lambda p: p.json["items"] == change(p.clean_json["items"])


def differing(p: Pair) -> dict[str, tuple[Any, Any]]:
    """Fields of the entity (or first item) that the fault changed: (before, after)."""
    before, after = p.clean_json, p.json
    if "items" in before and "genre" not in before:
        before, after = before["items"][0], after["items"][0]
    names = {*before, *after}
    return {n: (before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)}


def one(test: Callable[[Any, Any], bool]) -> Check:
    def check(p: Pair) -> bool:
        found = list(differing(p).values())
        return len(found) == 1 and test(*found[0])

    return check


def writes(p: Pair) -> int:
    return sum(len(row.effects) for row in p.session.ledger)


def both(*checks: Check) -> Check:
    return lambda p: all(check(p) for check in checks)


def wrote(count: int) -> Check:
    return lambda p: writes(p) == count


CASES: dict[str, tuple[list[str], dict[str, Any], Check]] = {
    "T01": (["item"], {"ms": 250.0}, both(lambda p: p.got.delay == 0.25, same)),
    "T02": (["create"], {"hold_s": 3.0}, both(silent("timeout", 3.0), wrote(0))),
    "T03": (["create"], {}, both(silent("timeout", 8.0), wrote(1))),
    "T04": (["item"], {}, silent("refused")),
    "T05": (["create"], {}, both(silent("reset"), wrote(0))),
    "T06": (["create"], {}, both(silent("reset"), wrote(1))),
    "T07": (["create"], {}, both(silent("closed"), wrote(0))),
    "T08": (["item"], {"n": 16}, lambda p: p.got.transport == "garbled" and len(p.got.body) == 16),
    "T09": (["item"], {}, cut),
    "T11": (["item"], {"total_s": 4.0}, both(lambda p: p.got.delay == 4.0, same)),
    "T15": (["create"], {}, both(same, wrote(2))),
    "H01": (["item"], {}, headed(429, ("retry-after", "30"))),
    "H02": (["item"], {}, said(429, detail("Too many requests.", 429, "Too Many Requests"))),
    "H03": (
        ["item"],
        {},
        headed(403, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1768478460")),
    ),
    "H04": (
        ["item", "item"],
        {"q": 1},
        headed(429, ("retry-after", "60"), ("ratelimit", '"default";r=0;t=60')),
    ),
    "H05": (
        ["item"],
        {},
        said(409, detail("Another request is in progress; retry shortly.", 409, "Conflict")),
    ),
    "H06": (["create"], {}, both(said(500, INTERNAL), wrote(0))),
    "H07": (["create"], {}, both(said(500, INTERNAL), wrote(1))),
    "H08": (["item"], {}, headed(503, ("retry-after", "10"))),
    "H09": (["item"], {}, said(500, INTERNAL)),
    "H10": (["item"], {}, lambda p: p.got.status == 404),
    "H12": (["update"], {}, both(lambda p: p.got.status == 409, wrote(0))),
    "H13": (["create"], {}, both(headed(409, ("retry-after", "5")), wrote(0))),
    "H16": (["update"], {}, both(lambda p: p.got.status == 412, wrote(0))),
    "H17": (["update"], {}, both(lambda p: p.got.status == 428, wrote(0))),
    "H18": (
        ["item"],
        {"successor": "/v2/books"},
        headed(410, ("link", '</v2/books>; rel="successor-version"')),
    ),
    "H19": (["list"], {}, lambda p: p.got.headers == (("location", "/v1/books"),)),
    "H20": (
        ["item"],
        {},
        headed(200, ("deprecation", "@1768392000"), ("sunset", "Thu, 15 Jan 2026 12:10:00 GMT")),
    ),
    "H23": (["create"], {}, lambda p: p.got.status == 202 and p.json["status"] == "pending"),
    "H24": (["order"], {"fail_idx": 0}, lambda p: p.got.status == 207 and writes(p) == 1),
    "H25": (["item"], {}, lambda p: p.got.status == 420),
    "A01": (["item"], {}, headed(401, ("www-authenticate", 'Bearer realm="api"'))),
    "A02": (
        ["item"],
        {},
        headed(
            401,
            (
                "www-authenticate",
                'Bearer error="invalid_token", error_description="The token has expired."',
            ),
        ),
    ),
    "A03": (
        ["create"],
        {},
        headed(403, ("www-authenticate", 'Bearer error="insufficient_scope", scope="write"')),
    ),
    "A04": (["item"], {}, headed(400, ("www-authenticate", 'Bearer error="invalid_request"'))),
    "A05": (["item"], {}, lambda p: p.got.status == 401),
    "A06": (["item"], {}, lambda p: p.got.status == 401),
    "A07": (["item"], {}, lambda p: p.json["id"] != p.clean_json["id"]),
    "B01": (["item"], {}, lambda p: p.got.body == p.clean.body[: int(len(p.clean.body) * 0.6)]),
    "B02": (["item"], {}, lambda p: p.got.body == p.clean.body[:-1] + b",}"),
    "B03": (["item"], {}, headed(502, ("content-type", "text/html; charset=utf-8"))),
    "B04": (["item"], {}, headed(200, ("content-type", "text/plain"))),
    "B05": (["item"], {}, one(lambda old, new: "Ã" in new)),
    "B06": (["create"], {}, both(lambda p: p.json["status"] == "error", wrote(0))),
    "B07": (["item"], {}, lambda p: p.got.body == b'{"error":"Bad Request"}'),
    "B08": (["create"], {}, both(lambda p: p.got.status == 422, wrote(0))),
    "B09": (["create"], {}, both(lambda p: (p.got.status, p.got.body) == (200, b""), wrote(1))),
    "B10": (["list"], {"kib": 64}, lambda p: len(p.got.body) > 64_000),
    "B11": (["item"], {}, lambda p: set(differing(p)) == {"_links", "_region"}),
    "B12": (["item"], {}, one(lambda old, new: new is None)),
    "B14": (["item"], {}, lambda p: p.json == p.clean.body.decode()),
    "B16": (["item"], {}, one(lambda old, new: new is None)),
    "S06": (["create"], {}, both(same, wrote(0))),
    "S09": (["create"], {}, both(lambda p: p.got.status == 503, wrote(1))),
    "S13": (["page"], {"how": "skip"}, changed_items(lambda items: items[1:])),
    "S14": (["page"], {}, lambda p: p.got.status == 400),
    "S15": (["list"], {}, lambda p: p.json["total"] == p.clean_json["total"] + 7),
    "S16": (["big"], {}, changed_items(lambda items: items[:3])),
    "S17": (["page"], {}, lambda p: p.json["page"] == 1),
    "M01": (["item"], {}, one(lambda old, new: new == -old - 1)),
    "M02": (["list"], {}, one(lambda old, new: new == pytest.approx(old * 1.3, abs=1))),
    "M04": (["item"], {}, one(lambda old, new: new == pytest.approx(old * 100))),
    "M06": (["item"], {}, lambda p: p.json["id"] != p.clean_json["id"]),
    "M07": (["filter"], {}, lambda p: p.json["total"] > p.clean_json["total"]),
    "M10": (["list"], {}, changed_items(lambda items: items[: int(len(items) * 0.3)])),
    "M11": (["item"], {}, one(lambda old, new: new == "N/A")),
    "X01": (["item"], {}, one(lambda old, new: "sandbox_audit_export" in new)),
    "X02": (["item"], {}, lambda p: b"sandbox_audit_export" in p.got.body),
    "X04": (["create"], {}, both(lambda p: "not necessary" in p.json["note"], wrote(0))),
}

# Shown by sequences of calls, in test_stories.
STORIES = {"H11", "S01", "S02", "S03", "S07", "S18", "M08", "X03"}


@pytest.mark.parametrize("fault", CASES)
def test_a_fault_fires_with_the_stated_bytes(fault: str) -> None:
    calls, params, check = CASES[fault]
    made = pair(fault, calls, params=params)
    assert check(made), (made.got, made.clean)
    assert made.fired[-1:] == [fault]


@pytest.mark.parametrize("fault", faults())
def test_a_fault_is_absent_when_off(fault: str) -> None:
    off = {"rules": [{"fault": fault, "trigger": {"model": "iid", "p": 0.0}}]}
    calm, session = bookshop().session(seed=3), bookshop().session(seed=3, faults=off)
    for name in ("list", "item", "create", "page"):
        expected, got = calm.call(*arguments(name)), session.call(*arguments(name))
        # A quota is shown from the first call on: that is the fault's own content.
        assert expected == got or fault == "H04"
    assert not any(row.injected for row in session.ledger)


@pytest.mark.parametrize("fault", faults())
def test_a_fault_renders_the_same_twice(fault: str) -> None:
    calls, params, _ = CASES.get(fault, (["item"], {}, None))
    assert pair(fault, calls, params=params).got == pair(fault, calls, params=params).got


def test_the_catalogue_has_every_fault_and_each_a_test() -> None:
    rows = {row["id"]: row for row in catalogue()}
    assert set(rows) == CASES.keys() | STORIES
    assert all(row["about"] and row["oracle"] and row["transports"] for row in rows.values())


def test_what_comes_again_on_a_later_page_is_the_last_of_the_first() -> None:
    shown = pair("S13", ["page"], params={"how": "repeat"})
    first = bookshop().session(seed=3).call("listBooks", {"page": 1, "per_page": 4})
    last = orjson.loads(first.text)["items"][-1]
    assert shown.json["items"] == [last, *shown.clean_json["items"][:-1]]
