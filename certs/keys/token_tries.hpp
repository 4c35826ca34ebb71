// Counts wrong PINs on disk and makes further tries wait. Internal to `keys`. Rule: threats row 24.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <filesystem>

namespace onceway::keys {

/// One try at a PIN. While it lives no other process tries at the same folder.
class PinTry {
public:
    /// Counts the try as failed, on disk, before the PIN is looked at, so that killing the process hides nothing.
    /// Faults: `login_failed` while further tries must wait; `io_error`.
    static Result<PinTry> begin(const std::filesystem::path& folder, const Clock& clock);
    PinTry(PinTry&& other) noexcept;
    PinTry& operator=(PinTry&&) = delete;
    ~PinTry();

    int failures() const { return failures_; }
    /// The PIN fitted: the count starts anew.
    Result<void> succeeded();

private:
    PinTry(std::filesystem::path folder, int lock) : folder_(std::move(folder)), lock_(lock) {}
    std::filesystem::path folder_;
    int lock_;
    int failures_ = 0;
};

}  // namespace onceway::keys
