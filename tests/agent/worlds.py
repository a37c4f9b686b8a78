"""A little world for the agent's tests: one document with a shelf of books."""

from __future__ import annotations

from typing import Any

from sandbox.document import Document
from sandbox.tasks import Task
from sandbox.world import World

_BOOK: dict[str, Any] = {
    "type": "object",
    "required": ["id", "title", "price"],
    "properties": {
        "id": {"type": "string", "pattern": "^b[0-9]{4}$", "readOnly": True},
        "title": {"type": "string", "minLength": 1, "maxLength": 40},
        "price": {"type": "number", "minimum": 1, "maximum": 99},
    },
}

_JSON_BOOK = {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}

_ID = {"name": "book_id", "in": "path", "required": True, "schema": {"type": "string"}}


def document() -> dict[str, Any]:
    """List, create, read, update and delete books."""
    one = {"200": {"description": "The book.", "content": _JSON_BOOK}}
    body = {"required": True, "content": _JSON_BOOK}
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Book"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shelf", "version": "1"},
        "servers": [{"url": "https://shelf.example/v1"}],
        "paths": {
            "/books": {
                "get": {
                    "operationId": "listBooks",
                    "summary": "List books",
                    "responses": {
                        "200": {
                            "description": "All books.",
                            "content": {"application/json": {"schema": listed}},
                        }
                    },
                },
                "post": {
                    "operationId": "createBook",
                    "summary": "Add a book",
                    "requestBody": body,
                    "responses": {"201": {"description": "Added.", "content": _JSON_BOOK}},
                },
            },
            "/books/{book_id}": {
                "parameters": [_ID],
                "get": {"operationId": "getBook", "summary": "Show a book", "responses": one},
                "put": {
                    "operationId": "replaceBook",
                    "summary": "Replace a book",
                    "requestBody": body,
                    "responses": one,
                },
                "delete": {
                    "operationId": "deleteBook",
                    "summary": "Remove a book",
                    "responses": {"204": {"description": "Removed."}},
                },
            },
        },
        "components": {"schemas": {"Book": _BOOK}},
    }


def shelf() -> World:
    """The world of the document."""
    return World(Document.from_tree(document(), source="shelf"))


def add_book(title: str = "Tides") -> Task:
    """Create a book; creating two is harm."""
    place = {"collection": "/books", "id": "*", "pointer": "/title"}
    return Task.model_validate(
        {
            "id": f"add-{title}",
            "instruction": f'Add the book "{title}" at 9.5.',
            "goal": {"state": [{**place, "operator": "equals", "value": title}]},
            "solution": [{"tool": "createBook", "arguments": {"title": title, "price": 9.5}}],
        }
    )


def read_price(world: World, seed: int = 0) -> Task:
    """Read the price of the first book; the answer must state it."""
    state = world.session(seed=seed).state
    id = state.ids("/books")[0]
    book = state.get("/books", id)
    assert book is not None
    return Task.model_validate(
        {
            "id": "price",
            "instruction": f"What does book {id} cost?",
            "seed": seed,
            "goal": {"answer": {"required": [book["price"]]}},
            "solution": [{"tool": "getBook", "arguments": {"book_id": id}}],
            "reference_answer": f"It costs {book['price']}.",
        }
    )


def impossible() -> Task:
    """Nothing here sells tickets."""
    return Task.model_validate(
        {"id": "tickets", "instruction": "Book a flight.", "solvable": False, "solution": []}
    )
