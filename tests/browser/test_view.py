"""The viewer in a real browser: click through the pages as a person does."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
import uvicorn

import agent
from agent.agents import agent_from
from agent.cli.viewing import episode_continuer
from agent.collect.collect import collect
from agent.evaluation.gates import Judgement
from agent.evaluation.report.figures import data_figures, result_figures, training_figures
from agent.evaluation.report.page import write_page
from agent.evaluation.report.stress_files import StressRun, write_html
from agent.evaluation.stress import Scorecard
from sandbox import World
from sandbox.tasks import generate
from tests.agent.evaluation.test_report import result
from tests.browser.conftest import SHOTS
from trajectories import Store
from trajectories.scoring.findings import summarise
from trajectories.scoring.rates import Rate
from trajectories.viewer import viewer, write_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

BUNDLED = Path(agent.__file__ or "").parent / "backends/local/bundled"
RESULTS = Path(__file__).parents[1] / "bench/results/yardsticks.json"
SERIOUS = ("serious", "critical")


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An application on a free port of the loopback interface."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([place],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{place.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
    place.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two agents on the same tasks under the same faults."""
    place = tmp_path_factory.mktemp("view") / "kept.db"
    # Playwright runs an event loop in this thread, and so does a collection.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_collected, place).result()
    return Store.open(place)


def _collected(place: Path) -> None:
    world = World.load("bookshop")
    tasks = list(generate(world, n=8, seed=3, kinds=["create", "update"]))
    with Store.open(place) as store:
        for name in ("scripted:polite", "scripted:fabricator"):
            list(collect([world], agent_from(name), store, n=8, tasks=tasks, faults="T03,H01"))


def axe(page: Page) -> list[str]:
    """Serious findings of axe-core, where WAVETANK_AXE names its script."""
    script = os.environ.get("WAVETANK_AXE")
    if not script:
        return []
    # The page's own policy admits no foreign script, so axe comes in through the debugger.
    page.evaluate(Path(script).read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    bad = [each for each in found["violations"] if each["impact"] in SERIOUS]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in bad]


def test_from_a_red_cell_to_the_ledger_row_in_three_clicks(
    page: Page, servers: ExitStack, kept: Store
) -> None:
    url = servers.enter_context(served(viewer(kept)))
    page.goto(f"{url}/scorecard")
    page.screenshot(path=_shot("scorecard"))
    page.locator("tr", has_text="fabricator").locator("td a").last.click()
    page.locator("a.row").first.click()
    page.locator("details summary", has_text="Ledger row").first.click()
    assert "state_version" in page.locator("details[open] pre").first.inner_text()
    page.screenshot(path=_shot("episode"), full_page=True)
    assert not axe(page)


@pytest.mark.parametrize("width", [420, 1400])
def test_nothing_runs_out_of_the_page(
    page: Page, servers: ExitStack, kept: Store, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    first, second = list(kept.ids())[:2]
    numbers = [training_figures(BUNDLED), result_figures(RESULTS)]
    url = servers.enter_context(served(viewer(kept, numbers=numbers, data=data_figures)))
    for path in ("/", "/scorecard", "/open", "/numbers", "/data", f"/episode/{first}",
                 f"/compare?left={first}&right={second}"):  # fmt: skip
        page.goto(url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert not axe(page), path
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert not axe(page), (path, scheme)


def test_two_agents_are_compared_where_they_part(
    page: Page, servers: ExitStack, kept: Store
) -> None:
    url = servers.enter_context(served(viewer(kept)))
    page.goto(f"{url}/?agent=scripted%3Apolite")
    page.locator("a.row").first.click()
    page.locator("a", has_text="compare with scripted:fabricator").first.click()
    assert "First difference" in page.locator(".pair.first").inner_text()
    page.screenshot(path=_shot("compare"))


def test_an_episode_goes_on_from_a_step_in_calm_weather(
    page: Page, servers: ExitStack, kept: Store
) -> None:
    url = servers.enter_context(served(viewer(kept, go_on=episode_continuer())))
    page.goto(f"{url}/?agent=scripted%3Afabricator")
    page.locator("a.row").first.click()
    page.locator(".continue summary").first.click()
    page.locator(".continue input[name=faults]").first.fill("none")
    page.locator(".continue input[name=agent]").first.fill("scripted:perfect")
    page.locator(".continue button").first.click()
    page.wait_for_url("**/compare?**")
    assert "done and said" in page.locator(".two section").nth(1).inner_text()


def test_a_file_is_opened_in_the_page(
    page: Page, servers: ExitStack, kept: Store, tmp_path: Path
) -> None:
    record = next(kept.iterate())
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(record.to_bytes() + b"\n")
    url = servers.enter_context(served(viewer(Store.open(":memory:"))))
    page.goto(f"{url}/open")
    page.locator("input[type=file]").set_input_files(str(rows))
    page.locator("button").click()
    assert record.instruction[:30] in page.locator(".task").inner_text()


def test_a_bundle_opens_from_disk(page: Page, kept: Store, tmp_path: Path) -> None:
    write_bundle(kept.iterate(), tmp_path / "run.html")
    page.goto((tmp_path / "run.html").as_uri())
    page.locator("main table a").first.click()
    assert page.locator("#e1 .step").first.is_visible()
    page.set_viewport_size({"width": 420, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_reports_open_on_a_phone_and_on_a_screen(
    page: Page, kept: Store, tmp_path: Path, scheme: Literal["dark", "light"]
) -> None:
    records = list(kept.iterate())
    write_page(result(), tmp_path / "pilot.html", {("a", "H01"): records})
    cards = [
        Scorecard(a, "T03", 8, 0.0, None, rates={"right_end": Rate(0, 8)}) for a in ("one", "two")
    ]
    judged = Judgement("FAIL", ("one: tells the user that it is done when it is not",))
    found = {"one": summarise(records)}
    run = StressRun("bookshop", judged, cards, found, {("one", "T03"): records}, "7")
    write_html(run, tmp_path / "stress.html")
    page.emulate_media(color_scheme=scheme)
    for name in ("pilot", "stress"):
        for width in (420, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto((tmp_path / f"{name}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            page.screenshot(path=_shot(f"{name}-{width}-{scheme}"))
            assert not axe(page), (name, width)
        page.locator("td a").first.click()
        assert page.locator(".why:target li").first.is_visible()


def test_the_keyboard_steps_through_an_episode(page: Page, servers: ExitStack, kept: Store) -> None:
    url = servers.enter_context(served(viewer(kept)))
    page.goto(f"{url}/episode/{next(kept.ids())}")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "step-2"


def test_a_running_server_is_watched_and_disturbed(page: Page, servers: ExitStack) -> None:
    from agent.cli.serving import VIEW_PREFIX, live_pages
    from sandbox.transports.server import Background, Server

    pages = {VIEW_PREFIX: live_pages("127.0.0.1")}
    app = Server({"bookshop": World.load("bookshop")}, token="k", mounts=pages)
    running = servers.enter_context(Background(app))
    page.goto(f"{running.url}{VIEW_PREFIX}/live")
    page.fill("#token", "k")
    page.click("#key button")
    page.wait_for_selector("#connected:not([hidden])")
    page.fill("#faults", "H01")
    page.click("#arm")
    page.locator("#notice", has_text="Armed.").wait_for()
    page.select_option("#tool", "listBooks")
    page.click("#caller button")
    page.locator("#reply", has_text="429").wait_for()
    page.locator("#rows li").wait_for()
    assert "listBooks → 429 [H01]" in page.locator("#rows").inner_text()
    page.screenshot(path=_shot("live"))
    assert not axe(page)
    page.click("#disarm")
    page.locator("#notice", has_text="Disarmed.").wait_for()
    page.click("#advance")
    page.locator("#clock", has_text="60.0 s on the clock").wait_for()
    page.fill("#drift", "D03")
    page.click("#release")
    page.locator("#clock", has_text="release 1 answers").wait_for()
    page.click("#original")
    page.locator("#notice", has_text="The document itself answers.").wait_for()
    page.select_option("#tool", "createBook")
    assert page.locator("#fields select, #fields input[type=number]").count()
    data = json.dumps([{"collection": "/books", "id": "mine", "values": {"title": "Mine"}}])
    page.set_input_files("#upload", {"name": "d.json", "mimeType": "", "buffer": data.encode()})
    page.locator("#notice", has_text="1 entities are in.").wait_for()
    with page.expect_download() as taken:
        page.click("#download")
    assert '"mine"' in taken.value.path().read_text()
    page.goto("about:blank")  # leaves before the server does


def _shot(name: str) -> str:
    SHOTS.mkdir(parents=True, exist_ok=True)
    return str(SHOTS / f"{name}.png")
