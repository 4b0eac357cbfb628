"""What one round trip of an agent is, whichever version of the SDK makes it. Results are looked at as they are on the wire.

A client is anything that has `version`, `tools()`, `call(tool, arguments)`, `resources()`, `templates()`, `read(uri)`, `complete(uri, name, value)`
and `changed(uri, change)`, which waits until it was told of a change that it makes meanwhile, and returns how it listened.
"""

import argparse
import asyncio
import json
import time
import uuid

WITHIN_S = 5
TRIES = 40


def options(**more):
    """The command line: where the server is, and what one SDK alone has."""
    parser = argparse.ArgumentParser()
    for name, default in more.items():
        parser.add_argument(f"--{name}", default=default)
    parser.add_argument("--url")
    parser.add_argument("--token")
    parser.add_argument("--stdio", nargs=argparse.REMAINDER)
    return parser.parse_args()


def headers(given):
    return {"Authorization": f"Bearer {given.token}"}


def wire(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


def text_of(result):
    return "".join(block["text"] for block in result["content"] if block["type"] == "text")


class Steps:
    """What was done, and how long it took."""

    def __init__(self):
        self.done = {}
        self.since = time.perf_counter()

    def mark(self, step, **more):
        now = time.perf_counter()
        self.done[step] = {"ms": round((now - self.since) * 1000, 1), **more}
        self.since = now


async def make(client, steps):
    """Makes the whole round trip; the first step that fails raises."""
    steps.mark("connect", version=client.version)
    name, word = f"smoke-{uuid.uuid4().hex[:8]}.md", f"zephyr{uuid.uuid4().hex[:6]}"
    tools = await client.tools()
    assert all(tool["description"] and tool["annotations"] and tool["outputSchema"] for tool in tools), tools
    steps.mark("list_tools", count=len(tools))
    await files(client, steps, name, word)
    await search(client, steps, name, word)
    await resources(client, steps, name, word)


async def files(client, steps, name, word):
    written = await client.call("write_file", {"path": name, "content": f"# Tide log\n\nThe {word} mill ran all night.\n"})
    assert not written.get("isError"), text_of(written)
    steps.mark("write")
    read = await client.call("read_text_file", {"path": name})
    assert word in text_of(read), text_of(read)
    steps.mark("read")
    missing = await client.call("read_text_file", {"path": "no/such/file.md"})
    assert missing.get("isError"), "a missing file must be a tool's error"
    steps.mark("missing_file", says=text_of(missing)[:200])


async def search(client, steps, name, word):
    hit, tries = None, 0
    while hit is None and tries < TRIES:
        tries += 1
        found = await client.call("search", {"query": f"{word} mill"})
        hits = found["structuredContent"]["results"]
        hit = next((hit for hit in hits if name in hit["id"]), None)
    assert hit, f"{name} was not found: {found}"
    assert json.loads(text_of(found)) == found["structuredContent"], "text and structured content must agree"
    assert all(hit[key] for key in ("id", "title", "url")), hit
    steps.mark("search", tries=tries)
    fetched = await client.call("fetch", {"id": hit["id"]})
    assert word in fetched["structuredContent"]["text"], fetched
    steps.mark("fetch")


async def resources(client, steps, name, word):
    listed = await client.resources()
    uri = next(resource["uri"] for resource in listed if name in resource["uri"])
    contents = await client.read(uri)
    assert word in contents[0]["text"], contents
    steps.mark("read_resource", listed=len(listed))
    change = {"path": name, "content": f"# Tide log\n\nThe {word} mill stopped.\n"}
    how = await asyncio.wait_for(client.changed(uri, lambda: client.call("write_file", change)), WITHIN_S)
    steps.mark(how)
    template = (await client.templates())[0]["uriTemplate"]
    values = await client.complete(template, "path", name[:8])
    assert name in values, values
    steps.mark("complete")


def report(client, steps, **more):
    """One line of JSON: what was done, and how many milliseconds each step took."""
    steps.mark("close")
    print(json.dumps({"client": client, **more, "steps": steps.done}))
