#include "security-server/records/body_folder.hpp"

#include "schemas/base/failpoint.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace onceway::records {
namespace {

constexpr std::size_t piece = 256 * 1024;

class Descriptor {
public:
    Descriptor(const std::filesystem::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

std::string reason() { return std::strerror(errno); }

[[noreturn]] void disk_failed(const std::filesystem::path& path, const char* step) {
    const auto text = std::string(step) + ' ' + path.string() + ": " + reason();
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) throw store::StoreFull(text);
    throw store::StoreBroken(text);
}

void write_all(int descriptor, OctetsView octets, const std::filesystem::path& path) {
    if (failpoint::reached("body.write", path.native()) != 0) disk_failed(path, "Writing the body file");
    while (!octets.empty()) {
        const auto written = ::write(descriptor, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) disk_failed(path, "Writing the body file");
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
}

void sync_folder(const std::filesystem::path& folder) {
    const Descriptor opened(folder, O_RDONLY | O_DIRECTORY);
    if (!opened || failpoint::reached("body.sync_folder", folder.native()) != 0 || ::fsync(opened.number()) != 0)
        disk_failed(folder, "Syncing the folder");
}

Fault missing(const std::filesystem::path& path, std::string_view what) {
    return fault(FaultCode::database_error, "The body file " + path.string() + " of a logged message " +
                                                std::string(what) +
                                                ". Restore the folder of the message log from a backup");
}

}  // namespace

Result<BodyFolder> BodyFolder::open(std::filesystem::path folder) {
    std::error_code error;
    const bool made = std::filesystem::create_directory(folder, error);
    if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error || !std::filesystem::is_directory(folder))
        return fault(FaultCode::database_error, "Making the folder " + folder.string() + ": " + error.message());
    if (made) sync_folder(folder.parent_path());
    return BodyFolder(std::move(folder));
}

namespace {

/// Copies one part of a body. Faults: `io_error` when the body cannot be read.
Result<void> copy(const channel::Payload& body, const channel::Payload::Part& part, int into,
                  const std::filesystem::path& path) {
    Octets room;
    for (std::uint64_t done = 0; done < part.size;) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(piece, part.size - done));
        const auto octets = body.read_blocking(part.offset + done, most, room);
        if (!octets) return octets.error();
        write_all(into, *octets, path);
        done += octets->size();
    }
    return {};
}

}  // namespace

Result<BodyFile> BodyFolder::keep(const channel::Payload& body, std::span<const LoggedPart> parts) const {
    BodyFile file{opening_ + random_uuid(), body.size(), body.sha512()};
    if (!parts.empty()) file.size = kept_octets(parts), file.sha512 = digest_of_kept(parts);
    const auto path = folder_ / file.name;
    try {
        const Descriptor opened(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        if (!opened || failpoint::reached("body.create", path.native()) != 0) disk_failed(path, "Making the body file");
        for (std::size_t i = 0; i < body.parts().size(); ++i) {
            if (!parts.empty() && !parts[i].kept) continue;
            auto copied = copy(body, body.parts()[i], opened.number(), path);
            if (copied) continue;
            remove(file);
            return std::move(copied).error();
        }
        if (failpoint::reached("body.sync", path.native()) != 0 || ::fsync(opened.number()) != 0)
            disk_failed(path, "Syncing the body file");
        sync_folder(folder_);
    } catch (...) {
        remove(file);
        throw;
    }
    return file;
}

void BodyFolder::remove(const BodyFile& file) const noexcept { ::unlink((folder_ / file.name).c_str()); }

Result<void> BodyFolder::check(const BodyFile& file) const {
    const auto path = folder_ / file.name;
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) return missing(path, "cannot be found (" + error.message() + ")");
    if (size != file.size)
        return missing(path, "holds " + std::to_string(size) + " octets and should hold " + std::to_string(file.size));
    return {};
}

Result<void> BodyFolder::stream(const BodyFile& file, const std::function<void(OctetsView)>& sink) const {
    return stream(file, 0, file.size, sink);
}

Result<void> BodyFolder::stream(const BodyFile& file, std::uint64_t offset, std::uint64_t size,
                                const std::function<void(OctetsView)>& sink) const {
    if (auto there = check(file); !there) return there;
    const auto path = folder_ / file.name;
    const Descriptor opened(path, O_RDONLY | O_NOFOLLOW);
    if (!opened) return missing(path, "cannot be opened (" + reason() + ")");
    Octets room(piece, '\0');
    for (std::uint64_t done = 0; done < size;) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(piece, size - done));
        const auto read = ::pread(opened.number(), room.data(), most, static_cast<off_t>(offset + done));
        if (read < 0 && errno == EINTR) continue;
        if (read <= 0) return missing(path, "cannot be read to its end");
        sink(OctetsView(room).substr(0, static_cast<std::size_t>(read)));
        done += static_cast<std::uint64_t>(read);
    }
    return {};
}

std::size_t BodyFolder::remove_orphans(const std::function<bool(std::string_view name)>& named) const {
    std::size_t removed = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(opening_) || named(name)) continue;
        std::error_code error;
        removed += std::filesystem::remove(entry.path(), error) ? 1 : 0;
    }
    return removed;
}

}  // namespace onceway::records
