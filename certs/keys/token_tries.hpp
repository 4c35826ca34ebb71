// What several processes do with one token's folder, one after the other; and wrong PINs, counted there.
// Internal to `keys`. Rule: threats row 24.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <filesystem>
#include <utility>

namespace onceway::keys {

/// While it lives nobody else, in this process or another, holds the lock of the folder.
class FolderLock {
public:
    /// Waits for its turn. Faults: `io_error`.
    static Result<FolderLock> take(const std::filesystem::path& folder);
    FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

private:
    explicit FolderLock(int file) : file_(file) {}
    int file_;
};

/// One try at a PIN, alone in the folder.
class PinTry {
public:
    /// Counts the try as failed, on disk, before the PIN is looked at, so that killing the process hides nothing.
    /// Faults: `login_failed` while further tries must wait; `io_error`.
    static Result<PinTry> begin(const std::filesystem::path& folder, const Clock& clock);

    int failures() const { return failures_; }
    /// The PIN fitted: the count starts anew.
    Result<void> succeeded();

private:
    PinTry(std::filesystem::path folder, FolderLock lock, int failures)
        : folder_(std::move(folder)), lock_(std::move(lock)), failures_(failures) {}
    std::filesystem::path folder_;
    FolderLock lock_;
    int failures_;
};

}  // namespace onceway::keys
