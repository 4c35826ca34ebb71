#include "security-server/transport/attachments.hpp"

namespace onceway::transport {
namespace {

constexpr std::size_t headers_octets_most = 1024 * 1024;
constexpr std::size_t header_costs = 64;  // besides its octets

}  // namespace

Async<void> WaitingOctets::move_to(CountedBody& body) {
    std::size_t from = 0;
    for (const std::size_t end : ends_) {
        auto kept = co_await body.append(OctetsView(octets_).substr(from, end - from));
        if (!kept) co_return kept.error();
        body.end_part();
        from = end;
    }
    ends_.clear();
    if (from < octets_.size()) {
        auto kept = co_await body.append(OctetsView(octets_).substr(from));
        if (!kept) co_return kept.error();
    }
    octets_.clear();
    co_return Result<void>{};
}

Result<void> RoomForHeads::take(const message::Fields& headers) {
    for (const auto& [name, value] : headers) taken_ += name.size() + value.size() + header_costs;
    if (taken_ <= headers_octets_most) return {};
    return fault(FaultCode::too_large, "Reading a multipart: its parts have more than 1 MiB of headers.");
}

}  // namespace onceway::transport
