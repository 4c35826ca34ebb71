#include "security-server/admin/stopped_server.hpp"

#include "security-server/admin/pin.hpp"
#include "security-server/registry-view/store.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>

namespace onceway::admin {

Result<FolderLock> FolderLock::take(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fault(FaultCode::io_error, fmt::format("Locking {}: {}.", file.string(), std::strerror(errno)));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return FolderLock(descriptor);
    ::close(descriptor);
    return fault(FaultCode::invalid_request,
                 fmt::format("Locking {}: another process works in this folder. Is the server running already?",
                             file.parent_path().string()));
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

struct StoppedServer::Parts {
    ServerFile file;
    FolderLock lock;
    std::unique_ptr<StateStore> state;
    registry_view::GivenView view;
    std::unique_ptr<OwnOcsp> ocsp;
    std::unique_ptr<OwnKeys> keys;
    std::unique_ptr<InternalTls> internal_tls;
    std::unique_ptr<Administration> administration;
};

StoppedServer::StoppedServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
StoppedServer::~StoppedServer() = default;

Result<std::unique_ptr<StoppedServer>> StoppedServer::open(const ServerFile& file, const Clock& clock) {
    auto lock = FolderLock::take(file.lock());
    if (!lock) return lock.error();
    auto state = StateStore::open(file.state(), file.id, clock);
    if (!state) return state.error();
    auto token = keys::SoftwareToken::open(file.keys());
    if (!token) return token.error();

    auto parts = std::unique_ptr<Parts>(new Parts{file, std::move(*lock), std::move(*state), {}, {}, {}, {}, {}});
    const auto stored = registry_view::Store(file.configuration()).load();
    if (stored && *stored) parts->view.set(registry_view::snapshot_of(**stored, 1));
    parts->ocsp = std::make_unique<OwnOcsp>(file.ocsp(), parts->view, clock);
    parts->keys = std::make_unique<OwnKeys>(std::move(*token), file.id, parts->view, *parts->ocsp, clock);
    parts->internal_tls = std::make_unique<InternalTls>(parts->file, clock);
    parts->administration =
        std::make_unique<Administration>(Administered{parts->file, clock, *parts->state, *parts->keys, parts->view,
                                                      nullptr, nullptr, nullptr, nullptr, parts->internal_tls.get()});
    return std::unique_ptr<StoppedServer>(new StoppedServer(std::move(parts)));
}

bool StoppedServer::unlocked() const { return parts_->keys->unlocked(); }

Result<void> StoppedServer::unlock_by_file() {
    if (unlocked() || parts_->file.pin_file.empty()) return {};
    const auto pin = read_pin_file(parts_->file.pin_file);
    if (!pin) return pin.error();
    return unlock(*pin);
}

Result<void> StoppedServer::unlock(std::string_view pin) { return parts_->keys->unlock(pin); }

Octets StoppedServer::answer(OctetsView request) { return parts_->administration->answer(request); }

}  // namespace onceway::admin
