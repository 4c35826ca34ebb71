// Bodies too large for the database: one file each, written and synced before the record that names it commits.
#pragma once

#include "certs/channel/payload.hpp"
#include "schemas/base/result.hpp"
#include "security-server/records/store.hpp"

#include <filesystem>
#include <functional>
#include <string_view>

namespace onceway::records {

class BodyFolder {
public:
    /// Makes the folder (owner only) when it is missing. Faults: `database_error`.
    static Result<BodyFolder> open(std::filesystem::path folder);

    /// The folder as it is; nothing is made. For reading.
    static BodyFolder at(std::filesystem::path folder) { return BodyFolder(std::move(folder)); }

    /// Copies a body into a file with a random name that begins with what is random about this opening; file and folder
    /// are synced when this returns. `parts` are those of the body when not all of it is one part that is kept; what is
    /// not kept is left out. For a thread that may block. A full disk throws store::StoreFull, a broken one
    /// store::StoreBroken; then no file is left behind. Faults: `io_error` when the body itself cannot be read.
    Result<BodyFile> keep(const channel::Payload& body, std::span<const LoggedPart> parts = {}) const;
    void remove(const BodyFile& file) const noexcept;

    /// Faults: `database_error` when the file is missing or has another size.
    Result<void> check(const BodyFile& file) const;
    /// Gives the body piece by piece. Faults: as `check`, and when it cannot be read to its end.
    Result<void> stream(const BodyFile& file, const std::function<void(OctetsView)>& sink) const;
    /// The same for `size` octets from `offset` on, which lie in the file.
    Result<void> stream(const BodyFile& file, std::uint64_t offset, std::uint64_t size,
                        const std::function<void(OctetsView)>& sink) const;
    /// Removes every file of earlier openings that `named` does not know, until `named` throws; gives their number.
    std::size_t remove_orphans(const std::function<bool(std::string_view name)>& named) const;

private:
    explicit BodyFolder(std::filesystem::path folder)
        : folder_(std::move(folder)), opening_(random_uuid().substr(0, 8) + '-') {}
    std::filesystem::path folder_;
    std::string opening_;
};

}  // namespace onceway::records
