// What a running pilot service has been told to do wrong, so that operators can practise. Kept in a small file that the
// service reads at each request: an instruction takes effect at once, and survives a restart.
#pragma once

#include "schemas/base/result.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

namespace onceway::pilot {

enum class Failing {
    off,      // answers as it should
    refuse,   // declines: OCSP "tryLater", time-stamp "rejection"
    delay,    // answers rightly, but late
    expire,   // answers as if it were some time ago
    wrong,    // signs with a key, or stamps an imprint, that is not the right one
    garbage,  // sends octets that are no answer at all
};
enum class ServiceKind { ocsp, tsa };

struct Instruction {
    Failing how = Failing::off;
    std::chrono::seconds seconds{0};  // of delay, or of how long ago
};

std::string_view name_of(Failing how);
std::optional<Failing> failing_from_name(std::string_view name);

/// On disk when it returns. Without `seconds`: a delay of 5 s, an age of one day.
/// Faults: `io_error`, `invalid_argument` for seconds where they mean nothing.
Result<Instruction> instruct(const std::filesystem::path& folder, ServiceKind service, Failing how,
                             std::optional<std::chrono::seconds> seconds);
/// What holds now; off when nothing was said. Faults: `io_error` for a damaged file.
Result<Instruction> instruction_for(const std::filesystem::path& folder, ServiceKind service);

}  // namespace onceway::pilot
