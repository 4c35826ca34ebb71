// Numbers and counted octets, as the log writes them: seven bits an octet, lowest group first, the highest bit saying
// that another follows. Reading never goes beyond what is there.
#pragma once

#include "schemas/base/bytes.hpp"

#include <cstdint>

namespace onceway::records {

inline void put_number(Octets& into, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) into += static_cast<char>(number | 0x80);
    into += static_cast<char>(number);
}

inline void put_counted(Octets& into, OctetsView octets) {
    put_number(into, octets.size());
    into += octets;
}

/// Takes from the front of `left`; `broken` once something was not there, and stays so.
struct OctetReader {
    OctetsView left;
    bool broken = false;

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 63 && !left.empty(); shift += 7) {
            const auto octet = static_cast<unsigned char>(left.front());
            left.remove_prefix(1);
            value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
            if (octet < 0x80) return value;
        }
        broken = true;
        return 0;
    }
    OctetsView octets(std::uint64_t count) {
        if (count > left.size()) {
            broken = true;
            return {};
        }
        const auto taken = left.substr(0, static_cast<std::size_t>(count));
        left.remove_prefix(taken.size());
        return taken;
    }
    OctetsView counted() { return octets(number()); }
};

}  // namespace onceway::records
