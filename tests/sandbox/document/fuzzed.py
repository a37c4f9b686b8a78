"""A coverage-guided fuzzing target, run in a process of its own: `fuzzed.py TARGET RUNS`.

Whatever the bytes are, loading ends in a document or a DocumentError, and a served session answers
every request with a status. Anything else ends the process, and atheris prints the input.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["sandbox"]):
    from sandbox import Document, DocumentError, Request, World


def load(data: bytes) -> None:
    """Any bytes as a document."""
    try:
        Document.parse(data, source="fuzz")
    except DocumentError:
        pass


SESSION = World.load("bookshop").session(seed=1)
SIGNED = (("authorization", "Bearer t"), ("content-type", "application/json"))


def ask(data: bytes) -> None:
    """Any bytes as method, path, query and body of a request to a session."""
    parts = atheris.FuzzedDataProvider(data)
    method = parts.PickValueInList(["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"])
    home = parts.PickValueInList(["/v1/books", "/v1/orders", "/v1/books/bk_000000/reviews", "/"])
    path = home + parts.ConsumeUnicodeNoSurrogates(16)
    query = parts.ConsumeUnicodeNoSurrogates(24)
    body = parts.ConsumeBytes(4096)
    response = SESSION.fork().handle(Request(method, path, query, SIGNED, body))
    assert 100 <= response.status < 600


if __name__ == "__main__":
    target = {"load": load, "ask": ask}[sys.argv[1]]
    atheris.Setup([sys.argv[0], f"-runs={sys.argv[2]}", "-seed=1", "-max_len=2048"], target)
    atheris.Fuzz()
