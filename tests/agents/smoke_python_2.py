"""One round trip of an agent, with the Python SDK 2.x.

    smoke_python_2.py [--mode auto|legacy|2026-07-28] (--url URL --token TOKEN | --stdio COMMAND...)

Prints one line of JSON: what was done in what era, and how many milliseconds each step took. Ends with 1 at the first step that fails.
"""

import argparse
import asyncio
import json
import time
import uuid

import httpx2
import mcp_types as types
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

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


def server_of(options):
    if options.stdio:
        return StdioServerParameters(command=options.stdio[0], args=options.stdio[1:])
    headers = {"Authorization": f"Bearer {options.token}"}
    return streamable_http_client(options.url, http_client=httpx2.AsyncClient(headers=headers, timeout=30))


async def files(client, steps, name, word):
    content = f"# Tide log\n\nThe {word} mill ran all night.\n"
    written = await client.call_tool("write_file", {"path": name, "content": content})
    assert not written.is_error, text_of(written)
    steps.mark("write")
    read = await client.call_tool("read_text_file", {"path": name})
    assert word in text_of(read), text_of(read)
    steps.mark("read")
    missing = await client.call_tool("read_text_file", {"path": "no/such/file.md"})
    assert missing.is_error, "a missing file must be a tool's error"
    steps.mark("missing_file", says=text_of(missing)[:200])


async def search(client, steps, name, word):
    for attempt in range(TRIES):
        found = await client.call_tool("search", {"query": f"{word} mill"})
        hits = found.structured_content["results"]
        hit = next((hit for hit in hits if name in hit["id"]), None)
        if hit:
            break
        await asyncio.sleep(0.05)
    assert hit, f"{name} was not found: {hits}"
    assert json.loads(text_of(found)) == found.structured_content, "text and structured content must agree"
    assert all(hit[key] for key in ("id", "title", "url")), hit
    steps.mark("search", attempts=attempt + 1)
    fetched = await client.call_tool("fetch", {"id": hit["id"]})
    assert word in fetched.structured_content["text"], fetched
    steps.mark("fetch")


async def resources(client, steps, name, word, updates):
    listed = (await client.list_resources()).resources
    uri = next(str(resource.uri) for resource in listed if name in str(resource.uri))
    contents = (await client.read_resource(uri)).contents
    assert word in contents[0].text
    steps.mark("read_resource", listed=len(listed))
    again = {"path": name, "content": f"# Tide log\n\nThe {word} mill stopped.\n"}
    if client.protocol_version >= "2026-07-28":
        async with client.listen(resource_subscriptions=[uri]) as subscription:
            await client.call_tool("write_file", again)
            await asyncio.wait_for(anext(aiter(subscription)), WITHIN_S)
        steps.mark("listen")
    else:
        await client.subscribe_resource(uri)
        await client.call_tool("write_file", again)
        assert await asyncio.wait_for(updates.get(), WITHIN_S) == uri
        await client.unsubscribe_resource(uri)
        steps.mark("subscribe")
    template = (await client.list_resource_templates()).resource_templates[0]
    reference = types.ResourceTemplateReference(type="ref/resource", uri=template.uri_template)
    completed = await client.complete(reference, {"name": "path", "value": name[:8]})
    assert any(name == value for value in completed.completion.values), completed
    steps.mark("complete")


async def run(options):
    steps, updates = Steps(), asyncio.Queue()

    async def on_message(message):
        if isinstance(message, types.ResourceUpdatedNotification):
            updates.put_nowait(str(message.params.uri))

    name, word = f"smoke-{uuid.uuid4().hex[:8]}.md", f"zephyr{uuid.uuid4().hex[:6]}"
    async with Client(server_of(options), mode=options.mode, message_handler=on_message, cache=None) as client:
        steps.mark("connect", version=client.protocol_version)
        tools = (await client.list_tools()).tools
        assert all(tool.description and tool.annotations and tool.output_schema for tool in tools)
        steps.mark("list_tools", count=len(tools))
        await files(client, steps, name, word)
        await search(client, steps, name, word)
        await resources(client, steps, name, word, updates)
    steps.mark("close")
    print(json.dumps({"client": "python-2", "mode": options.mode, "steps": steps.done}))


parser = argparse.ArgumentParser()
parser.add_argument("--mode", default="auto")
parser.add_argument("--url")
parser.add_argument("--token")
parser.add_argument("--stdio", nargs=argparse.REMAINDER)
asyncio.run(run(parser.parse_args()))
