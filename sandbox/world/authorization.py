"""Signing in: the token endpoints of declared OAuth flows (RFC 6749) and OpenID discovery."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote_plus, urlencode, urljoin, urlsplit

import orjson

from sandbox.document import Document
from sandbox.document.media_types import essence, form_of
from sandbox.draws import Draw
from sandbox.messages import Request, Response

if TYPE_CHECKING:
    from sandbox.world.session import Session

_GRANTS: Final = {
    "clientCredentials": "client_credentials",
    "password": "password",
    "authorizationCode": "authorization_code",
    "implicit": "",
    "deviceAuthorization": "urn:ietf:params:oauth:grant-type:device_code",
}
_LIFETIME: Final = 3600
"""Virtual seconds that a token is said to be good for."""
_DISCOVERY: Final = "/.well-known/openid-configuration"
_KEYS: Final = "/.well-known/jwks.json"


@dataclass(slots=True)
class TokenEndpoint:
    """What the flows that share a token URL allow."""

    url: str
    grants: set[str] = field(default_factory=set)
    scopes: dict[str, str] = field(default_factory=dict)


class Authorization:
    """The endpoints for signing in that one document declares, by path."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def tokens(self) -> Mapping[str, TokenEndpoint]:
        """Path → token endpoint, of every OAuth flow that names one."""
        found: dict[str, TokenEndpoint] = {}
        for scheme in self._document.security_schemes.values():
            flows = scheme.get("flows")
            for name, flow in flows.items() if isinstance(flows, Mapping) else ():
                for key in ("tokenUrl", "refreshUrl") if isinstance(flow, Mapping) else ():
                    if isinstance(flow.get(key), str):
                        url = self.absolute(flow[key])
                        endpoint = found.setdefault(urlsplit(url).path, TokenEndpoint(url))
                        endpoint.grants |= {_GRANTS.get(str(name), ""), "refresh_token"} - {""}
                        scopes = flow.get("scopes")
                        endpoint.scopes |= scopes if isinstance(scopes, dict) else {}
        return found

    @cached_property
    def discoveries(self) -> Mapping[str, str]:
        """Path → URL of every OpenID discovery document."""
        schemes = self._document.security_schemes.values()
        urls = (scheme.get("openIdConnectUrl") for scheme in schemes)
        absolute = [self.absolute(url) for url in urls if isinstance(url, str)]
        return {urlsplit(url).path: url for url in absolute}

    @cached_property
    def authorizations(self) -> frozenset[str]:
        """The paths of the pages where a user signs in and a client gets its code."""
        flows = (
            flow
            for scheme in self._document.security_schemes.values()
            if isinstance(scheme.get("flows"), Mapping)
            for flow in scheme["flows"].values()
            if isinstance(flow, Mapping) and isinstance(flow.get("authorizationUrl"), str)
        )
        urls = [self.absolute(flow["authorizationUrl"]) for flow in flows]
        urls += [f"{url.removesuffix(_DISCOVERY)}/authorize" for url in self.discoveries.values()]
        return frozenset(urlsplit(url).path for url in urls)

    @cached_property
    def _key_sets(self) -> frozenset[str]:
        return frozenset(path.removesuffix(_DISCOVERY) + _KEYS for path in self.discoveries)

    def serves(self, path: str) -> bool:
        """Whether a path is one of the endpoints for signing in."""
        listed = self.tokens, self.discoveries, self.authorizations, self._key_sets
        return any(path in each for each in listed)

    def answer(self, session: Session, request: Request) -> Response | None:
        """The reply to a request for one of the endpoints; None for any other path."""
        endpoint = self.tokens.get(request.path)
        if endpoint is not None:
            if request.method != "POST":
                return _error(405, "invalid_request", "POST the grant here.", ("allow", "POST"))
            return self._token(session, endpoint, request)
        if request.method not in ("GET", "HEAD"):
            return None
        if request.path in self.authorizations:
            return _grant_code(request)
        if request.path in self._key_sets:
            return Response(200, (("content-type", "application/json"),), b'{"keys":[]}')
        url = self.discoveries.get(request.path)
        if url is None:
            return None
        return Response(200, (("content-type", "application/json"),), self._discovery(url))

    def _token(self, session: Session, endpoint: TokenEndpoint, request: Request) -> Response:
        given = _fields(request)
        if given is None:
            return _error(400, "invalid_request", "The body must be a form.")
        grant = given.get("grant_type", "")
        if not grant:
            return _error(400, "invalid_request", "grant_type is missing.")
        if grant not in endpoint.grants:
            known = ", ".join(sorted(endpoint.grants))
            return _error(400, "unsupported_grant_type", f"grant_type may be {known}.")
        needed = _NEEDED.get(grant, ())
        missing = [name for name in needed if not given.get(name)]
        if missing:
            return _error(400, "invalid_request", f"{missing[0]} is missing.")
        client, secret = _client(request, given)
        if not client and grant == "client_credentials":
            lack = "client_id and client_secret are missing."
            return _error(401, "invalid_client", lack, ("www-authenticate", "Basic"))
        presented = {f"{client}:{secret}", secret, *(given.get(name, "") for name in needed)}
        presented.add(f"{given.get('username', '')}:{given.get('password', '')}")
        if session.accepted and not presented & session.accepted:
            error = "invalid_client" if grant == "client_credentials" else "invalid_grant"
            return _error(401 if error == "invalid_client" else 400, error, "Not known here.")
        scope = given.get("scope", " ".join(endpoint.scopes))
        scopes = endpoint.scopes
        strange = [name for name in scope.split() if scopes and name not in scopes]
        if strange:
            detail = f"{strange[0]!r} is no scope; there are {', '.join(scopes)}."
            return _error(400, "invalid_scope", detail)
        draw = Draw(session.seed, "token", client, str(sorted(given.items())))
        return self._grant_token(session, draw, grant, scope)

    def _grant_token(self, session: Session, draw: Draw, grant: str, scope: str) -> Response:
        draw = draw.child(session.credential)
        session.credential += 1
        body = {"access_token": draw.hex(32, "access"), "token_type": "Bearer",
                "expires_in": _LIFETIME}  # fmt: skip
        if grant != "client_credentials":
            body["refresh_token"] = draw.hex(32, "refresh")
        if scope:
            body["scope"] = scope
        if session.accepted:
            made = {str(body["access_token"]), str(body.get("refresh_token", ""))} - {""}
            session.accepted = session.accepted | made
        headers = (("content-type", "application/json"), ("cache-control", "no-store"))
        return Response(200, headers, orjson.dumps(body))

    def _discovery(self, url: str) -> bytes:
        issuer = url.removesuffix(_DISCOVERY)
        endpoints = list(self.tokens.values())
        scopes = list(dict.fromkeys(["openid", *(s for each in endpoints for s in each.scopes)]))
        grants = sorted({grant for each in endpoints for grant in each.grants})
        return orjson.dumps({
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": endpoints[0].url if endpoints else f"{issuer}/token",
            "jwks_uri": issuer + _KEYS,
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "grant_types_supported": grants or ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })  # fmt: skip

    def absolute(self, url: str) -> str:
        """A URL of the document, which may be relative to its first server."""
        home = self._document.servers[0]
        return urljoin(home if "://" in home else f"http://localhost{home}", url)


_NEEDED: Final = {
    "password": ("username", "password"),
    "refresh_token": ("refresh_token",),
    "authorization_code": ("code",),
}


def _grant_code(request: Request) -> Response:
    """Back to the client with a code at once, as if a user had agreed (RFC 6749 §4.1.2)."""
    given = dict(parse_qsl(request.query))
    target = given.get("redirect_uri", "")
    if "://" not in target or not target.isascii() or not target.isprintable() or " " in target:
        return _error(400, "invalid_request", "redirect_uri must be an absolute URL.")
    answer = {"code": Draw("code", request.query).hex(16)}
    if given.get("response_type") != "code":
        answer = {"error": "unsupported_response_type"}
    if "state" in given:
        answer["state"] = given["state"]
    joint = "&" if "?" in target else "?"
    headers = (("location", f"{target}{joint}{urlencode(answer)}"), ("cache-control", "no-store"))
    return Response(302, headers)


def on_host(response: Response, host: str) -> Response:
    """A discovery document whose endpoints lie on the host that it was asked from."""
    found = orjson.loads(response.body)
    moved = {
        name: f"http://{host}{urlsplit(value).path}"
        if isinstance(value, str) and "://" in value else value
        for name, value in found.items()
    }  # fmt: skip
    return replace(response, body=orjson.dumps(moved))


def _fields(request: Request) -> dict[str, str] | None:
    kind = request.header("content-type") or "application/x-www-form-urlencoded"
    text = request.body.decode("utf-8", "replace")
    if form_of(kind) == "json":
        try:
            body = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        return {k: str(v) for k, v in body.items()} if isinstance(body, dict) else None
    if essence(kind) != "application/x-www-form-urlencoded":
        return None
    return dict(parse_qsl(text, keep_blank_values=True))


def _client(request: Request, given: Mapping[str, str]) -> tuple[str, str]:
    """The client's id and secret, out of Basic authorization or the form (RFC 6749 §2.3.1)."""
    scheme, _, value = (request.header("authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return unquote_plus(name), unquote_plus(secret)
    return given.get("client_id", ""), given.get("client_secret", "")


def _error(status: int, error: str, detail: str, *headers: tuple[str, str]) -> Response:
    body: dict[str, Any] = {"error": error, "error_description": detail}
    kinds = (("content-type", "application/json"), ("cache-control", "no-store"), *headers)
    return Response(status, kinds, orjson.dumps(body))
