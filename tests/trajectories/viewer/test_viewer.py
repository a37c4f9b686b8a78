"""The viewer's pages over a store, asked as a browser asks: hosts, filters, hostile text, forms."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.trajectories.little import finished, malformed
from trajectories import Store, Trajectory
from trajectories.records import Message, Outcome
from trajectories.viewer import viewer, write_bundle
from trajectories.viewer.pages import excerpt, visible

HOSTILE = '<script>alert(1)</script>\x1b[31m\u202e"onload=x'


def ask(
    method: str, path: str, *records: Trajectory, host: str = "127.0.0.1", **more: Any
) -> httpx.Response:
    async def go() -> httpx.Response:
        store = Store.open(":memory:")
        store.add_many(records)
        transport = httpx.ASGITransport(viewer(store))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, **more)

    return asyncio.run(go())


def test_the_list_filters_and_pages() -> None:
    many = [finished(n) for n in range(1, 61)] + [malformed(99)]
    page = ask("GET", "/?start=50", *many).text
    assert "61 episodes" in page and page.count('class="row"') == 11
    assert ask("GET", "/?outcome=failure", *many).text.count('class="row"') == 1
    assert ask("GET", "/?text=b17&start=junk", *many).text.count('class="row"') == 1


def test_the_list_filters_by_verdict_and_finding() -> None:
    false = Outcome(success=False, end="finish", answer="Done.", kind="not_done_but_claimed")
    page = ask("GET", "/?verdict=not_done_but_claimed", finished(), finished(2, outcome=false)).text
    assert page.count('class="row"') == 1 and "not done but claimed" in page
    page = ask("GET", "/?finding=false_claim", finished(), finished(2, outcome=false)).text
    assert page.count('class="row"') == 1 and '<option value="false_claim" selected' in page


def test_an_episode_shows_saw_beside_true_and_its_raw_turns() -> None:
    page = ask("GET", f"/episode/{finished().id}", finished()).text
    assert "what the agent saw: 429" in page and "nothing committed" in page
    assert ask("GET", f"/episode/{finished().id}/turn/8", finished()).text == "Ann Ölsen wrote it."
    assert ask("GET", f"/episode/{finished().id}/turn/9", finished()).status_code == 404
    assert ask("GET", "/episode/none").status_code == 404


def test_hostile_text_is_shown_and_cannot_act() -> None:
    messages = [Message(role="user", content=HOSTILE), Message(role="planner", content=HOSTILE)]
    record = finished(messages=messages, task={"instruction": HOSTILE}, agent=HOSTILE)
    for path in ("/", f"/episode/{record.id}", f"/compare?left={record.id}&right={record.id}"):
        reply = ask("GET", path, record)
        assert reply.status_code == 200 and "<script>alert" not in reply.text
        assert "\x1b" not in reply.text and "\u202e" not in reply.text
        assert "script-src 'self'" in reply.headers["content-security-policy"]


def test_another_host_or_origin_is_refused() -> None:
    assert ask("GET", "/", host="evil.example").status_code == 421
    cross = {"origin": "http://evil.example"}
    assert ask("POST", "/open", headers=cross).status_code == 403
    assert ask("POST", "/open", data={"token": "guessed"}).status_code == 403


def test_a_scorecard_leads_to_the_failures_of_a_cell() -> None:
    page = ask("GET", "/scorecard", finished(), malformed()).text
    link = next(url for url in re.findall(r'href="(/\?[^"]+)"', page) if "fault=H01" in url)
    assert "outcome=failure" in link and "<small>1/2</small>" in page
    assert ask("GET", link.replace("&amp;", "&"), finished(), malformed()).text.count("row") >= 1


@pytest.mark.parametrize("form", ["native", "openai", "sharegpt"])
def test_an_episode_is_taken_along(form: str) -> None:
    reply = ask("GET", f"/episode/{finished().id}/export/{form}", finished())
    assert "attachment" in reply.headers["content-disposition"]
    assert json.loads(reply.text.splitlines()[0] if form != "sharegpt" else reply.text)


def test_a_bundle_is_one_file_that_fetches_nothing(tmp_path: Path) -> None:
    out = tmp_path / "run.html"
    hostile = finished(2, task={"instruction": HOSTILE})
    assert write_bundle([finished(), hostile], out) == 2
    page = out.read_text()
    assert "default-src 'none'" in page and "<script" not in page and "src=" not in page
    assert 'href="#e2"' in page and 'id="e2"' in page and "step-2-1" in page


def test_text_is_cut_and_says_by_how_much() -> None:
    assert excerpt("x" * 30, 10) == "x" * 10 + "\n… 20 more characters"
    assert visible("a\x00b\u2066\ud800") == "a␀b⟨U+2066⟩⟨D800⟩"
