#include "certs/channel/payload.hpp"

#include "certs/channel/threads.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/base/limits.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace onceway::channel {

namespace {

/// What is gathered before one write: large enough that handing over to the disk pool does not count.
constexpr std::size_t gather_octets = 256 * 1024;

std::string reason(int error) { return std::generic_category().message(error); }

/// A file without a name; it is gone when its descriptor is closed.
class NamelessFile {
public:
    NamelessFile() = default;
    NamelessFile(NamelessFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    NamelessFile& operator=(NamelessFile&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~NamelessFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    bool is_open() const { return descriptor_ >= 0; }

    Result<void> open(const std::filesystem::path& folder) {
        descriptor_ = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (descriptor_ >= 0) return {};
        if (errno != EOPNOTSUPP && errno != EISDIR) return problem("Making a temporary file", folder, errno);
        auto name = (folder / "payload-XXXXXX").string();  // file systems without O_TMPFILE
        descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
        if (descriptor_ < 0) return problem("Making a temporary file", folder, errno);
        ::unlink(name.c_str());
        return {};
    }

    Result<void> write(OctetsView octets, std::uint64_t at, const std::filesystem::path& folder) const {
        if (const int error = failpoint::reached("payload.write", folder.native()); error != 0)
            return problem("Writing a temporary file", folder, error);
        while (!octets.empty()) {
            const auto n = ::pwrite(descriptor_, octets.data(), octets.size(), static_cast<off_t>(at));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return problem("Writing a temporary file", folder, errno);
            octets.remove_prefix(static_cast<std::size_t>(n));
            at += static_cast<std::uint64_t>(n);
        }
        return {};
    }

    Result<std::size_t> read(char* into, std::size_t most, std::uint64_t at,
                             const std::filesystem::path& folder) const {
        std::size_t got = 0;
        while (got < most) {
            const auto n = ::pread(descriptor_, into + got, most - got, static_cast<off_t>(at + got));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return problem("Reading a temporary file", folder, errno);
            if (n == 0)
                return fault(FaultCode::io_error, "Reading a temporary file: it is shorter than what was written.");
            got += static_cast<std::size_t>(n);
        }
        return got;
    }

private:
    static Fault problem(std::string_view doing, const std::filesystem::path& folder, int error) {
        return fault(FaultCode::io_error, fmt::format("{} in {}: {}. Check space and permissions of that folder.",
                                                      doing, folder.string(), reason(error)));
    }
    int descriptor_ = -1;
};

}  // namespace

struct Payload::Parts {
    std::filesystem::path spool;
    std::size_t in_memory_at_most = 0;
    Octets memory;  // all of it, or what the file does not hold yet
    NamelessFile file;
    std::uint64_t in_file = 0;
    keys::Hasher hasher{keys::Digest::sha512};
    std::vector<Part> parts;
    std::uint64_t ended = 0;  // octets of the parts that have ended
    Octets digest;

    std::uint64_t size() const { return in_file + memory.size(); }

    void close_part() {
        parts.push_back({ended, size() - ended, hasher.value()});
        ended = size();
    }

    /// Moves what memory holds into the file; on the disk pool.
    Result<void> spill() {
        if (!file.is_open()) {
            auto opened = file.open(spool);
            if (!opened) return opened;
        }
        auto written = file.write(memory, in_file, spool);
        if (!written) return written;
        in_file += memory.size();
        memory.clear();
        return {};
    }

    Result<OctetsView> read(std::uint64_t offset, std::size_t most, Octets& room) const {
        if (offset >= in_file)
            return OctetsView(memory).substr(std::min<std::uint64_t>(offset - in_file, memory.size()), most);
        room.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, in_file - offset)));
        auto got = file.read(room.data(), room.size(), offset, spool);
        if (!got) return got.error();
        return OctetsView(room);
    }
};

std::size_t Payload::limits_in_memory() { return limits::payload_in_memory_octets; }

Payload::Payload(std::filesystem::path spool, std::size_t in_memory) : parts_(std::make_unique<Parts>()) {
    parts_->spool = std::move(spool);
    parts_->in_memory_at_most = in_memory;
}
Payload::Payload(Payload&&) noexcept = default;
Payload& Payload::operator=(Payload&&) noexcept = default;
Payload::~Payload() = default;

Async<void> Payload::append(OctetsView octets) {
    auto& parts = *parts_;
    if (!parts.digest.empty()) throw std::logic_error("a sealed payload takes no more octets");
    parts.hasher.feed(octets);
    const auto most = parts.file.is_open() ? gather_octets : parts.in_memory_at_most;
    if (parts.memory.size() + octets.size() <= most) {
        parts.memory.append(octets);
        co_return Result<void>{};
    }

    // The buffer of a body on disk is larger than that of one in memory: fewer, longer writes.
    parts.memory.append(octets);
    if (!parts.file.is_open() && parts.memory.size() < gather_octets && parts.memory.capacity() < gather_octets)
        parts.memory.reserve(gather_octets + 32 * 1024);
    Result<void> spilt;
    std::function<void()> work = [&] { spilt = parts.spill(); };
    co_await on_disk_pool(std::move(work));
    co_return spilt;
}

void Payload::end_part() {
    parts_->close_part();
    parts_->hasher = keys::Hasher(keys::Digest::sha512);
}

void Payload::seal() {
    auto& parts = *parts_;
    if (!parts.digest.empty()) return;
    if (parts.parts.empty() || parts.ended < parts.size()) parts.close_part();
    if (parts.parts.size() == 1) {
        parts.digest = parts.parts.front().sha512;
        return;
    }
    Octets all;
    for (const auto& part : parts.parts) all += part.sha512;
    parts.digest = keys::sha512(all);
}

const std::vector<Payload::Part>& Payload::parts() const {
    if (parts_->digest.empty()) throw std::logic_error("a payload has its parts once it is sealed");
    return parts_->parts;
}

std::uint64_t Payload::size() const { return parts_->size(); }
const Octets& Payload::sha512() const {
    if (parts_->digest.empty()) throw std::logic_error("a payload has its digest once it is sealed");
    return parts_->digest;
}
bool Payload::in_memory() const { return !parts_->file.is_open(); }
OctetsView Payload::view() const {
    if (!in_memory()) throw std::logic_error("a payload on disk has no view");
    return parts_->memory;
}

Async<OctetsView> Payload::read(std::uint64_t offset, std::size_t most, Octets& room) const {
    const auto& parts = *parts_;
    if (offset >= parts.in_file) co_return parts.read(offset, most, room);
    Result<OctetsView> got = OctetsView();
    std::function<void()> work = [&] { got = parts.read(offset, most, room); };
    co_await on_disk_pool(std::move(work));
    co_return got;
}

Result<OctetsView> Payload::read_blocking(std::uint64_t offset, std::size_t most, Octets& room) const {
    return parts_->read(offset, most, room);
}

}  // namespace onceway::channel
