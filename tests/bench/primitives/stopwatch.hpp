// How long one step takes: by the clock on the wall, and of the processor's time.
#pragma once

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <vector>

namespace onceway::bench {

struct Cost {
    double wall_us;  // median of single steps: one that was disturbed does not count
    double cpu_us;   // mean over all of them, of every thread of the process
};

inline double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Runs `step` a few times unmeasured, then `times` times.
template <class Step>
Cost repeated(int times, const Step& step) {
    for (int i = 0; i < times / 10 + 1; ++i) step();
    std::vector<double> walls;
    const auto cpu = cpu_seconds();
    for (int i = 0; i < times; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        step();
        walls.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count());
    }
    const auto used = cpu_seconds() - cpu;
    std::nth_element(walls.begin(), walls.begin() + times / 2, walls.end());
    return {walls[static_cast<std::size_t>(times / 2)], used / times * 1e6};
}

/// Costs by name, as one JSON object: `NAME_us` (wall) and `NAME_cpu_us`.
class Report {
public:
    void add(const std::string& name, Cost cost) {
        text_ += fmt::format(R"({}"{}_us":{:.2f},"{}_cpu_us":{:.2f})", text_.empty() ? "" : ",", name, cost.wall_us,
                             name, cost.cpu_us);
    }
    std::string json() const { return "{" + text_ + "}"; }

private:
    std::string text_;
};

}  // namespace onceway::bench
