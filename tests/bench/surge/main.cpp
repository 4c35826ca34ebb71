// bench_surge: loads one HTTP address with 1 KiB posts, from as many addresses of its own as it is told, and says what
// came back. With --rate, questions come at that rate whether answers do or not (what overload is); without, each
// connection asks again as soon as it was answered. One thread, bare epoll: it must not be the slowest.
#include "tests/bench/surge/surge.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

int main(int count, char** words) {
    using namespace onceway::bench;
    SurgeSettings settings;
    CLI::App app("bench_surge: loads one HTTP address, as one JSON object says afterwards");
    app.add_option("--host", settings.host, "Numeric address")->required();
    app.add_option("--port", settings.port, "Port")->required();
    app.add_option("--target", settings.target, "Of the POST")->required();
    app.add_option("--client", settings.client, "X-Road-Client");
    app.add_option("--from", settings.sources, "Addresses to call from, in turn")->delimiter(',');
    app.add_option("--connections", settings.connections, "At most open at once")->check(CLI::Range(1, 10'000));
    app.add_option("--rate", settings.rate, "Questions a second; 0: as fast as they are answered");
    app.add_option("--seconds", settings.seconds, "Duration")->check(CLI::Range(1, 600));
    CLI11_PARSE(app, count, words);
    const auto found = surge(settings);
    if (!found.problem.empty()) {
        fmt::print(stderr, "bench_surge: {}\n", found.problem);
        return 2;
    }
    fmt::print("{}\n", found.json());
    return 0;
}
