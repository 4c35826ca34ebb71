#include "security-server/records/pressed.hpp"

#include <zstd.h>

#include <new>

namespace onceway::records {
namespace {

constexpr std::uint64_t most_plain = 64 * 1024 * 1024;
constexpr int level = 1;  // 2 and 3 gain one octet in a hundred and cost half as much again

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
    Octets frame;
};

Presser::Presser() : parts_(std::make_unique<Parts>()) {
    if (!parts_->context) throw std::bad_alloc();
}
Presser::~Presser() = default;

OctetsView Presser::press(OctetsView plain) {
    if (plain.size() > most_plain) return {};
    auto& frame = parts_->frame;
    if (const auto room = ZSTD_compressBound(plain.size()); frame.size() < room) frame.resize(room);
    const auto size =
        ZSTD_compressCCtx(parts_->context.get(), frame.data(), frame.size(), plain.data(), plain.size(), level);
    if (ZSTD_isError(size) || size >= plain.size()) return {};
    return OctetsView(frame).substr(0, size);
}

Result<Octets> unpress(OctetsView frame, std::uint64_t plain) {
    if (plain > most_plain) return damaged("it claims to hold " + std::to_string(plain) + " octets");
    Octets octets(static_cast<std::size_t>(plain), '\0');
    const auto size = ZSTD_decompress(octets.data(), octets.size(), frame.data(), frame.size());
    if (ZSTD_isError(size)) return damaged(std::string("zstd says: ") + ZSTD_getErrorName(size));
    if (size != plain) return damaged("it holds " + std::to_string(size) + " octets and not " + std::to_string(plain));
    return octets;
}

}  // namespace onceway::records
