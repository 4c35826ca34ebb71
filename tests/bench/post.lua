-- What wrk sends: one kibibyte of JSON, with the identifier of the caller where the way needs one. What it found is
-- written as one JSON object to the file named in BENCH_RESULT.
local head = '{"question":"'
wrk.method = "POST"
wrk.body = head .. string.rep("q", 1024 - #head - 2) .. '"}'
wrk.headers["Content-Type"] = "application/json"
local client = os.getenv("BENCH_CLIENT")
if client then wrk.headers["X-Road-Client"] = client end

function done(summary, latency, requests)
    local e = summary.errors
    local file = io.open(os.getenv("BENCH_RESULT"), "w")
    file:write(string.format(
        '{"requests":%d,"microseconds":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"p50":%d,"p99":%d}',
        summary.requests, summary.duration, e.connect, e.read, e.write, e.status, e.timeout,
        latency:percentile(50), latency:percentile(99)))
    file:close()
end
