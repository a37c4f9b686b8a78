"""The viewer as an ASGI application over a store. Read-only, but for continuing an episode."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from trajectories.errors import TrajectoryError
from trajectories.records import Trajectory
from trajectories.store import Store
from trajectories.timeline import compare, timeline
from trajectories.viewer import episodes
from trajectories.viewer.figures import Figures
from trajectories.viewer.files import exported_bytes, open_upload
from trajectories.viewer.pages import render, static, visible

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
EXPORTS: Final = {
    "native": "jsonl", "openai": "jsonl", "atif": "jsonl", "sharegpt": "json",
    "toolbench": "json", "trl": "parquet", "alpha-umi": "zip",
}  # fmt: skip
_UPLOAD: Final = 64 * 1024 * 1024

Continue = Callable[[Trajectory, int, Mapping[str, str]], Trajectory]
"""Plays an episode again up to a step and goes on otherwise; returns the new record.

The options are `faults`, `agent`, or `tool` with `arguments` for one call made by hand.
Raises TrajectoryError, or ValueError with a sentence, when that cannot be done.
"""


def allowed_hosts(host: str) -> tuple[str, ...]:
    """The Host headers that are answered: the loopback names, and the address that is bound."""
    own = f"[{host}]" if ":" in host else host
    return tuple(dict.fromkeys(("127.0.0.1", "localhost", "[::1]", own)))


def viewer(
    store: Store,
    *,
    title: str = "Wavetank",
    hosts: tuple[str, ...] = allowed_hosts("127.0.0.1"),
    go_on: Continue | None = None,
    control: str | None = None,
    root: str = "",
    numbers: Sequence[Figures] = (),
    data: Callable[[Store], Figures] | None = None,
) -> FastAPI:
    """The pages of one store. `root` is the path it is mounted under, `control` the path of a
    running server's control plane, `go_on` continues an episode from one of its steps, `numbers`
    are pages of trainings and results, and `data` measures a store.

    Requests that name another host are refused, and so are changes from another origin.
    """
    app = FastAPI(title=title, openapi_url=None, docs_url=None, redoc_url=None)
    token = secrets.token_urlsafe(16)
    """Proves that a form was on one of our own pages."""

    def html(template: str, status: int = 200, **values: Any) -> Response:
        text = render(
            template,
            title=title,
            root=root,
            token=token,
            live=control is not None,
            numbers=bool(numbers),
            data=data is not None,
            **values,
        )
        return Response(text, status, media_type="text/html")

    scratch = Store.open(":memory:")
    """Opened files and continued episodes: the store itself is only read."""

    def record(id: str) -> Trajectory:
        found = store.get(id) or scratch.get(id)
        if found is None:
            raise LookupError(id)
        return found

    @app.middleware("http")
    async def guard(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        host = request.headers.get("host", "").rsplit(":", 1)[0].lower()
        if host not in hosts:
            return PlainTextResponse(f"This viewer does not answer for {visible(host)!r}.", 421)
        if request.method != "GET":
            origin = request.headers.get("origin")
            same = origin is None or urlsplit(origin).netloc == request.headers.get("host")
            if not same or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
                return PlainTextResponse("Changes come from these pages alone.", 403)
        response = await proceed(request)
        response.headers["content-security-policy"] = POLICY
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["referrer-policy"] = "same-origin"
        return response

    @app.exception_handler(LookupError)
    async def missing(request: Request, error: LookupError) -> Response:
        return html("problem", 404, heading="There is no such episode", text=str(error.args[0]))

    @app.exception_handler(TrajectoryError)
    @app.exception_handler(ValueError)
    async def refuse_input(request: Request, error: Exception) -> Response:
        return html("problem", 422, heading="That did not work", text=str(error))

    def listing(source: Store, request: Request, path: str) -> Response:
        asked = dict(request.query_params)
        found = episodes.page(source, asked)
        return html("runs", page=found, choices=episodes.choices(source), path=path)

    @app.get("/")
    async def runs(request: Request) -> Response:
        if numbers and not store.count():
            return RedirectResponse(f"{root}/numbers", 303)
        return listing(store, request, "/")

    @app.get("/numbers")
    async def all_numbers() -> Response:
        return html("numbers", heading="Numbers", found=numbers)

    @app.get("/data")
    async def measure_data() -> Response:
        if data is None:
            raise ValueError(
                "this viewer does not measure its store: start it with `wavetank view`"
            )
        return html("numbers", heading="Data", found=[await run_in_threadpool(data, store)])

    @app.get("/opened")
    async def opened_files(request: Request) -> Response:
        return listing(scratch, request, "/opened")

    @app.get("/scorecard")
    async def scorecard() -> Response:
        agents, faults, cells = episodes.scorecard(store)
        found = episodes.found_kinds(store)
        return html("scorecard", agents=agents, faults=faults, cells=cells, found=found)

    @app.get("/episode/{id}")
    async def episode(id: str) -> Response:
        found = record(id)
        return html(
            "episode",
            story=episodes.story(found),
            steps=timeline(found),
            wrong=episodes.what_went_wrong(found),
            record=found,
            siblings=episodes.siblings(store, found),
            can_go_on=go_on is not None and bool(found.ledger),
            exports=EXPORTS,
        )

    @app.get("/episode/{id}/turn/{index}")
    async def raw(id: str, index: int) -> Response:
        messages = record(id).messages
        if not 0 <= index < len(messages):
            raise LookupError(f"{id}, turn {index}")
        call = messages[index].call
        written = messages[index].content
        return PlainTextResponse(written if call is None else f"{written}\n\n{call.text()}")

    @app.get("/episode/{id}/export/{form}")
    async def export_episode(id: str, form: str) -> Response:
        if form not in EXPORTS:
            raise ValueError(f"no export {form!r} here; valid: {', '.join(EXPORTS)}")
        data = exported_bytes(record(id), form, EXPORTS[form])
        name = f'attachment; filename="episode.{EXPORTS[form]}"'
        return Response(
            data, media_type="application/octet-stream", headers={"content-disposition": name}
        )

    @app.post("/episode/{id}/continue")
    async def continue_episode(id: str, request: Request) -> Response:
        if go_on is None:
            raise ValueError("this viewer has no worlds to go on in: start it with `wavetank view`")
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not secrets.compare_digest(form.pop("token", ""), token):
            return PlainTextResponse("The form is not from this viewer; reload the page.", 403)
        step = form.pop("step", "")
        if not step.isdigit():
            raise ValueError("the step is a number")
        options = {name: value for name, value in form.items() if value.strip()}
        # Agents bring event loops of their own, so they run in a thread beside this one.
        made = await run_in_threadpool(go_on, record(id), int(step), options)
        scratch.add(made)
        return RedirectResponse(f"{root}/compare?left={id}&right={made.id}", 303)

    @app.get("/compare")
    async def compare_episodes(left: str, right: str) -> Response:
        sides = record(left), record(right)
        pairs = compare(*(timeline(side) for side in sides))
        parted = next((n for n, pair in enumerate(pairs) if pair.relation != "same"), None)
        stories = [episodes.story(side) for side in sides]
        return html("compare", stories=stories, pairs=pairs, parted=parted)

    @app.get("/open")
    async def open_form() -> Response:
        return html("open")

    @app.post("/open")
    async def open_files(request: Request) -> Response:
        if int(request.headers.get("content-length") or 0) > _UPLOAD:
            raise ValueError(f"a file here has at most {_UPLOAD // 2**20} MiB")
        async with request.form() as form:
            if not secrets.compare_digest(str(form.get("token", "")), token):
                return PlainTextResponse("The form is not from this viewer; reload it.", 403)
            upload = form.get("file")
            if upload is None or isinstance(upload, str):
                raise ValueError("no file was sent")
            data = await upload.read()
        found = await run_in_threadpool(open_upload, data, upload.filename or "file")
        scratch.add_many(found)
        if len(found) == 1:
            return RedirectResponse(f"{root}/episode/{found[0].id}", 303)
        return RedirectResponse(f"{root}/opened", 303)

    @app.get("/live")
    async def live() -> Response:
        if control is None:
            raise ValueError("no running server: `wavetank serve` shows its sessions here")
        return html("live", control=control)

    @app.get("/static/{name}")
    async def asset(name: str) -> Response:
        kind = name.rsplit(".", 1)[-1]
        if kind not in _TYPES or "/" in name or name.startswith("."):
            raise LookupError(name)
        try:
            data = static(name)
        except FileNotFoundError:
            raise LookupError(name) from None
        return Response(data, media_type=_TYPES[kind], headers={"cache-control": "max-age=300"})

    return app
