// The folder and its disk: whose it is, who else may read it, whether it keeps what is written, how fast.
#include "security-server/admin/machine.hpp"
#include "security-server/doctor/checks.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace onceway::doctor {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_named = 5;
constexpr std::chrono::milliseconds slow_sync{100};
constexpr int sync_tries = 5;

// --- permissions ---

struct Seen {
    fs::path path;
    struct stat about{};
};

void look(const fs::path& path, std::vector<Seen>& into) {
    Seen seen{path};
    if (!path.empty() && ::stat(path.c_str(), &seen.about) == 0) into.push_back(std::move(seen));
}

/// Everything that must be its owner's alone, as far as it exists.
std::vector<Seen> private_paths(const admin::ServerFile& file) {
    std::vector<Seen> all;
    for (const auto& path : {file.folder, file.keys(), file.log_folder, file.pin_file, file.tls_key(), file.state(),
                             file.socket(), file.log_folder / "messages.db"})
        look(path, all);
    std::error_code error;
    for (fs::directory_iterator at(file.keys(), error), end; !error && at != end; at.increment(error))
        look(at->path(), all);
    return all;
}

std::string named(const std::vector<const Seen*>& some) {
    std::string text;
    for (std::size_t i = 0; i < std::min(some.size(), most_named); ++i)
        text += fmt::format("{}{} ({:o})", i == 0 ? "" : ", ", some[i]->path.string(), some[i]->about.st_mode & 0777);
    if (some.size() > most_named) text += fmt::format(" and {} more", some.size() - most_named);
    return text;
}

Finding permission_finding(const Patient& patient) {
    const auto group = Group::folder;
    const auto all = private_paths(patient.file);
    if (all.empty())
        return failed(group, "permissions", patient.file.folder.string(), "The folder cannot be looked at.", Turn::here,
                      "Name the right folder with --dir, as a user who may enter it.");
    std::vector<const Seen*> open, foreign;
    for (const auto& seen : all) {
        if ((seen.about.st_mode & 077) != 0) open.push_back(&seen);
        if (seen.about.st_uid != all.front().about.st_uid) foreign.push_back(&seen);
    }
    if (!open.empty())
        return failed(group, "permissions", patient.file.folder.string(),
                      "Other users of this machine may reach what is the server's alone: " + named(open) + ".",
                      Turn::here,
                      "Run `chmod 700` on folders and `chmod 600` on files; when keys or PIN were readable by "
                      "people you do not trust, make new ones.");
    if (!foreign.empty())
        return failed(group, "permissions", patient.file.folder.string(),
                      "Not everything belongs to the folder's owner: " + named(foreign) + ".", Turn::here,
                      "Run `chown -R` on the folder; something was started as another user, often root.");
    return ok(group, "permissions", patient.file.folder.string(),
              fmt::format("Its owner's alone; {} files and folders looked at.", all.size()));
}

// --- disk ---

/// The folder of the log, or, before the first start, the nearest that exists.
fs::path log_place(const admin::ServerFile& file) {
    std::error_code error;
    return fs::exists(file.log_folder, error) ? file.log_folder : file.folder;
}

Finding space_finding(const Patient& patient) {
    const auto where = log_place(patient.file);
    const auto space = admin::disk_space(where);
    if (!space)
        return unknown(Group::folder, "disk_space", where.string(), "The system does not tell how much is free.",
                       "Look with `df`.");
    const auto found = fmt::format("{} of {} are free ({} %).", admin::in_units(space->free_octets),
                                   admin::in_units(space->size_octets), space->free_percent());
    const char* next =
        "Make room, or move the message log to a larger disk: an exchange adds about 2 KB, and a full disk "
        "refuses every message.";
    if (space->free_octets < admin::least_disk_octets)
        return failed(Group::folder, "disk_space", where.string(), found, Turn::here, next);
    if (space->free_octets < admin::low_disk_octets)
        return warning(Group::folder, "disk_space", where.string(), found, Turn::here, next);
    return ok(Group::folder, "disk_space", where.string(), found);
}

Finding kind_finding(const Patient& patient) {
    // Numbers of linux/magic.h; locks and syncs of these are not those of a disk.
    constexpr std::array<std::pair<long, const char*>, 8> over_network{{{0x6969, "NFS"},
                                                                        {0x517B, "SMB"},
                                                                        {0xFF534D42, "CIFS"},
                                                                        {0xFE534D42, "SMB"},
                                                                        {0x01021997, "9P"},
                                                                        {0x00C36400, "Ceph"},
                                                                        {0x5346414F, "AFS"},
                                                                        {0x013111A8, "IBRIX"}}};
    constexpr long memory = 0x01021994;
    const auto where = log_place(patient.file);
    struct statfs about{};
    if (::statfs(where.c_str(), &about) != 0)
        return unknown(Group::folder, "disk_kind", where.string(), std::string(std::strerror(errno)) + ".",
                       "Look with `df -T`.");
    const auto type = static_cast<long>(about.f_type) & 0xFFFFFFFFL;
    for (const auto& [number, name] : over_network)
        if (type == number)
            return failed(Group::folder, "disk_kind", where.string(),
                          fmt::format("It lies on {}, over the network.", name), Turn::here,
                          "Move the folder to a local disk: the message log cannot keep its promise there.");
    if (type == memory)
        return warning(Group::folder, "disk_kind", where.string(), "It lies in memory (tmpfs).", Turn::here,
                       "Move the folder to a disk: at the next restart of the machine the message log is gone.");
    return ok(Group::folder, "disk_kind", where.string(), "It is a local disk.");
}

/// A small file that removes itself.
class Probe {
public:
    explicit Probe(const fs::path& folder)
        : path_(folder / fmt::format(".doctor-{}", ::getpid())),
          descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    ~Probe() {
        if (descriptor_ < 0) return;
        ::close(descriptor_);
        ::unlink(path_.c_str());
    }
    bool open() const { return descriptor_ >= 0; }
    bool write_and_sync() const {
        const std::array<char, 4096> block{};
        return ::write(descriptor_, block.data(), block.size()) == static_cast<ssize_t>(block.size()) &&
               ::fsync(descriptor_) == 0;
    }

private:
    fs::path path_;
    int descriptor_;
};

Finding sync_finding(const Patient& patient) {
    const auto where = log_place(patient.file);
    const auto failed_here = [&](const char* what) {
        return failed(Group::folder, "disk_sync", where.string(), fmt::format("{}: {}.", what, std::strerror(errno)),
                      Turn::here,
                      "Nothing can be logged there, so no message is carried: put permissions, mount or disk "
                      "right. After an input/output error replace the disk.");
    };
    const Probe probe(where);
    if (!probe.open()) return failed_here("No file can be made");
    std::vector<std::chrono::steady_clock::duration> took;
    for (int i = 0; i < sync_tries; ++i) {
        const auto began = std::chrono::steady_clock::now();
        if (!probe.write_and_sync()) return failed_here("A file cannot be written and synced");
        took.push_back(std::chrono::steady_clock::now() - began);
    }
    std::ranges::sort(took);
    const auto median = std::chrono::duration<double, std::milli>(took[took.size() / 2]).count();
    const auto found = fmt::format("A write is on disk after {:.1f} ms.", median);
    if (median > static_cast<double>(slow_sync.count()))
        return warning(
            Group::folder, "disk_sync", where.string(), found, Turn::here,
            "Every message waits for this at least twice: look at what else uses the disk, or take a faster one.");
    return ok(Group::folder, "disk_sync", where.string(), found);
}

}  // namespace

Checks folder_checks(const PatientPtr& patient) {
    Checks checks;
    const auto add = [&](const char* name, Finding (*examine)(const Patient&)) {
        auto late = failed(Group::folder, name, patient->file.folder.string(), "The disk did not answer in time.",
                           Turn::here, "Look at the disk and the machine's log (`dmesg`): it hangs or is overloaded.");
        checks.push_back(check(std::move(late), [patient, examine] { return examine(*patient); }));
    };
    add("permissions", permission_finding);
    add("disk_space", space_finding);
    add("disk_kind", kind_finding);
    add("disk_sync", sync_finding);
    return checks;
}

}  // namespace onceway::doctor
