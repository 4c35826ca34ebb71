// A server's folder while the server does not run: its lock, its parts without network, and the requests they answer.
#pragma once

#include "security-server/admin/administration.hpp"

#include <filesystem>
#include <memory>

namespace onceway::admin {

/// Whoever holds it is the only process that works in a server's folder. Released when it is destroyed or the process
/// ends.
class FolderLock {
public:
    /// Faults: `invalid_request` when another process holds it, `io_error`.
    static Result<FolderLock> take(const std::filesystem::path& file);
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

private:
    explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

/// Opens everything that works without a network: state, keys (locked: unlocking costs, and few requests need it), and
/// the last configuration that was verified.
class StoppedServer {
public:
    static Result<std::unique_ptr<StoppedServer>> open(const ServerFile& file, const Clock& clock);
    ~StoppedServer();

    bool unlocked() const;
    Result<void> unlock(std::string_view pin);
    /// Unlocks when server.toml names a file with the PIN.
    Result<void> unlock_by_file();
    /// Answers as `Administration` does.
    Octets answer(OctetsView request);

private:
    struct Parts;
    explicit StoppedServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// What `init` makes. Paths lie in `folder`, which must not hold a server yet.
struct NewServer {
    std::filesystem::path folder;
    NewServerFile file;
    std::filesystem::path anchor;  // empty: brought later
    std::string pin;
    bool keep_pin = false;  // in the file `pin` (0600)
};
/// Makes folder (0700), file, keys, state and the internal TLS certificate; leaves nothing behind when it fails.
/// Faults: `invalid_argument` (a server is there already; the anchor is of another instance), `malformed_anchor`,
/// `pin_incorrect`, `io_error`.
Result<void> make_server(const NewServer& wanted, const Clock& clock);

/// Reads an anchor and checks what can be checked without a network: it has an http address, and it is of `instance`.
/// Faults: `malformed_anchor`, `global_conf_foreign_instance`. Rule: global-configuration §2.1, items 6 and 7.
Result<registry::Anchor> check_anchor(OctetsView octets, std::string_view instance);

}  // namespace onceway::admin
