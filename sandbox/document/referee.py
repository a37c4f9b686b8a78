"""The referee: openapi-core's own verdict on a request or response, to hold ours against.

Slow (milliseconds a request) and independent of everything else here; imported only when asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.document.document import Document
from sandbox.messages import Request, Response


class Referee:
    """openapi-core over one document."""

    def __init__(self, document: Document) -> None:
        from openapi_core import Config, OpenAPI

        server = document.servers[0]
        self._host = f"https://host.test{document.base_path}"
        parts = urlsplit(server)
        if parts.scheme and parts.netloc:
            self._host = f"{parts.scheme}://{parts.netloc}"
        else:
            self._host = "https://host.test"
        # Imperfect documents are our everyday business: only the messages are judged.
        config = Config(
            spec_validator_cls=None, server_base_url=f"{self._host}{document.base_path or '/'}"
        )
        self._openapi: Any = OpenAPI.from_dict(document.tree, config=config)

    def request_errors(self, request: Request) -> list[str]:
        """What is wrong with a request, one text per violation."""
        return _list_errors(self._openapi.iter_request_errors, _Message(self._host, request))

    def response_errors(self, request: Request, response: Response) -> list[str]:
        """What is wrong with a response to a request."""
        message, reply = _Message(self._host, request), _Reply(response)
        return _list_errors(self._openapi.iter_response_errors, message, reply)


def _list_errors(judge: Callable[..., Iterable[BaseException]], *messages: object) -> list[str]:
    try:
        return [_describe(error) for error in judge(*messages)]
    except (Exception, RecursionError) as error:
        # openapi-core itself fails on some documents; that is no verdict, and is told apart.
        return [f"referee failed: {type(error).__name__}: {error}"]


def _describe(error: BaseException) -> str:
    """An error with its causes, since openapi-core wraps what matters."""
    texts = []
    cause: BaseException | None = error
    while cause is not None:
        texts.append(f"{type(cause).__name__}: {cause}")
        inner = getattr(cause, "schema_errors", None)
        texts += [f"{type(each).__name__}: {each.message}" for each in inner or ()]
        cause = cause.__cause__
    return " <- ".join(texts)


class _Message:
    """A request in the form of openapi-core's protocol."""

    def __init__(self, host_url: str, request: Request) -> None:
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        cookies = (
            part.strip().partition("=") for part in (request.header("cookie") or "").split(";")
        )
        self.host_url = host_url
        self.path = request.path
        self.method = request.method.lower()
        self.body = request.body or None
        self.content_type = request.header("content-type") or ""
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(request.query, keep_blank_values=True)),
            header=Headers(list(request.headers)),
            cookie=ImmutableMultiDict([(name, value) for name, _, value in cookies if name]),
        )


class _Reply:
    """A response in the form of openapi-core's protocol."""

    def __init__(self, response: Response) -> None:
        from werkzeug.datastructures import Headers

        self.status_code = response.status
        self.headers = Headers(list(response.headers))
        self.data = response.body
        self.content_type = response.header("content-type") or ""
