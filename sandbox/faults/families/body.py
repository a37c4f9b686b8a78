"""B: the reply arrives, and its body is not what it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from sandbox.document import validate
from sandbox.faults.context import (
    FaultContext,
    Proceed,
    is_success,
    json_of,
    with_headers,
    with_json,
)
from sandbox.faults.fairness import reply_damaged
from sandbox.faults.oracles import CHANGED, CLEAN, READBACK, REPAIRED, SUCCEEDED, TRUTHFUL
from sandbox.faults.registry import fault
from sandbox.faults.targets import pick, prose, replace_at
from sandbox.messages import Problem, Response

_PAGE = (
    "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>"
    "<p>Reference {canary}</p></body></html>"
)


@fault("B01", "truncated JSON", oracle=SUCCEEDED, params={"fraction": 0.6})
def cut_json(context: FaultContext, proceed: Proceed) -> Response:
    """The JSON text ends too early; the length given is that of the shortened text."""

    def cut_body(response: Response) -> Response | None:
        length = len(response.body)
        kept = max(1, min(length - 1, int(length * context.params["fraction"])))
        return replace(response, body=response.body[:kept]) if length > 2 else None

    return reply_damaged(context, proceed, cut_body)


@fault(
    "B02",
    "malformed JSON",
    oracle=SUCCEEDED,
    params={"how": "trailing_comma"},
    choices={"how": ("trailing_comma", "nan", "single_quotes", "bom", "two_documents")},
)
def malformed_json(context: FaultContext, proceed: Proceed) -> Response:
    """JSON as some servers write it: a comma too many, NaN, single quotes, a BOM, two values."""

    def spoilt(response: Response) -> Response | None:
        if not isinstance(json_of(response), (dict, list)):
            return None
        body = response.body
        forms = {
            "trailing_comma": body[:-1] + b"," + body[-1:],
            "nan": body[:-1] + (b',"_score":NaN}' if body[:1] == b"{" else b",NaN]"),
            "single_quotes": body.replace(b'"', b"'"),
            "bom": b"\xef\xbb\xbf" + body,
            "two_documents": body + b"\n" + body,
        }
        return replace(response, body=forms[context.params["how"]])

    return reply_damaged(context, proceed, spoilt)


@fault(
    "B03",
    "HTML instead of JSON",
    oracle=SUCCEEDED & CLEAN,
    params={"status": 502},
    choices={"status": (200, 502)},
)
def html_page(context: FaultContext, proceed: Proceed) -> Response:
    """A proxy's page, as an error or with 200; nothing was done."""
    context.record_firing({"canaries": [context.tag]})
    status = int(context.params["status"])
    title = "Sign in to continue" if status == 200 else "502 Bad Gateway"
    page = _PAGE.format(title=title, canary=context.tag)
    return Response(status, (("content-type", "text/html; charset=utf-8"),), page.encode())


@fault("B04", "wrong Content-Type", oracle=SUCCEEDED, params={"label": "text/plain"})
def wrong_content_type(context: FaultContext, proceed: Proceed) -> Response:
    """The right body under a wrong label."""
    response = proceed()
    if not is_success(response) or not response.body:
        return response
    context.record_firing()
    return with_headers(response, ("content-type", context.params["label"]))


@fault(
    "B05",
    "charset error",
    oracle=CLEAN,
    params={"how": "mojibake"},
    choices={"how": ("mojibake", "latin1")},
    silent=True,
)
def mojibake(context: FaultContext, proceed: Proceed) -> Response:
    """Text decoded and encoded once too often; a text in plain ASCII gets one accent to lose."""
    response = proceed()
    value = json_of(response)
    if not is_success(response):
        return response
    written = pick(context, value, lambda path, leaf: _text(path, leaf) and prose(path, leaf))
    found = written or pick(context, value, _text)
    if found is None:
        return response
    path, text = found
    accented = text if not text.isascii() else _with_accent(text)
    context.record_firing({"canaries": [accented.encode().decode("latin-1")]})
    if context.params["how"] == "latin1":
        whole = orjson.dumps(replace_at(value, path, accented)).decode()
        return replace(response, body=whole.encode("latin-1", "replace"))
    return with_json(response, replace_at(value, path, accented.encode().decode("latin-1")))


def _text(path: tuple[str | int, ...], value: Any) -> bool:
    long = isinstance(value, str) and len(value) > 3
    return long and any(vowel in value for vowel in "aeou")


def _with_accent(text: str) -> str:
    for plain, accent in (("e", "é"), ("a", "ä"), ("o", "ö"), ("u", "ü")):
        if plain in text:
            return text.replace(plain, accent, 1)
    return text + "é"


@fault(
    "B06",
    "200 with an error inside",
    oracle=SUCCEEDED & TRUTHFUL,
    params={"shape": "status"},
    choices={"shape": ("status", "errors", "ok")},
    silent=True,
)
def error_inside(context: FaultContext, proceed: Proceed) -> Response:
    """200 and a body that says that nothing was done; nothing was done."""
    context.record_firing()
    message = "The request could not be processed. Please try again."
    code = "temporarily_unavailable"
    shapes: dict[str, dict[str, Any]] = {
        "status": {"status": "error", "error": {"code": code, "message": message}},
        "errors": {"data": None, "errors": [{"message": message}]},
        "ok": {"ok": False, "error": code},
    }
    body = orjson.dumps(shapes[context.params["shape"]])
    return Response(200, (("content-type", "application/json"),), body)


@fault("B07", "error without detail", oracle=CHANGED | SUCCEEDED)
def bare_error(context: FaultContext, proceed: Proceed) -> Response:
    """400 that does not say what is wrong."""
    context.record_firing()
    return Response(400, (("content-type", "application/json"),), b'{"error":"Bad Request"}')


@fault("B08", "misleading error", oracle=REPAIRED, suits="write")
def misleading(context: FaultContext, proceed: Proceed) -> Response:
    """422 that blames a field which is right. Calls that name no such field pass undisturbed."""
    names = _right(context)
    if not names:
        return proceed()
    name = context.draw.choice(names, "blamed")
    problem = Problem(f"/{name}", "body", "format", f"{name} has an unsupported format", name=name)
    context.record_firing()
    return context.fail(422, "invalid", f"{name} has an unsupported format.", problems=(problem,))


def _right(context: FaultContext) -> list[str]:
    """The fields of the body that nothing is wrong with."""
    arguments, world = context.call.arguments, context.session.world
    if arguments is None or not isinstance(arguments.body, dict):
        return []
    problems = validate(context.operation, arguments, world.document.schemas)
    wrong = {each.pointer.lstrip("/").partition("/")[0] for each in problems}
    return sorted(name for name in arguments.body if name not in wrong)


@fault("B09", "empty body", oracle=READBACK, params={"status": 200}, choices={"status": (200, 204)})
def empty(context: FaultContext, proceed: Proceed) -> Response:
    """Success without the object that was promised; it was done."""

    def drop_body(response: Response) -> Response | None:
        kept = tuple(pair for pair in response.headers if pair[0] != "content-type")
        status = int(context.params["status"])
        return Response(status, kept, b"", response.delay) if response.body else None

    return reply_damaged(context, proceed, drop_body)
