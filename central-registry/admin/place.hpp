// Where a registry lives: one folder with everything it keeps.
#pragma once

#include <filesystem>

namespace onceway::central {

/// `registry.db`, `secret`, `anchor-internal.xml`, `anchor-external.xml`, and `public/`, what HTTP hands out.
struct Place {
    std::filesystem::path folder;
    std::filesystem::path passphrase_file;  // empty: `secret` in the folder

    std::filesystem::path secret() const { return passphrase_file.empty() ? folder / "secret" : passphrase_file; }
    std::filesystem::path published() const { return folder / "public"; }
};

}  // namespace onceway::central
