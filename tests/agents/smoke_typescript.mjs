// One round trip of an agent, with the TypeScript SDK 1 or 2. Lies beside their packages when it runs: modules are looked for from the file.
//
//   node smoke_typescript.mjs 1|2 [--mode legacy|auto] (--url URL --token TOKEN | --stdio COMMAND...)
//
// Prints one line of JSON: what was done, and how many milliseconds each step took. Ends with 1 at the first step that fails.
import { randomBytes } from "node:crypto";

const WITHIN_MS = 5000;
const TRIES = 40;

const [major, ...rest] = process.argv.slice(2);
const options = { mode: "auto" };
while (rest.length > 0) {
  const name = rest.shift().replace(/^--/, "");
  options[name] = name === "stdio" ? rest.splice(0) : rest.shift();
}

async function packages() {
  if (major === "2") {
    return { ...(await import("@modelcontextprotocol/client")), ...(await import("@modelcontextprotocol/client/stdio")) };
  }
  const root = "@modelcontextprotocol/sdk";
  const parts = [`${root}/client/index.js`, `${root}/client/streamableHttp.js`, `${root}/client/stdio.js`, `${root}/types.js`];
  return Object.assign({}, ...(await Promise.all(parts.map((part) => import(part)))));
}

function assert(holds, why) {
  if (!holds) throw new Error(typeof why === "string" ? why : JSON.stringify(why));
}

function within(promise) {
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error(`nothing within ${WITHIN_MS} ms`)), WITHIN_MS));
  return Promise.race([promise, late]);
}

const steps = {};
let since = performance.now();
function mark(step, more = {}) {
  const now = performance.now();
  steps[step] = { ms: Number((now - since).toFixed(1)), ...more };
  since = now;
}

const sdk = await packages();
const negotiation = major === "2" ? { versionNegotiation: { mode: options.mode } } : {};
const client = new sdk.Client({ name: "smoke", version: "1.0.0" }, negotiation);
const transport = options.stdio
  ? new sdk.StdioClientTransport({ command: options.stdio[0], args: options.stdio.slice(1), stderr: "ignore" })
  : new sdk.StreamableHTTPClientTransport(new URL(options.url), {
      requestInit: { headers: { Authorization: `Bearer ${options.token}` } },
    });
let tell;
const told = new Promise((resolve) => (tell = resolve));
const updated = major === "2" ? "notifications/resources/updated" : sdk.ResourceUpdatedNotificationSchema;
client.setNotificationHandler(updated, (notification) => tell(notification.params.uri));
await client.connect(transport);
const version = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
mark("connect", { version });

const name = `smoke-${randomBytes(4).toString("hex")}.md`;
const word = `zephyr${randomBytes(3).toString("hex")}`;
const call = (tool, given) => client.callTool({ name: tool, arguments: given });
const textOf = (result) => result.content.filter((block) => block.type === "text").map((block) => block.text).join("");

const { tools } = await client.listTools();
assert(tools.every((tool) => tool.description && tool.annotations && tool.outputSchema), tools);
mark("list_tools", { count: tools.length });
const written = await call("write_file", { path: name, content: `# Tide log\n\nThe ${word} mill ran all night.\n` });
assert(!written.isError, written);
mark("write");
const read = await call("read_text_file", { path: name });
assert(textOf(read).includes(word), read);
mark("read");
const missing = await call("read_text_file", { path: "no/such/file.md" });
assert(missing.isError, missing);
mark("missing_file", { says: textOf(missing).slice(0, 200) });

let hits = [];
let tries = 0;
while (tries++ < TRIES && !hits.some((hit) => hit.id.includes(name))) {
  hits = (await call("search", { query: `${word} mill` })).structuredContent.results;
}
assert(hits.some((hit) => hit.id.includes(name) && hit.url), `${name} was not found`);
mark("search", { tries });

const { resources } = await client.listResources();
const { uri } = resources.find((resource) => resource.uri.includes(name));
assert((await client.readResource({ uri })).contents[0].text.includes(word), "the resource is another one");
mark("read_resource", { listed: resources.length });
const modern = version >= "2026-07-28";
const subscription = modern ? await client.listen({ resourceSubscriptions: [uri] }) : await client.subscribeResource({ uri });
await call("write_file", { path: name, content: `# Tide log\n\nThe ${word} mill stopped.\n` });
assert((await within(told)) === uri, "another file was told of");
await (modern ? subscription.close?.() : client.unsubscribeResource({ uri }));
mark(modern ? "listen" : "subscribe");

const { resourceTemplates } = await client.listResourceTemplates();
const ref = { type: "ref/resource", uri: resourceTemplates[0].uriTemplate };
const { completion } = await client.complete({ ref, argument: { name: "path", value: name.slice(0, 8) } });
assert(completion.values.includes(name), completion);
mark("complete");
await client.close();
mark("close");
console.log(JSON.stringify({ client: `typescript-${major}`, mode: options.mode, steps }));
