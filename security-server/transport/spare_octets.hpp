// Buffers for messages being put together: a thread keeps a few of them, so that not every message asks for new memory.
#pragma once

#include "schemas/base/bytes.hpp"

namespace onceway::transport {

/// An empty buffer with some capacity. Goes back to the thread on which it ends, unless it has grown large.
class SpareOctets {
public:
    SpareOctets();
    ~SpareOctets();
    SpareOctets(const SpareOctets&) = delete;

    Octets& operator*() { return octets_; }
    Octets* operator->() { return &octets_; }

private:
    Octets octets_;
};

}  // namespace onceway::transport
