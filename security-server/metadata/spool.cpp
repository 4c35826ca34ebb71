#include "security-server/metadata/spool.hpp"

#include "certs/channel/threads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace onceway::metadata {
namespace {

constexpr std::size_t piece = 64 * 1024;

Fault disk_said(std::string_view step) {
    return fault(FaultCode::io_error, std::string(step) + " a temporary file: " + std::strerror(errno));
}

/// A file in `folder` that has no name.
int unnamed_file(const std::filesystem::path& folder) {
    auto name = (folder / "answer-XXXXXX").string();
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) ::unlink(name.c_str());
    return descriptor;
}

}  // namespace

Spool::~Spool() { ::close(descriptor_); }

Async<std::shared_ptr<Spool>> Spool::filled(std::filesystem::path folder,
                                            std::function<Result<void>(const std::function<void(OctetsView)>&)> fill) {
    Result<std::shared_ptr<Spool>> outcome = std::shared_ptr<Spool>();
    std::function<void()> work = [&] {
        const int descriptor = unnamed_file(folder);
        if (descriptor < 0) {
            outcome = disk_said("Making");
            return;
        }
        std::shared_ptr<Spool> spool(new Spool(descriptor));
        try {
            auto done = fill([&](OctetsView octets) { spool->write(octets); });
            if (done)
                outcome = std::move(spool);
            else
                outcome = std::move(done).error();
        } catch (const std::exception& error) {
            outcome = fault(FaultCode::io_error, error.what());
        }
    };
    co_await channel::on_disk_pool(std::move(work));
    co_return std::move(outcome);
}

void Spool::write(OctetsView octets) {
    while (!octets.empty()) {
        const auto written = ::write(descriptor_, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw std::runtime_error(disk_said("Writing").detail);
        size_ += static_cast<std::uint64_t>(written);
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
}

Result<void> Spool::read(std::uint64_t at, Octets& room) const {
    room.resize(std::min<std::uint64_t>(piece, size_ - at));
    for (std::size_t have = 0; have < room.size();) {
        const auto read = ::pread(descriptor_, room.data() + have, room.size() - have, static_cast<off_t>(at + have));
        if (read < 0 && errno == EINTR) continue;
        if (read <= 0) return disk_said("Reading");
        have += static_cast<std::size_t>(read);
    }
    return {};
}

Async<void> Spool::send(channel::Exchange& exchange, message::Fields fields) const {
    const channel::Exchange::Streaming how{size_, false};
    auto begun = co_await exchange.begin(200, "OK", fields, how);
    if (!begun) co_return begun;
    Octets room;
    for (std::uint64_t at = 0; at < size_; at += room.size()) {
        Result<void> read;
        std::function<void()> work = [&] { read = this->read(at, room); };
        co_await channel::on_disk_pool(std::move(work));
        if (!read) co_return read;
        auto written = co_await exchange.write(room);
        if (!written) co_return written;
    }
    co_return co_await exchange.finish();
}

}  // namespace onceway::metadata
