"""One round trip of an agent, with the Python SDK 1.x, which speaks 2025-11-25 and before.

    smoke_python_1.py (--url URL --token TOKEN | --stdio COMMAND...)

Prints one line of JSON: what was done, and how many milliseconds each step took. Ends with 1 at the first step that fails.
"""

import asyncio
from contextlib import AsyncExitStack

import httpx
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl

import round_trip
from round_trip import Steps, wire


async def streams(stack, options):
    if options.stdio:
        server = StdioServerParameters(command=options.stdio[0], args=options.stdio[1:])
        return await stack.enter_async_context(stdio_client(server))
    http = await stack.enter_async_context(httpx.AsyncClient(headers=round_trip.headers(options), timeout=30))
    read, write, _ = await stack.enter_async_context(streamable_http_client(options.url, http_client=http))
    return read, write


class Client:
    """The session, as a round trip uses one."""

    def __init__(self, session, version, updates):
        self.session, self.version, self.updates = session, version, updates

    async def tools(self):
        return wire(await self.session.list_tools())["tools"]

    async def call(self, tool, arguments):
        return wire(await self.session.call_tool(tool, arguments))

    async def resources(self):
        return wire(await self.session.list_resources())["resources"]

    async def templates(self):
        return wire(await self.session.list_resource_templates())["resourceTemplates"]

    async def read(self, uri):
        return wire(await self.session.read_resource(AnyUrl(uri)))["contents"]

    async def complete(self, uri, name, value):
        reference = types.ResourceTemplateReference(type="ref/resource", uri=uri)
        return (await self.session.complete(reference, {"name": name, "value": value})).completion.values

    async def changed(self, uri, change):
        await self.session.subscribe_resource(AnyUrl(uri))
        await change()
        assert await self.updates.get() == uri
        await self.session.unsubscribe_resource(AnyUrl(uri))
        return "subscribe"


async def run(options):
    steps, updates = Steps(), asyncio.Queue()

    async def on_message(message):
        root = getattr(message, "root", None)
        if isinstance(root, types.ResourceUpdatedNotification):
            updates.put_nowait(str(root.params.uri))

    async with AsyncExitStack() as stack:
        read, write = await streams(stack, options)
        session = await stack.enter_async_context(ClientSession(read, write, message_handler=on_message))
        begun = await session.initialize()
        await round_trip.make(Client(session, begun.protocolVersion, updates), steps)
    round_trip.report("python-1", steps)


asyncio.run(run(round_trip.options()))
