"""One round trip of an agent, with the Python SDK 1.x, which speaks 2025-11-25 and before.

    smoke_python_1.py (--url URL --token TOKEN | --stdio COMMAND...)

Prints one line of JSON: what was done, and how many milliseconds each step took. Ends with 1 at the first step that fails.
"""

import argparse
import asyncio
import json
import time
import uuid
from contextlib import AsyncExitStack

import httpx
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl

WITHIN_S = 5
TRIES = 40


class Steps:
    """What was done, and how long it took."""

    def __init__(self):
        self.done = {}
        self.since = time.perf_counter()

    def mark(self, step, **more):
        now = time.perf_counter()
        self.done[step] = {"ms": round((now - self.since) * 1000, 1), **more}
        self.since = now


def text_of(result):
    return "".join(block.text for block in result.content if block.type == "text")


async def streams(stack, options):
    if options.stdio:
        server = StdioServerParameters(command=options.stdio[0], args=options.stdio[1:])
        return await stack.enter_async_context(stdio_client(server))
    headers = {"Authorization": f"Bearer {options.token}"}
    http = await stack.enter_async_context(httpx.AsyncClient(headers=headers, timeout=30))
    read, write, _ = await stack.enter_async_context(streamable_http_client(options.url, http_client=http))
    return read, write


async def files(client, steps, name, word):
    content = f"# Tide log\n\nThe {word} mill ran all night.\n"
    written = await client.call_tool("write_file", {"path": name, "content": content})
    assert not written.isError, text_of(written)
    steps.mark("write")
    read = await client.call_tool("read_text_file", {"path": name})
    assert word in text_of(read), text_of(read)
    steps.mark("read")
    missing = await client.call_tool("read_text_file", {"path": "no/such/file.md"})
    assert missing.isError, "a missing file must be a tool's error"
    steps.mark("missing_file", says=text_of(missing)[:200])


async def search(client, steps, name, word):
    for attempt in range(TRIES):
        found = await client.call_tool("search", {"query": f"{word} mill"})
        if any(name in hit["id"] for hit in found.structuredContent["results"]):
            return steps.mark("search", attempts=attempt + 1)
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} was not found: {found}")


async def resources(client, steps, name, word, updates):
    listed = (await client.list_resources()).resources
    uri = next(resource.uri for resource in listed if name in str(resource.uri))
    contents = (await client.read_resource(uri)).contents
    assert word in contents[0].text
    steps.mark("read_resource", listed=len(listed))
    await client.subscribe_resource(AnyUrl(str(uri)))
    again = {"path": name, "content": f"# Tide log\n\nThe {word} mill stopped.\n"}
    await client.call_tool("write_file", again)
    assert await asyncio.wait_for(updates.get(), WITHIN_S) == str(uri)
    await client.unsubscribe_resource(AnyUrl(str(uri)))
    steps.mark("subscribe")
    template = (await client.list_resource_templates()).resourceTemplates[0]
    reference = types.ResourceTemplateReference(type="ref/resource", uri=template.uriTemplate)
    completed = await client.complete(reference, {"name": "path", "value": name[:8]})
    assert any(name == value for value in completed.completion.values), completed
    steps.mark("complete")


async def run(options):
    steps, updates = Steps(), asyncio.Queue()

    async def on_message(message):
        root = getattr(message, "root", None)
        if isinstance(root, types.ResourceUpdatedNotification):
            updates.put_nowait(str(root.params.uri))

    name, word = f"smoke-{uuid.uuid4().hex[:8]}.md", f"zephyr{uuid.uuid4().hex[:6]}"
    async with AsyncExitStack() as stack:
        read, write = await streams(stack, options)
        client = await stack.enter_async_context(ClientSession(read, write, message_handler=on_message))
        begun = await client.initialize()
        steps.mark("connect", version=begun.protocolVersion)
        tools = (await client.list_tools()).tools
        assert all(tool.description and tool.annotations and tool.outputSchema for tool in tools)
        steps.mark("list_tools", count=len(tools))
        await files(client, steps, name, word)
        await search(client, steps, name, word)
        await resources(client, steps, name, word, updates)
    steps.mark("close")
    print(json.dumps({"client": "python-1", "steps": steps.done}))


parser = argparse.ArgumentParser()
parser.add_argument("--url")
parser.add_argument("--token")
parser.add_argument("--stdio", nargs=argparse.REMAINDER)
asyncio.run(run(parser.parse_args()))
