"""One round trip of an agent, with the Python SDK 2.x.

    smoke_python_2.py [--mode auto|legacy|2026-07-28] (--url URL --token TOKEN | --stdio COMMAND...)

Prints one line of JSON: what was done in what era, and how many milliseconds each step took. Ends with 1 at the first step that fails.
"""

import asyncio

import httpx2
import mcp_types as types
from mcp import Client as Sdk
from mcp import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

import round_trip
from round_trip import Steps, wire

# From here on a client listens by a request of its own, and does not subscribe.
LISTENING_SINCE = "2026-07-28"


def server_of(options):
    if options.stdio:
        return StdioServerParameters(command=options.stdio[0], args=options.stdio[1:])
    http = httpx2.AsyncClient(headers=round_trip.headers(options), timeout=30)
    return streamable_http_client(options.url, http_client=http)


class Client:
    """The SDK's client, as a round trip uses one."""

    def __init__(self, sdk, updates):
        self.sdk, self.version, self.updates = sdk, sdk.protocol_version, updates

    async def tools(self):
        return wire(await self.sdk.list_tools())["tools"]

    async def call(self, tool, arguments):
        return wire(await self.sdk.call_tool(tool, arguments))

    async def resources(self):
        return wire(await self.sdk.list_resources())["resources"]

    async def templates(self):
        return wire(await self.sdk.list_resource_templates())["resourceTemplates"]

    async def read(self, uri):
        return wire(await self.sdk.read_resource(uri))["contents"]

    async def complete(self, uri, name, value):
        reference = types.ResourceTemplateReference(type="ref/resource", uri=uri)
        return (await self.sdk.complete(reference, {"name": name, "value": value})).completion.values

    async def changed(self, uri, change):
        if self.version >= LISTENING_SINCE:
            async with self.sdk.listen(resource_subscriptions=[uri]) as subscription:
                await change()
                await anext(aiter(subscription))
            return "listen"
        await self.sdk.subscribe_resource(uri)
        await change()
        assert await self.updates.get() == uri
        await self.sdk.unsubscribe_resource(uri)
        return "subscribe"


async def run(options):
    steps, updates = Steps(), asyncio.Queue()

    async def on_message(message):
        if isinstance(message, types.ResourceUpdatedNotification):
            updates.put_nowait(str(message.params.uri))

    async with Sdk(server_of(options), mode=options.mode, message_handler=on_message, cache=None) as sdk:
        await round_trip.make(Client(sdk, updates), steps)
    round_trip.report("python-2", steps, mode=options.mode)


asyncio.run(run(round_trip.options(mode="auto")))
