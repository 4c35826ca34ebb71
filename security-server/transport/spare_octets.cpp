#include "security-server/transport/spare_octets.hpp"

#include <utility>
#include <vector>

namespace onceway::transport {
namespace {

constexpr std::size_t kept_most = 8, kept_octets = 32 * 1024;

std::vector<Octets>& spares() {
    thread_local std::vector<Octets> of_this_thread;
    return of_this_thread;
}

}  // namespace

SpareOctets::SpareOctets() {
    auto& kept = spares();
    if (kept.empty()) return;
    octets_ = std::move(kept.back());
    kept.pop_back();
}

SpareOctets::~SpareOctets() {
    auto& kept = spares();
    if (octets_.capacity() > kept_octets || octets_.capacity() < 1'024 || kept.size() == kept_most) return;
    octets_.clear();
    kept.push_back(std::move(octets_));
}

}  // namespace onceway::transport
