#include "security-server/records/check.hpp"

#include "certs/keys/digest.hpp"
#include "security-server/records/body_folder.hpp"
#include "security-server/records/store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::records {
namespace {

/// The parts of a record, also where it has no list of them.
std::vector<LoggedPart> parts_of(const Row& row) {
    if (!row.parts.empty()) return row.parts;
    std::vector<LoggedPart> parts;
    if (row.file) parts.push_back({row.file->size, row.file->sha512, true});
    if (row.body) parts.push_back({row.body->size(), {}, true});
    return parts;
}

class Check {
public:
    Check(StoreReader& reader, const BodyFolder& bodies, const std::function<void(const Listed&)>& seen)
        : reader_(reader), bodies_(bodies), seen_(seen) {}

    /// Faults: `database_error`.
    Result<void> record(Row& row) {
        ++checked_.records;
        if (row.stored.outcome != "accepted") ++checked_.refused;
        if (auto whole = documents(row); !whole) return whole;
        if (row.file)
            if (auto there = body(row); !there) return there;
        auto parts = parts_of(row);
        checked_.not_kept += static_cast<std::uint64_t>(std::ranges::count(parts, false, &LoggedPart::kept));
        if (seen_) seen_({row.stored, row.client, row.provider, row.service, std::move(parts)});
        return {};
    }
    Checked checked_;

private:
    Result<void> documents(const Row& row) {
        if (row.seal == 0) return {};
        ++checked_.documents;
        if (row.stored.outcome == "accepted" && !row.stored.stamped) ++checked_.unstamped;
        if (auto documents = reader_.documents(row); !documents) return std::move(documents).error();
        if (!row.stored.stamped) return {};
        auto stamp = reader_.stamp(row.stored.number);
        if (!stamp) return std::move(stamp).error();
        return {};
    }

    Result<void> body(const Row& row) {
        ++checked_.body_files;
        if (row.parts.empty()) return stretch(row, 0, row.file->size, row.file->sha512);
        std::uint64_t offset = 0;
        for (const auto& part : row.parts) {
            if (!part.kept) continue;
            if (auto same = stretch(row, offset, part.size, part.sha512); !same) return same;
            offset += part.size;
        }
        return {};
    }

    Result<void> stretch(const Row& row, std::uint64_t offset, std::uint64_t size, const Octets& sha512) {
        keys::Hasher hasher;
        auto streamed = bodies_.stream(*row.file, offset, size, [&](OctetsView octets) { hasher.feed(octets); });
        if (!streamed) return streamed;
        if (hasher.value() == sha512) return {};
        return fault(FaultCode::database_error,
                     fmt::format("The body file {} of record {} is not what was logged. Restore it from a backup",
                                 row.file->name, row.stored.number));
    }

    StoreReader& reader_;
    const BodyFolder& bodies_;
    const std::function<void(const Listed&)>& seen_;
};

Result<void> check_all(StoreReader& reader, Check& check) {
    for (std::uint64_t number = 1;; ++number) {
        auto row = reader.row(number, true);
        if (!row) return std::move(row).error();
        if (*row) {
            if (auto fine = check.record(**row); !fine) return fine;
            continue;
        }
        const auto later = reader.pack_after(number);
        if (!later) return later.error();
        if (*later)
            return fault(
                FaultCode::database_error,
                fmt::format("Records {} to {} are missing. Somebody removed them; restore the log from a backup",
                            number, (*later)->facts.first - 1));
        return {};
    }
}

}  // namespace

Result<Checked> check_log(const std::filesystem::path& folder, const std::function<void(const Listed&)>& seen) {
    if (!std::filesystem::exists(folder / "messages.db"))
        return fault(FaultCode::not_found, fmt::format("There is no message log in {}", folder.string()));
    try {
        auto reader = StoreReader::open(folder / "messages.db", StoreReader::Opening::checked_whole);
        if (!reader) return std::move(reader).error();
        const auto bodies = BodyFolder::at(folder / "bodies");
        Check check(**reader, bodies, seen);
        if (auto fine = check_all(**reader, check); !fine) return std::move(fine).error();
        check.checked_.last_link = (*reader)->last_link();
        return check.checked_;
    } catch (const store::StoreError& error) {
        return fault(FaultCode::database_error, std::string("Reading the message log: ") + error.what());
    }
}

}  // namespace onceway::records
