
"use strict";
// Whatever others wrote comes into the page as text nodes and properties, never as markup: agents write titles, details, names and files.
(() => {
  const KEY = "workroom.token";
  const MOST_OF_A_FILE = 64 * 1024;
  const MOST_OF_THE_PAST = 20;
  const WAIT_SECONDS = 25;
  // Between two looks where events cannot be waited for.
  const POLL_MS = 5000;

  const byId = (id) => document.getElementById(id);
  const place = () => (location.pathname.match(/^\/approvals\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/) ?? [])[1] ?? null;
  const cards = new Map();
  let token = stored();
  let name = place();
  let session = new AbortController();

  // ---- The token: in this tab's storage, so that it outlives a reload; sent as a header alone, so that no other page can have it used.

  function stored() {
    try { return sessionStorage.getItem(KEY); } catch { return null; }
  }

  function keep(value) {
    token = value;
    try {
      if (value === null) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, value);
    } catch { /* A browser without storage asks again after a reload. */ }
  }

  // ---- Calls

  class Refused extends Error {
    constructor(status, problem) {
      super([problem.detail ?? `the server answered ${status}`, problem.hint].filter(Boolean).join("; "));
      this.status = status;
    }
  }

  async function call(address, { method = "GET", body, range, signal } = {}) {
    const headers = { Accept: "application/json" };
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (range !== undefined) headers.Range = range;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(address, { method, headers, body: text, signal, cache: "no-store", credentials: "omit", redirect: "error" });
    if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
    return response;
  }

  const json = async (address, options) => (await call(address, options)).json();
  const below = (rest) => `/v1/workspaces/${encodeURIComponent(name)}${rest}`;
  const at = (path) => `path=${encodeURIComponent(path)}`;

  // ---- Text

  // Characters that nobody sees, or that turn others around, could make a text look like another one: they are shown by their numbers.
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
  const number = (character) => character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  const plain = (text) => String(text).replaceAll("\r\n", "\n").replace(UNSEEN, (character) => `\u27e8U+${number(character)}\u27e9`);

  function make(kind, properties, ...children) {
    const element = Object.assign(document.createElement(kind), properties);
    element.append(...children);
    return element;
  }

  function button(text, about, press) {
    const made = make("button", { type: "button", textContent: text });
    if (about) made.setAttribute("aria-label", about);
    made.addEventListener("click", press);
    return made;
  }

  function block(text) {
    const box = make("pre", { tabIndex: 0 });
    const lines = plain(text).split("\n");
    if (!lines.some((line) => line.startsWith("@@ "))) return Object.assign(box, { textContent: lines.join("\n") });
    const kinds = { "+": "added", "-": "removed" };
    const kind = (line) => (/^(\+\+\+|---) /.test(line) ? "" : (kinds[line[0]] ?? ""));
    box.append(...lines.map((line) => make("span", { className: kind(line), textContent: `${line}\n` })));
    return box;
  }

  function who(by) {
    const says = by.client ? `, says it is ${plain(by.client)}` : "";
    return make("span", {}, make("bdi", { textContent: plain(by.name) }), ` (${plain(by.principal)}, over ${plain(by.via)}${says})`);
  }

  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

  function when(instant) {
    const time = new Date(instant);
    const seconds = Math.round((time - Date.now()) / 1000);
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS[3];
    const text = `${relative.format(Math.trunc(seconds / size), unit)}, ${time.toLocaleString()}`;
    return make("time", { dateTime: instant, title: instant, textContent: text });
  }

  // ---- What a request is about

  const list = (entries, next) =>
    entries.map((entry) => entry.path + (entry.kind === "folder" ? "/" : "")).concat(next ? ["\u2026"] : []).join("\n") || "(empty)";

  async function content(path) {
    const info = path === "" ? { kind: "folder" } : await json(below(`/file/info?${at(path)}`));
    if (info.kind === "folder") {
      const { entries, next } = await json(below(`/files?folder=${encodeURIComponent(path)}&limit=200`));
      return { text: list(entries, next) };
    }
    if (info.kind !== "file") return { note: "It is neither a file nor a folder." };
    if (info.bytes === 0) return { note: "It is empty." };
    const response = await call(below(`/file?${at(path)}`), { range: `bytes=0-${MOST_OF_A_FILE - 1}` });
    const bytes = await response.arrayBuffer();
    try {
      // As a stream: the last character may be cut.
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
      return { text, note: info.bytes > MOST_OF_A_FILE ? `The first 64 KiB of ${info.bytes} bytes:` : undefined };
    } catch {
      const { chunks } = await json(below(`/chunks?${at(path)}`));
      return { text: chunks.map((chunk) => chunk.text).join("\n\n").slice(0, MOST_OF_A_FILE), note: "It is no text. What is searched of it:" };
    }
  }

  async function change(path) {
    const { versions } = await json(below(`/versions?${at(path)}`));
    const [now, before] = versions;
    if (!before) return { note: "No earlier version is known." };
    const { diff } = await json(below(`/versions/diff?${at(path)}&from=${before.version}&to=${now.version}`));
    if (diff === undefined) return { note: "It is no text, or too large to compare." };
    const by = now.by ? ["By ", who(now.by), ", "] : [];
    return { note: make("span", {}, ...by, when(now.at), ":"), text: diff || "(the same text)" };
  }

  // A button that shows something below itself, and takes it away again.
  function opener(text, path, read, box) {
    const opens = button(text, `${text}: ${plain(path || "the whole workspace")}`, async () => {
      const isOpen = opens.getAttribute("aria-expanded") === "true";
      for (const other of box.parentElement.querySelectorAll("button")) other.setAttribute("aria-expanded", "false");
      box.replaceChildren();
      if (isOpen) return;
      opens.setAttribute("aria-expanded", "true");
      let found;
      try { found = await read(path); } catch (error) { found = { note: plain(error.message) }; }
      // Another one may have been pressed meanwhile.
      if (opens.getAttribute("aria-expanded") !== "true") return;
      box.replaceChildren(...(found.note ? [make("p", { className: "quiet" }, found.note)] : []), ...(found.text ? [block(found.text)] : []));
    });
    opens.className = "plain";
    opens.setAttribute("aria-expanded", "false");
    return opens;
  }

  function about(path) {
    const box = make("div", {});
    const openers = [opener("Show", path, content, box)];
    if (path !== "") openers.push(opener("Last change", path, change, box));
    return make("li", {}, make("code", { textContent: path === "" ? "the whole workspace" : plain(path) }), ...openers, box);
  }

  // ---- Requests

  function answering(approval) {
    if (!approval.answerable) {
      return [make("p", { className: "quiet", textContent: "Not yours to answer: who asks cannot, and who answers administers all that it is about." })];
    }
    const note = make("textarea", { id: `note-${approval.id}`, maxLength: 4000 });
    const said = make("p", {});
    said.setAttribute("role", "alert");
    const buttons = approval.options.map((option) => button(plain(option), null, () => answer(option)));
    const group = make("div", {}, ...buttons);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Answer");

    async function answer(option) {
      for (const each of buttons) each.disabled = true;
      said.textContent = "";
      const words = note.value.trim();
      const body = words === "" ? { option } : { option, note: words };
      try {
        await json(below(`/approvals/${encodeURIComponent(approval.id)}/answer`), { method: "POST", body });
        await refresh(session.signal);
        byId("waiting-title").focus();
        tell(`Answered \u201c${plain(option)}\u201d: ${plain(approval.title)}`);
      } catch (error) {
        if (error.status === 401) return fail(error);
        for (const each of buttons) each.disabled = false;
        said.textContent = plain(error.message);
      }
    }

    return [make("label", { htmlFor: note.id, textContent: "Comment, if you like" }), note, group, said];
  }

  function draw(approval) {
    const title = make("h3", { id: `title-${approval.id}`, dir: "auto", textContent: plain(approval.title) });
    const meta = make("p", { className: "meta" });
    const paths = make("ul", {}, ...approval.paths.map(about));
    paths.setAttribute("aria-label", "About");
    const details = approval.details ? [block(approval.details)] : [];
    const element = make("article", {}, title, meta, ...details, paths, ...answering(approval));
    element.setAttribute("aria-labelledby", title.id);
    const update = () => meta.replaceChildren(who(approval.by), " asks since ", when(approval.at), "; it ends ", when(approval.expires));
    update();
    return { element, update };
  }

  function ended(approval) {
    const { answer } = approval;
    const title = make("bdi", { textContent: plain(approval.title) });
    if (!answer) return make("li", {}, title, ": ended without an answer ", when(approval.expires));
    const note = answer.note ? `: ${plain(answer.note)}` : "";
    return make("li", {}, title, `: \u201c${plain(answer.option)}\u201d by `, who(answer.by), " ", when(answer.at), note);
  }

  async function refresh(signal) {
    const { approvals } = await json(below("/approvals"), { signal });
    const open = approvals.filter((approval) => approval.state === "open");
    const past = approvals.filter((approval) => approval.state !== "open").slice(0, MOST_OF_THE_PAST);
    const box = byId("open");
    for (const [id, card] of cards) {
      if (open.some((approval) => approval.id === id)) continue;
      if (card.element.contains(document.activeElement)) {
        byId("waiting-title").focus();
        tell("The request was answered, or its time is over.");
      }
      card.element.remove();
      cards.delete(id);
    }
    // The newest come first. What is there stays where it is, with what is being written in it.
    let fresh = 0;
    let next = box.firstElementChild;
    for (const approval of open) {
      const known = cards.get(approval.id);
      if (known) {
        known.update();
        next = known.element.nextElementSibling;
        continue;
      }
      const card = draw(approval);
      cards.set(approval.id, card);
      box.insertBefore(card.element, next);
      fresh += 1;
    }
    const isFirst = byId("waiting").hidden;
    byId("waiting").hidden = false;
    byId("none").hidden = open.length > 0;
    byId("past").hidden = past.length === 0;
    byId("closed").replaceChildren(...past.map(ended));
    byId("trouble").hidden = true;
    document.title = `${open.length > 0 ? `(${open.length}) ` : ""}Approvals: ${name}`;
    if (fresh > 0 && !isFirst) tell(fresh === 1 ? "One new request" : `${fresh} new requests`);
  }

  // ---- Following what happens

  const tell = (text) => { byId("news").textContent = text; };

  const pause = (ms, signal) => new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    document.addEventListener("visibilitychange", wake);
    signal.addEventListener("abort", wake);
  });

  async function follow(signal) {
    const events = (rest) => json(below(`/events?type=approval.*&limit=1000${rest}`), { signal });
    // The place is taken before the list, so that nothing happens between the two.
    let after = await events("").then((heard) => heard.next, () => null);
    let failures = 0;
    while (!signal.aborted) {
      try {
        await refresh(signal);
        failures = 0;
        const heard = after === null ? null : await events(`&wait=${WAIT_SECONDS}&after=${encodeURIComponent(after)}`).catch(() => null);
        if (heard === null) await pause(POLL_MS, signal);
        else after = heard.next;
      } catch (error) {
        if (signal.aborted) return;
        if ([401, 403, 404].includes(error.status)) throw error;
        failures += 1;
        trouble(`The server cannot be reached now: ${error.message}`);
        await pause(1000 * Math.min(30, 2 ** failures), signal);
      }
    }
  }

  function trouble(text) {
    byId("trouble").textContent = plain(text);
    byId("trouble").hidden = false;
  }

  function fail(error) {
    session.abort();
    const wasShown = token !== null;
    if (error.status === 401) keep(null);
    clear();
    if (error.status !== 401) trouble(error.message);
    ask(error.status === 401 && wasShown ? "The token is not valid any more, or not for this workspace." : "Show a token to see requests and to answer them.");
  }

  function ask(why) {
    byId("why").textContent = why;
    byId("enter").hidden = false;
    byId("token").focus();
  }

  function choose(names) {
    const link = (other) => make("li", {}, make("a", { href: `/approvals/${encodeURIComponent(other)}`, textContent: plain(other) }));
    byId("workspaces").querySelector("ul").replaceChildren(...names.map(link));
    byId("workspaces").hidden = false;
  }

  function clear() {
    cards.clear();
    byId("open").replaceChildren();
    byId("closed").replaceChildren();
    for (const id of ["waiting", "past", "trouble", "workspaces", "enter"]) byId(id).hidden = true;
    byId("forget").hidden = token === null;
    byId("workspace").textContent = name ?? "";
    tell("");
  }

  async function start() {
    session.abort();
    session = new AbortController();
    const { signal } = session;
    name = place();
    clear();
    try {
      if (name === null) {
        const { workspaces } = await json("/v1/workspaces", { signal });
        if (workspaces.length !== 1) return choose(workspaces.map((workspace) => workspace.name));
        name = workspaces[0].name;
        byId("workspace").textContent = name;
      }
      if (token === null) {
        byId("why").textContent = "You are here without a token. Show one to answer requests.";
        byId("enter").hidden = false;
      }
      await follow(signal);
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  }

  byId("enter").addEventListener("submit", (event) => {
    event.preventDefault();
    const shown = byId("token").value.trim();
    byId("token").value = "";
    // What no header can hold is no token.
    if (!/^[\x21-\x7e]+$/.test(shown)) return ask("That is no token: one begins with `wrk_`.");
    keep(shown);
    start();
  });
  byId("forget").addEventListener("click", () => {
    keep(null);
    start();
  });
  start();
})();
