// The registry's database: its tables, and how it is opened.
#pragma once

#include "schemas/store/database.hpp"

#include <filesystem>

namespace onceway::central {

/// Opens, or creates, `registry.db` in the registry's folder, and brings its tables up to date.
/// Faults: `database_error`.
Result<store::Database> open_database(const std::filesystem::path& folder);
/// True when a registry lives in `folder`.
bool has_database(const std::filesystem::path& folder);

}  // namespace onceway::central
