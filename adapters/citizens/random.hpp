// Chance that repeats: the same numbers from the same seed, on every machine and with every library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace onceway::citizens {

/// SplitMix64. Not for secrets.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// 0 to `count` - 1. The bias is below one in 2^40 for the counts used here.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    int between(int least, int most) {
        return least + static_cast<int>(below(static_cast<std::uint64_t>(most - least + 1)));
    }
    bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }

    template <class T, std::size_t N>
    const T& one_of(const std::array<T, N>& choices) {
        return choices[below(N)];
    }
    template <class T>
    const T& one_of(std::span<const T> choices) {
        return choices[below(choices.size())];
    }

private:
    std::uint64_t state_;
};

}  // namespace onceway::citizens
