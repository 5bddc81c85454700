-- wrk's requests: each of so many clusters in turn.
local count, turn = tonumber(os.getenv("CLUSTERS")), 0

function request()
   turn = (turn + 1) % count
   return wrk.format("GET", (wrk.path:gsub("/serverless/[^/]+", "/serverless/c" .. turn)))
end
