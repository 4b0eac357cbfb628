// Adds `Authorization: Bearer $MCP_TOKEN` to every HTTP request of the process, because the
// conformance runner has no option for it. Load with `node --import`.
// Covers fetch (Node's own), undici.request (the npm package) and node:http.
import http from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const token = process.env.MCP_TOKEN;
if (token) {
  const value = `Bearer ${token}`;
  const { fetch: plain } = globalThis;
  globalThis.fetch = (input, init = {}) => {
    const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
    if (!headers.has("authorization")) headers.set("authorization", value);
    return plain(input, { ...init, headers });
  };

  const { request } = http;
  http.request = (...args) => {
    const outgoing = request(...args);
    if (!outgoing.hasHeader("authorization")) outgoing.setHeader("authorization", value);
    return outgoing;
  };

  // argv[1] is the runner's entry file (perhaps through .bin), so its own undici is found from there.
  const { realpathSync } = await import("node:fs");
  const require = createRequire(pathToFileURL(realpathSync(process.argv[1])));
  const undici = await import(pathToFileURL(require.resolve("undici")));
  const { getGlobalDispatcher, setGlobalDispatcher } = undici.default ?? undici;
  const dispatcher = getGlobalDispatcher().compose((dispatch) => (options, handler) => {
    const headers = { ...(options.headers ?? {}) };
    const present = Array.isArray(options.headers)
      ? true // fetch's own path: already set above
      : Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
    return dispatch(present ? options : { ...options, headers: { ...headers, authorization: value } }, handler);
  });
  setGlobalDispatcher(dispatcher);
}
