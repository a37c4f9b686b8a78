"""MCP: what a client lists and what it is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from mcp import Client

from sandbox import Document, World, __version__
from sandbox.errors import UnknownName
from sandbox.transports.mcp import mcp_server, print_config


def test_the_list_has_the_documents_tools_and_the_meta_tools(world: World) -> None:
    async def run() -> Any:
        session = world.session()
        async with Client(mcp_server(lambda context: session)) as client:
            return (await client.list_tools()).tools

    listed = {tool.name: tool for tool in asyncio.run(run())}
    assert {"listBooks", "wait", "read_docs", "authenticate"} <= set(listed)
    assert listed["listBooks"].annotations.read_only_hint
    assert listed["getBook"].input_schema["required"] == ["book_id"]


def test_refusals_are_results_not_protocol_errors(world: World) -> None:
    async def run() -> list[Any]:
        session = world.session()
        async with Client(mcp_server(lambda context: session)) as client:
            calls: list[tuple[str, dict[str, Any]]] = [
                ("getBook", {"book_id": 5}),
                ("noSuchTool", {}),
                ("listBooks", {}),
                ("wait", {"seconds": 2}),
            ]
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    results = asyncio.run(run())
    assert [result.is_error for result in results] == [True, True, False, False]


def test_each_session_has_its_own_address(served: str) -> None:
    headers = {"authorization": "Bearer the-token"}
    opened = httpx.post(
        f"{served}/_wavetank/sessions", headers=headers, json={"seed": 11}, trust_env=False
    ).json()

    async def books(url: str) -> str:
        async with Client(url) as client:
            result: Any = await client.call_tool("listBooks", {"per_page": 1})
            return str(result.content[0].text)

    one, two = (asyncio.run(books(f"{served}/_mcp{end}")) for end in ("", f"/{opened['id']}"))
    assert one != two


def test_client_settings_are_ready_to_paste() -> None:
    shown = json.loads(print_config("claude", command="wavetank", arguments=["mcp", "bookshop"]))
    assert shown["mcpServers"]["wavetank"]["args"] == ["mcp", "bookshop"]
    assert "servers" in json.loads(print_config("vscode", command="wavetank", arguments=[]))
    with pytest.raises(UnknownName, match="cursor"):
        print_config("curser", command="wavetank", arguments=[])


def test_hundreds_of_tools_are_searched_instead_of_listed(world: World) -> None:
    async def run() -> tuple[list[str], Any, Any]:
        session = world.session()
        async with Client(mcp_server(lambda context: session, search=True)) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            hits: Any = await client.call_tool("search_tools", {"query": "cancel an order"})
            call = {"tool": "listBooks", "arguments": {"per_page": 1}}
            return names, hits.content[0].text, await client.call_tool("call_tool", call)

    names, hits, called = asyncio.run(run())
    assert names == ["search_tools", "call_tool", "wait", "read_docs", "authenticate"]
    assert json.loads(hits.splitlines()[0])["name"] == "cancelOrder"
    assert not called.is_error


def test_reading_the_docs_of_a_drifted_server_announces_other_tools(world: World) -> None:
    async def run() -> list[str]:
        heard: list[str] = []

        async def hear(message: Any) -> None:
            heard.append(getattr(message, "method", ""))

        session = world.session(drift="D03")
        server = mcp_server(lambda context: session)
        async with Client(server, message_handler=hear, mode="legacy") as client:
            await client.call_tool("listBooks", {})
            await client.call_tool("read_docs", {})
            await client.list_tools()
        return heard

    assert asyncio.run(run()) == ["notifications/tools/list_changed"]


def test_a_reply_is_structured_and_its_schema_is_listed(world: World) -> None:
    async def run() -> tuple[Any, Any, Any]:
        session = world.session()
        async with Client(mcp_server(lambda context: session)) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            books = await client.call_tool("listBooks", {"per_page": 1})
            wrong = await client.call_tool("getBook", {"book_id": "none"})
            return tools["listBooks"].output_schema, books, wrong

    schema, books, wrong = asyncio.run(run())
    assert schema["type"] == "object" and wrong.structured_content is None
    assert books.structured_content == json.loads(books.content[0].text.rpartition("\n\n")[2])
    assert Draft202012Validator(schema).is_valid(books.structured_content)


def test_what_may_be_disturbed_promises_no_form(world: World) -> None:
    async def run() -> list[Any]:
        session = world.session(faults="H01")
        async with Client(mcp_server(lambda context: session)) as client:
            return (await client.list_tools()).tools

    assert {tool.output_schema for tool in asyncio.run(run())} == {None}


def test_a_list_without_an_envelope_is_a_result() -> None:
    shown = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
    media = {"application/json": {"schema": shown}}
    get = {"operationId": "pets", "responses": {"200": {"description": "", "content": media}}}
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/pets": {"get": get}},
    }
    session = World(Document.from_tree(tree, source="t")).session()

    async def run() -> tuple[Any, Any]:
        async with Client(mcp_server(lambda context: session)) as client:
            (tool, *_) = (await client.list_tools()).tools
            return tool.output_schema, await client.call_tool("pets", {})

    schema, pets = asyncio.run(run())
    assert schema["required"] == ["result"] and isinstance(pets.structured_content["result"], list)


def test_the_server_says_its_version(world: World) -> None:
    assert mcp_server(lambda context: world.session()).version == __version__


def test_pages_of_other_origins_are_refused(served: str) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    head = {"accept": "application/json, text/event-stream"}
    for origin, refused in (("http://evil.example", True), ("http://localhost:3000", False)):
        reply = httpx.post(
            f"{served}/_mcp", json=call, headers={**head, "origin": origin}, trust_env=False
        )
        assert (reply.status_code == 403) is refused
