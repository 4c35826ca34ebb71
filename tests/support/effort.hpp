// How much processor time something took: what a busy machine does not lengthen.
#pragma once

#include <chrono>
#include <ctime>

namespace onceway::tests {

/// Processor time of this thread since it was made. Only for bounds that separate milliseconds from minutes.
class Effort {
public:
    Effort() : begun_(now()) {}
    /// True while no more than `bound` was spent; ten times that in a sanitized build.
    bool within(std::chrono::milliseconds bound) const {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        bound *= 10;
#endif
        return now() - begun_ <= bound;
    }

private:
    static std::chrono::nanoseconds now() {
        std::timespec spent{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
        return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
    }
    std::chrono::nanoseconds begun_;
};

}  // namespace onceway::tests
