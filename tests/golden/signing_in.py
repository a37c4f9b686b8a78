"""What the endpoints for signing in say to every grant, complete or not, and to strangers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final
from urllib.parse import urlencode

from sandbox import Document, Request, Session, World
from sandbox.faults import faults
from tests.golden.replies import bytes_of, digest, json_of

_SCOPES: Final = {"read": "Read", "write": "Write"}
_FLOWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": _SCOPES},
    "password": {"tokenUrl": "https://id.example/token", "refreshUrl": "/oauth/refresh"},
    "authorizationCode": {
        "authorizationUrl": "/authorize",
        "tokenUrl": "/oauth/token",
        "scopes": {"admin": "All"},
    },
    "implicit": {"authorizationUrl": "https://id.example/sign-in", "scopes": {}},
}
_FIELDS: Final = {
    "client_id": "c-1", "client_secret": "s-1", "username": "ann", "password": "pass",
    "code": "k-1", "refresh_token": "r-1", "scope": "read",
}  # fmt: skip
_GRANTS: Final = (
    "client_credentials", "password", "authorization_code", "refresh_token", "no_such", "",
)  # fmt: skip
_CREDENTIALS: Final = ((), ("c-1:s-1",), ("s-1",), ("ann:pass", "r-1"), ("other",))
_FORM: Final = ("content-type", "application/x-www-form-urlencoded")
_JSON: Final = ("content-type", "application/json")
_HEADERS: Final[tuple[tuple[tuple[str, str], ...], ...]] = (
    (_FORM,),
    (_FORM, ("authorization", "Basic Yy0xOnMtMQ==")),
    (_FORM, ("authorization", "Basic ?")),
    (_JSON,),
    (("content-type", "text/plain"),),
    (),
)
_PATHS: Final = (
    "/oauth/token", "/token", "/oauth/refresh", "/authorize", "/sign-in", "/id/authorize",
    "/id/.well-known/openid-configuration", "/id/.well-known/jwks.json", "/things",
)  # fmt: skip
_QUERIES: Final = (
    "", "redirect_uri=/back", "response_type=code&redirect_uri=https://a.example/b&state=7",
    "response_type=token&redirect_uri=https://a.example/b%3Fx%3D1",
)  # fmt: skip


def signing_in() -> Iterator[tuple[str, str]]:
    """One digest for each grant and for each path."""
    for grant in _GRANTS:
        texts = [bytes_of(each) for accepted in _CREDENTIALS for each in _asked(grant, accepted)]
        yield f"signing in by {grant}", digest(texts)
    for fault in (each for each in faults() if each.startswith("A")):
        rule = {"fault": fault, "trigger": {"model": "first_n", "n": 3, "scope": "global"}}
        session = _office((), faults={"rules": [rule]})
        texts = [bytes_of(session.handle(each)) for each in _requests(_GRANTS)]
        texts += [json.dumps(row.as_json()).encode() for row in session.ledger]
        yield f"signing in through {fault}", digest(texts)
    for path in _PATHS:
        session = _office(())
        texts = [
            bytes_of(session.handle(Request(method, path, query)))
            for method, query in product(("GET", "HEAD", "POST", "PUT"), _QUERIES)
        ]
        yield f"signing in at {path}", digest(texts)


def _asked(grant: str, accepted: tuple[str, ...]) -> Iterator[Any]:
    """The replies to a grant with each field left out; then a call with the token it got."""
    session = _office(accepted)
    for left_out, headers in product((None, *_FIELDS), _HEADERS):
        fields = {name: value for name, value in _FIELDS.items() if name != left_out}
        given = {**fields, "grant_type": grant} if grant else fields
        body = _body(given, headers)
        for path in ("/oauth/token", "/token"):
            yield session.handle(Request("POST", path, "", headers, body))
    strange = _body({**_FIELDS, "grant_type": grant, "scope": "read fly"}, (_FORM,))
    yield session.handle(Request("POST", "/oauth/token", "", (_FORM,), strange))
    granted = _body({**_FIELDS, "grant_type": grant}, (_FORM,))
    reply = session.handle(Request("POST", "/oauth/token", "", (_FORM,), granted))
    yield reply
    for token in ("s-1", "other", (json_of(reply.body) or {}).get("access_token")):
        headers = (("authorization", f"Bearer {token}"),)
        yield session.handle(Request("GET", "/things", "", headers))


def _requests(grants: Iterable[str]) -> Iterator[Request]:
    """A call, then a token by each grant and the call again, twice over."""
    call = Request("GET", "/things", "", (("authorization", "Bearer t-1234567890"),))
    for grant in (*grants, *grants):
        yield call
        body = _body({**_FIELDS, "grant_type": grant}, (_FORM,))
        yield Request("POST", "/oauth/token", "", (_FORM,), body)


def _body(given: Mapping[str, str], headers: tuple[tuple[str, str], ...]) -> bytes:
    if headers == (_JSON,):
        return repr(dict(given)).replace("'", '"').encode()
    return urlencode(given).encode()


def _office(accepted: tuple[str, ...], **rules: Any) -> Session:
    """A session of a document with every flow, which lets in who is named."""
    schemes = {
        "all": {"type": "oauth2", "flows": _FLOWS},
        "id": {
            "type": "openIdConnect",
            "openIdConnectUrl": "https://id.example/id/.well-known/openid-configuration",
        },
    }
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "security": [{"all": ["read"]}],
        "components": {"securitySchemes": schemes},
        "paths": {"/things": {"get": {"responses": {"200": {"description": "things"}}}}},
    }
    return World(Document.from_tree(tree, source="t")).session(
        seed=1, credentials=accepted, **rules
    )
