-- What wrk sends: POSTs of BENCH_HEAD, BENCH_LETTERS letters at random and BENCH_TAIL, of type BENCH_TYPE, with the
-- identifier of the caller where the way needs one; `{id}` in the head is another number in each. What it found is
-- written as one JSON object to the file named in BENCH_RESULT.
local head, tail = os.getenv("BENCH_HEAD") or '{"question":"', os.getenv("BENCH_TAIL") or '"}'
local count = tonumber(os.getenv("BENCH_LETTERS") or 1024 - #head - #tail)
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local pool, prepared, next_one = nil, {}, 0

wrk.method = "POST"
wrk.headers["Content-Type"] = os.getenv("BENCH_TYPE") or "application/json"
local client = os.getenv("BENCH_CLIENT")
if client then wrk.headers["X-Road-Client"] = client end

-- Letters at random, from `at` on; the pool goes round.
local function text(at, length)
    local parts = {}
    while length > 0 do
        at = at % #pool
        local piece = string.sub(pool, at + 1, math.min(#pool, at + length))
        parts[#parts + 1] = piece
        at, length = at + #piece, length - #piece
    end
    return table.concat(parts)
end

-- Bodies differ, so that a log which stores repetitions once gains nothing from them.
function init()
    math.randomseed(count)
    local drawn = {}
    for i = 1, 512 * 1024 do
        local n = math.random(64)
        drawn[i] = string.sub(letters, n, n)
    end
    pool = table.concat(drawn)
    for i = 1, math.max(1, math.min(512, math.floor(#pool / count))) do
        local begun = string.gsub(head, "{id}", tostring(i))
        prepared[i] = wrk.format(nil, nil, nil, begun .. text((i - 1) * count, count) .. tail)
    end
end

function request()
    next_one = next_one % #prepared + 1
    return prepared[next_one]
end

function done(summary, latency, requests)
    local e = summary.errors
    local file = io.open(os.getenv("BENCH_RESULT"), "w")
    file:write(string.format(
        '{"requests":%d,"microseconds":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"p50":%d,"p99":%d}',
        summary.requests, summary.duration, e.connect, e.read, e.write, e.status, e.timeout,
        latency:percentile(50), latency:percentile(99)))
    file:close()
end
