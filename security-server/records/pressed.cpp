#include "security-server/records/pressed.hpp"

#include <zstd.h>

#include <new>

namespace onceway::records {
namespace {

constexpr std::uint64_t most_plain = 64 * 1024 * 1024;
constexpr std::size_t room_kept = 1024 * 1024;  // what one large message took is given back by the next
constexpr int level = 1;                        // 2 and 3 gain one octet in a hundred and cost half as much again

struct Frees {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

Fault damaged(std::string_view what) {
    return fault(FaultCode::database_error, "Reading a pressed part of the message log: " + std::string(what) +
                                                ". The log is damaged; restore it from a backup");
}

}  // namespace

struct Presser::Parts {
    std::unique_ptr<ZSTD_CCtx, Frees> context{ZSTD_createCCtx()};
    Octets octets;
};

Presser::Presser() : parts_(std::make_unique<Parts>()) {
    if (!parts_->context) throw std::bad_alloc();
}
Presser::~Presser() = default;

Presser::Pressed Presser::press(std::span<const OctetsView> sections) {
    auto& octets = parts_->octets;
    std::size_t plain = 0, room = 0, size = 0;
    for (const auto& section : sections) {
        plain += section.size();
        room += ZSTD_compressBound(section.size());
    }
    if (octets.size() > room_kept && room <= room_kept) octets = Octets();
    if (octets.size() < room) octets.resize(room);
    for (const auto& section : sections) {
        const auto added = ZSTD_compressCCtx(parts_->context.get(), octets.data() + size, octets.size() - size,
                                             section.data(), section.size(), level);
        if (ZSTD_isError(added)) throw std::bad_alloc();
        size += added;
    }
    if (size < plain && plain <= most_plain) return {OctetsView(octets).substr(0, size), plain};
    size = 0;
    for (const auto& section : sections) size += section.copy(octets.data() + size, section.size());
    return {OctetsView(octets).substr(0, size), 0};
}

Result<Octets> unpress(OctetsView frames, std::uint64_t plain) {
    if (plain > most_plain) return damaged("it claims to hold " + std::to_string(plain) + " octets");
    Octets octets(static_cast<std::size_t>(plain), '\0');
    const auto size = ZSTD_decompress(octets.data(), octets.size(), frames.data(), frames.size());
    if (ZSTD_isError(size)) return damaged(std::string("zstd says: ") + ZSTD_getErrorName(size));
    if (size != plain) return damaged("it holds " + std::to_string(size) + " octets and not " + std::to_string(plain));
    return octets;
}

}  // namespace onceway::records
