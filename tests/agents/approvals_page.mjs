// A person answers an agent on the page that `workroom serve` offers, in the DOM of jsdom: real HTTP, the page's own script, texts of an agent that
// means harm. Lies beside jsdom when it runs: modules are looked for from the file. jsdom holds no page to its policy; what is sent of that is tested
// elsewhere.
//
//   node approvals_page.mjs --program WORKROOM --workspace FOLDER
//
// Prints what was seen, a line each. Ends with 1 at the first thing that is not as it should be.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { JSDOM, VirtualConsole } from "jsdom";

const PATIENCE_MS = 30000;
const BETWEEN_MS = 20;
const HOSTILE = `</pre><img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>{{7*7}}`;
// Nobody may ask with these; a file may hold them.
const UNSEEN = "\u202E\u200B";

const given = process.argv.slice(2);
const option = (name) => given[given.indexOf(`--${name}`) + 1];
const [program, workspace] = [option("program"), option("workspace")];

function assert(holds, why) {
  if (!holds) throw new Error(typeof why === "string" ? why : JSON.stringify(why));
}

async function until(what, holds) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await holds();
    if (found) return found;
    assert(performance.now() < end, `not within ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
}

// ---- A workspace, a server, an agent, a person

mkdirSync(workspace, { recursive: true });
writeFileSync(`${workspace}/letter.md`, `# Letter\n\nFirst.\n${HOSTILE}${UNSEEN}\n`);
const environment = { ...process.env, WORKROOM_NO_DAEMON: "1" };
const run = (...words) => JSON.parse(execFileSync(program, ["-w", workspace, ...words, "--json"], { env: environment, encoding: "utf8" }));
execFileSync(program, ["-w", workspace, "index", "--quiet"], { env: environment });
const agent = run("token", "create", "agent", "--read", "/", "--write", "/").secret;
const person = run("token", "create", "person", "--admin", "/").secret;
const serving = spawn(program, ["-w", workspace, "serve", "--listen", "127.0.0.1:0", "--json"], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => serving.kill());
const [line] = await createInterface({ input: serving.stdout })[Symbol.asyncIterator]().next().then(({ value }) => [value]);
const { url, approvals: address } = JSON.parse(line);
const origin = new URL(url).origin;

async function call(token, method, path, body) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "User-Agent": `evil <b>${"x"}</b>` };
  const response = await fetch(`${origin}/v1/workspaces/${name}${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
}
const { workspaces } = await (await fetch(`${origin}/v1/workspaces`, { headers: { Authorization: `Bearer ${agent}` } })).json();
const name = workspaces[0].name;
const ask = (more) => call(agent, "POST", "/approvals", { title: `Send it? ${HOSTILE}`, ...more });

// ---- The page

// What a browser gives a page and jsdom does not. Each call goes to the server as a browser would send it.
const asked = [];
function furnish(window) {
  window.TextDecoder = TextDecoder;
  window.fetch = (target, { signal, ...options } = {}) => {
    const at = new URL(target, window.location.href);
    asked.push(at.href);
    const ends = new AbortController();
    signal?.addEventListener("abort", () => ends.abort());
    const headers = options.method === "POST" ? { ...options.headers, Origin: origin } : options.headers;
    return fetch(at, { ...options, headers, signal: ends.signal });
  };
}

async function open(at) {
  const faults = [];
  const console = new VirtualConsole();
  console.on("jsdomError", (error) => faults.push(error.message));
  const response = await fetch(at);
  const dom = new JSDOM(await response.text(), { url: at, runScripts: "dangerously", pretendToBeVisual: true, virtualConsole: console, beforeParse: furnish });
  const { document } = dom.window;
  const shown = (id) => document.getElementById(id).closest("[hidden]") === null;
  return { dom, document, faults, shown, text: (id) => document.getElementById(id).textContent };
}

function show(page, token) {
  page.document.getElementById("token").value = token;
  page.document.querySelector("#enter button").click();
}

const cards = (page) => [...page.document.querySelectorAll("article")];
const pressed = (page, words, within = page.document) => [...within.querySelectorAll("button")].find((button) => button.textContent === words);

await ask({ details: `Please.\n--- a\n+++ b\n@@ -1 +1 @@\n-${HOSTILE}\n+new\n`, paths: ["letter.md"], options: ["approve", `no ${HOSTILE.slice(0, 40)}`] });
const page = await open(address);
await until("the form", () => page.shown("enter"));
assert(cards(page).length === 0, "nothing is shown to who has no token");
show(page, "wrk_wrong");
await until("that the token is refused", () => page.text("why").includes("not valid"));
assert(page.dom.window.sessionStorage.length === 0, "a token that is none is not kept");
show(page, person);
await until("the request", () => cards(page).length === 1);
console.log("a token that is none is refused, and one that is shows what waits");

const [card] = cards(page);
const whole = card.textContent;
assert(whole.includes("<img src=x onerror") && whole.includes("<script>") && whole.includes("{{7*7}}"), whole);
assert(whole.includes("agent (") && whole.includes("evil <b>x</b>"), whole);
assert([...card.querySelectorAll(".added")].some((line) => line.textContent === "+new\n"), card.innerHTML);
pressed(page, "Show", card).click();
await until("the file", () => card.textContent.includes("# Letter"));
const letter = card.textContent;
assert(letter.includes("\u27e8U+202E\u27e9\u27e8U+200B\u27e9") && !/[\u202e\u200b]/.test(letter), letter);
writeFileSync(`${workspace}/letter.md`, "# Letter\n\nSecond.\n");
await until("the change", async () => (await call(person, "GET", "/versions?path=letter.md")).versions.length > 1);
pressed(page, "Last change", card).click();
await until("the difference", () => card.textContent.includes("+Second."));
assert(page.document.querySelectorAll("img, iframe, object, link").length === 0, "text has become markup");
assert(page.document.querySelectorAll("script").length === 1 && page.dom.window.pwned === undefined, "text has become script");
console.log("what an agent writes is text: title, details, options, names, files, differences");

const note = card.querySelector("textarea");
note.value = "half a sentence";
note.focus();
await ask({ title: "And this?", paths: ["letter.md"] });
await until("the new request, without reloading", () => cards(page).length === 2);
assert(cards(page)[1] === card && note.value === "half a sentence" && page.document.activeElement === note, "what was being written is gone");
assert(page.text("news") === "One new request" && page.document.title.startsWith("(2) "), page.document.title);
await call(person, "POST", `/approvals/${(await call(person, "GET", "/approvals")).approvals[0].id}/answer`, { option: "reject" });
await until("that somebody else has answered", () => cards(page).length === 1);
console.log("what is new comes by itself, what was answered elsewhere goes, and what is being written stays");

note.value = "without the draft";
pressed(page, "approve", card).click();
await until("the answer", () => cards(page).length === 0 && page.shown("none"));
const [, answered] = (await call(person, "GET", "/approvals")).approvals;
assert(answered.answer.option === "approve" && answered.answer.note === "without the draft", answered);
assert(answered.answer.by.via === "http" && answered.answer.by.name === "person", answered);
assert(page.document.activeElement.id === "waiting-title" && page.text("news").startsWith("Answered"), page.text("news"));
console.log("an answer is given once, with its comment, in the person's name");

// By its keyboard and by name alone.
for (const control of page.document.querySelectorAll("button, input, textarea, summary, a")) {
  const named = control.textContent.trim() || control.getAttribute("aria-label") || page.document.querySelector(`label[for="${control.id}"]`);
  assert(named && control.tabIndex >= 0, control.outerHTML);
}
const other = await open(address);
show(other, agent);
await until("what the agent asked for itself", () => other.shown("past"));
await ask({ paths: ["letter.md"] });
await until("its request", () => cards(other).length === 1);
assert(pressed(other, "approve") === undefined && cards(other)[0].textContent.includes("Not yours to answer"), "who asks is offered an answer");
other.document.getElementById("forget").click();
await until("that the token is forgotten", () => other.shown("enter") && cards(other).length === 0);
assert(other.dom.window.sessionStorage.length === 0, "the token is kept");
const missing = await open(`${origin}/approvals/no-such`);
show(missing, person);
await until("that there is none", () => missing.text("trouble").includes("no-such") || missing.text("why").includes("not valid"));
assert(asked.every((at) => !at.includes("wrk_") && at.startsWith(origin)), "a token is in an address");
assert([page, other, missing].every(({ faults }) => faults.length === 0), [page, other, missing].flatMap(({ faults }) => faults));
console.log("who asks cannot answer; a token is forgotten when that is wished, and in no address");
process.exit(0);
