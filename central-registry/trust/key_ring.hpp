// The keys that sign the two directories, opened once: deriving the key of their encryption costs a tenth of a second.
#pragma once

#include "central-registry/trust/signing_keys.hpp"

#include <filesystem>
#include <memory>

namespace onceway::central {

struct DirectoryKeys {
    UnlockedKey internal, external;
};

class KeyRing {
public:
    /// `secret` is the file with the passphrase; it is read when keys are opened.
    explicit KeyRing(std::filesystem::path secret) : secret_(std::move(secret)) {}

    /// The active keys; those opened before while the same ones are active. Faults: `pin_incorrect`, `key_not_found`,
    /// `io_error`.
    Result<std::shared_ptr<const DirectoryKeys>> open(store::Database& database);

private:
    std::filesystem::path secret_;
    std::shared_ptr<const DirectoryKeys> opened_;
};

}  // namespace onceway::central
