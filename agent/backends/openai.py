"""Any OpenAI-compatible server as a backend: vLLM, llama.cpp, Ollama and the rest, through httpx.

A role's prompt goes out as one user message and the text that comes back is the role's turn: the
same bytes that a local model reads. `Chat` is the one client; the tool-calling agent uses it too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson

from agent.backends import RoleRequest
from agent.errors import BackendError

_RETRIED: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE: Final = 30.0
_OTHERWISE: Final = "These turns were tried at this place before and led nowhere; decide otherwise:"
MOST_BYTES: Final = 16 << 20
"""Of one reply, unpacked."""


@dataclass(slots=True)
class Chat:
    """`/chat/completions` of one model. Real time passes here: a busy server is waited for."""

    model: str
    base_url: str
    key: str | None = None
    timeout: float = 120.0
    """Seconds for one reply."""
    retries: int = 3
    concurrency: int = 16
    """Requests under way at once."""
    _loop: asyncio.AbstractEventLoop | None = field(default=None, repr=False)
    _client: httpx.AsyncClient | None = field(default=None, repr=False)
    _gate: asyncio.Semaphore | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"{self.base_url.rstrip('/')}/chat/completions"

    async def complete(self, messages: Sequence[dict[str, Any]], **options: Any) -> dict[str, Any]:
        """The assistant message of one completion. Raises BackendError."""
        payload = {"model": self.model, "messages": list(messages), **options}
        client, gate = self._open()
        async with gate:
            reply = await self._post(client, payload)
        try:
            message = orjson.loads(reply.content)["choices"][0]["message"]
            if not isinstance(message, dict):
                raise TypeError("message is not an object")
        except (orjson.JSONDecodeError, LookupError, TypeError) as error:
            start = reply.text[:200]
            raise BackendError(self.url, f"no chat completion ({error}): {start!r}") from None
        return message

    def _open(self) -> tuple[httpx.AsyncClient, asyncio.Semaphore]:
        """The client of the running loop; another loop gets another one."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._gate is None or self._loop is not loop:
            headers = {} if self.key is None else {"authorization": f"Bearer {self.key}"}
            self._client = httpx.AsyncClient(timeout=self.timeout, headers=headers)
            self._gate = asyncio.Semaphore(self.concurrency)
            self._loop = loop
        return self._client, self._gate

    async def _post(self, client: httpx.AsyncClient, payload: dict[str, Any]) -> httpx.Response:
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                async with asyncio.timeout(self.timeout):
                    reply = await self._once(client, payload)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
                if last or isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
                    reason = f"no answer from the model server: {_brief(error)}"
                    raise BackendError(self.url, reason) from None
                await asyncio.sleep(0.2 * 2**attempt)
                continue
            if reply.status_code == 200:
                return reply
            if last or reply.status_code not in _RETRIED:
                raise BackendError(self.url, f"HTTP {reply.status_code}: {reply.text[:200]}")
            await asyncio.sleep(_pause(reply, attempt))
        raise AssertionError("unreachable")

    async def _once(self, client: httpx.AsyncClient, payload: dict[str, Any]) -> httpx.Response:
        """One reply, whole. Raises BackendError for one of more than `MOST_BYTES`."""
        async with client.stream("POST", self.url, json=payload) as reply:
            content = bytearray()
            async for chunk in reply.aiter_bytes():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise BackendError(self.url, f"a reply of more than {MOST_BYTES >> 20} MiB")
        headers = {"retry-after": reply.headers.get("retry-after", "")}
        return httpx.Response(reply.status_code, headers=headers, content=bytes(content))

    async def close(self) -> None:
        """Close the connections of the running loop."""
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.aclose()
            self._client = None


@dataclass(frozen=True, slots=True)
class OpenAIBackend:
    """Role texts from a chat model."""

    chat: Chat
    temperature: float = 0.0

    async def generate(self, requests: list[RoleRequest]) -> list[str]:
        """All requests at once, as far as the client's concurrency goes."""
        return list(await asyncio.gather(*map(self._text, requests)))

    async def _text(self, request: RoleRequest) -> str:
        prompts = [request.prompt]
        if request.tried:
            before = "\n".join(f"- {text}" for text in request.tried)
            prompts.append(f"{_OTHERWISE}\n{before}")
        message = await self.chat.complete(
            [{"role": "user", "content": prompt} for prompt in prompts],
            max_tokens=request.max_tokens,
            temperature=self.temperature,
            # Hosted servers refuse more than four stop texts.
            stop=list(request.stop[:4]),
            seed=request.seed,
        )
        return str(message.get("content") or "")


def _pause(reply: httpx.Response, attempt: int) -> float:
    try:
        return min(float(reply.headers["retry-after"]), _LONGEST_PAUSE)
    except (KeyError, ValueError):
        return min(0.5 * 2.0**attempt, _LONGEST_PAUSE)


def _brief(error: Exception) -> str:
    return str(error) or type(error).__name__
