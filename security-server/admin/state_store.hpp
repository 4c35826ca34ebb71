// The declared state in force and every revision before it, in the server's own database.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"
#include "security-server/admin/declared_state.hpp"

#include <filesystem>
#include <memory>

namespace onceway::admin {

/// Safe from any thread.
class StateStore {
public:
    /// Opens or creates the database and reads the last revision. Faults: `database_error`, `malformed_server_conf`.
    static Result<std::unique_ptr<StateStore>> open(const std::filesystem::path& database,
                                                    const identity::ServerId& server, const Clock& clock);
    ~StateStore();

    /// The revision in force; an empty state of revision 0 before the first.
    std::shared_ptr<const access::State> current() const;

    /// Makes `next` the revision in force: durable, and given out by `current`, when this returns. `expected` is the
    /// revision that the operator saw; another one in force refuses. Nothing is written when nothing changes.
    /// Faults: `invalid_request` (another revision), `database_error`.
    Result<std::uint64_t> apply(access::State next, std::uint64_t expected);

    struct Revision {
        std::uint64_t number;
        std::string at, changes;  // lines of `Change::text`
    };
    std::vector<Revision> history(std::size_t most) const;  // newest first

private:
    struct Parts;
    explicit StateStore(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::admin
