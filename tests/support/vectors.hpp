// Recordings of genuine software, where they are at hand: the folder in ONCEWAY_VECTORS, else ../shared/vectors beside
// the sources.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace onceway::tests {

/// The folder of the vectors. None when it is absent, which is said; the test then returns.
inline std::optional<std::filesystem::path> vectors() {
    const char* named = std::getenv("ONCEWAY_VECTORS");
    const std::filesystem::path folder =
        named ? std::filesystem::path(named) : std::filesystem::path(ONCEWAY_SOURCE_DIR) / "../shared/vectors";
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
        MESSAGE("skipped: no recordings at ", folder.string(), "; set ONCEWAY_VECTORS");
        return std::nullopt;
    }
    return std::filesystem::canonical(folder);
}

}  // namespace onceway::tests
