// The invented people as two legacy databases.
#pragma once

#include "schemas/base/result.hpp"

#include <cstdint>
#include <filesystem>

namespace onceway::citizens {

struct Wish {
    std::size_t people = 1'000;
    std::uint64_t seed = 1;
    int year = 2026;  // everybody is as old as on its 1 January
    std::filesystem::path population, immunisation;
    bool replace = false;  // files that are there already
};
struct Written {
    std::size_t people = 0, of_school_age = 0, doses = 0;
};

/// Writes both databases whole: table `person` and table `immunisation`. The same people for the same seed and year.
/// Faults: `invalid_argument` (a file is there already), `database_error`, `io_error`.
Result<Written> write_registers(const Wish& wish);

}  // namespace onceway::citizens
