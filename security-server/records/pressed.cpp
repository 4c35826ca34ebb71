#include "security-server/records/pressed.hpp"

#include <lz4.h>

#include <limits>

namespace onceway::records {
namespace {

constexpr std::uint64_t most_plain = 64 * 1024 * 1024, most_a_block_octet_says = 255;

Fault damaged(std::string_view what) {
    return fault(FaultCode::database_error, "Reading a pressed part of the message log: " + std::string(what) +
                                                ". The log is damaged; restore it from a backup");
}

}  // namespace

OctetsView Presser::press(OctetsView plain) {
    if (plain.size() < 2 || plain.size() > most_plain) return {};
    if (state_.empty()) state_.resize(static_cast<std::size_t>(LZ4_sizeofState()));
    if (block_.size() < plain.size()) block_.resize(plain.size());
    const auto room = static_cast<int>(plain.size() - 1);  // LZ4 gives up where the block would be as large
    const int size =
        LZ4_compress_fast_extState(state_.data(), plain.data(), block_.data(), static_cast<int>(plain.size()), room, 1);
    return OctetsView(block_).substr(0, static_cast<std::size_t>(std::max(size, 0)));
}

Result<Octets> unpress(OctetsView block, std::uint64_t plain) {
    if (plain > most_plain || plain > block.size() * most_a_block_octet_says)
        return damaged("it claims to hold " + std::to_string(plain) + " octets in " + std::to_string(block.size()));
    Octets octets(static_cast<std::size_t>(plain), '\0');
    const int size =
        LZ4_decompress_safe(block.data(), octets.data(), static_cast<int>(block.size()), static_cast<int>(plain));
    if (size < 0) return damaged("it is no LZ4 block");
    if (static_cast<std::uint64_t>(size) != plain)
        return damaged("it holds " + std::to_string(size) + " octets and not " + std::to_string(plain));
    return octets;
}

}  // namespace onceway::records
