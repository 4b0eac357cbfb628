-- Searches for `wrk`: WORKROOM_BODIES names a file with a body of JSON on each line, WORKROOM_TOKEN is the token.
--
--   WORKROOM_TOKEN=wrk_... WORKROOM_BODIES=bodies.jsonl wrk -t1 -c64 -d30s --latency -s search.lua http://127.0.0.1:7700/v1/workspaces/NAME/search

local bodies = {}
for line in io.lines(os.getenv("WORKROOM_BODIES")) do
  bodies[#bodies + 1] = line
end

local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("WORKROOM_TOKEN"),
  ["Content-Type"] = "application/json",
}
local next_body = 0

function request()
  next_body = next_body % #bodies + 1
  return wrk.format("POST", nil, headers, bodies[next_body])
end
