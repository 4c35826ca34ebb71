#include "certs/keys/token_tries.hpp"

#include "schemas/store/database.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace onceway::keys {
namespace {

constexpr int free_tries = 3;
constexpr std::chrono::seconds first_wait{2}, longest_wait{3600};

struct Tries {
    int failed = 0;
    Instant not_before{};
};

std::filesystem::path file_in(const std::filesystem::path& folder) { return folder / "tries.json"; }

Result<Tries> read(const std::filesystem::path& folder) {
    if (!std::filesystem::exists(file_in(folder))) return Tries{};
    const auto text = store::read_whole(file_in(folder), 4096);
    if (!text) return text.error();
    boost::system::error_code error;
    const auto json = boost::json::parse(*text, error);
    const auto* object = json.if_object();
    const auto* failed = object ? object->if_contains("failed") : nullptr;
    const auto* not_before = object ? object->if_contains("not_before") : nullptr;
    const auto at = not_before && not_before->is_string() ? parse_rfc3339(not_before->as_string().c_str())
                                                          : Result<Instant>(fault(FaultCode::io_error, ""));
    if (error || !failed || !failed->is_int64() || !at)
        return fault(FaultCode::io_error, "Reading " + file_in(folder).string() +
                                              ": it is damaged; remove it when its reason is understood");
    return Tries{static_cast<int>(failed->as_int64()), *at};
}

Result<void> write(const std::filesystem::path& folder, const Tries& tries) {
    const boost::json::object json{
        {"format", "onceway-token-tries/1"}, {"failed", tries.failed}, {"not_before", rfc3339(tries.not_before)}};
    return store::write_whole(file_in(folder), boost::json::serialize(json) + "\n");
}

std::chrono::seconds wait_after(int failed) {
    if (failed < free_tries) return std::chrono::seconds(0);
    const int doublings = std::min(failed - free_tries, 20);
    return std::min(first_wait * (1 << doublings), longest_wait);
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0 && ::flock(file, LOCK_EX) == 0) return FolderLock(file);
    auto refused = fault(FaultCode::io_error, "Locking " + folder.string() + ": " + std::strerror(errno));
    if (file >= 0) ::close(file);
    return refused;
}

FolderLock::~FolderLock() {
    if (file_ >= 0) ::close(file_);
}

Result<PinTry> PinTry::begin(const std::filesystem::path& folder, const Clock& clock) {
    auto lock = FolderLock::take(folder);
    if (!lock) return lock.error();
    auto tries = read(folder);
    if (!tries) return tries.error();
    const Instant now = clock.now();
    if (now < tries->not_before)
        return fault(FaultCode::login_failed,
                     fmt::format("Unlocking the key store: {} wrong PINs were given; the next try is possible at {}",
                                 tries->failed, rfc3339_seconds(tries->not_before + std::chrono::milliseconds(999))));
    ++tries->failed;
    tries->not_before = now + wait_after(tries->failed);
    if (auto written = write(folder, *tries); !written) return written.error();
    return PinTry(folder, std::move(*lock), tries->failed);
}

Result<void> PinTry::succeeded() {
    failures_ = 0;
    return write(folder_, Tries{});
}

}  // namespace onceway::keys
