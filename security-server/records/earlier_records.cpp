#include "security-server/records/earlier_records.hpp"

#include <fmt/format.h>

namespace onceway::records {
namespace {

// A UUID took 17 octets: 1 and its value. Anything else was 0 and the text.
std::string request_id(OctetsView packed) {
    if (packed.size() == 17 && packed.front() == '\1') {
        auto text = to_hex(packed.substr(1));
        for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
        return text;
    }
    return packed.empty() ? std::string() : std::string(packed.substr(1));
}

}  // namespace

EarlierRecords::EarlierRecords(store::Database& database)
    : row_(database.prepare(
          "SELECT r.at, r.role, e.client, e.provider, e.service, r.message_id, r.request_id, r.outcome,"
          " r.seal, r.signature, r.result, r.chain, f.name, f.size, f.sha512, r.message, r.body IS NOT NULL"
          " FROM record AS r JOIN errand AS e ON e.id = r.errand"
          " LEFT JOIN body_file AS f ON f.id = r.body_file WHERE r.number = ?")),
      body_(database.prepare("SELECT body FROM record WHERE number = ?")),
      message_ids_(database.prepare("SELECT number, message_id FROM record WHERE number > ? ORDER BY number LIMIT ?")),
      tail_(database.prepare("SELECT count(*), coalesce(min(number), 1), coalesce(max(number), 0) FROM"
                             " (SELECT number FROM record ORDER BY number DESC LIMIT ?)")),
      files_(database.prepare("SELECT f.name, f.size, f.sha512 FROM (SELECT body_file FROM record ORDER BY number DESC"
                              " LIMIT ?) AS r JOIN body_file AS f ON f.id = r.body_file")) {}

std::optional<Row> EarlierRecords::row(std::uint64_t number, bool with_body) {
    row_.reset();
    row_.bind(1, static_cast<std::int64_t>(number));
    if (!row_.step()) {
        row_.reset();
        return std::nullopt;
    }
    Row row;
    const auto role = row_.number(1);
    row.stored = {number,
                  role >= 2 ? Side::provider : Side::client,
                  role % 2 == 1 ? Direction::response : Direction::request,
                  row_.text(5),
                  request_id(row_.blob(6)),
                  row_.is_null(7) ? "accepted" : row_.text(7),
                  Instant(std::chrono::milliseconds(row_.number(0))),
                  false};
    row.client = row_.text(2), row.provider = row_.text(3), row.service = row_.text(4);
    if (!row_.is_null(8)) row.seal = static_cast<std::uint64_t>(row_.number(8));
    row.signature = row_.blob(9);
    if (!row_.is_null(10)) row.result = row_.blob(10);
    if (!row_.is_null(11)) row.chain = row_.blob(11);
    if (!row_.is_null(12))
        row.file = BodyFile{row_.text(12), static_cast<std::uint64_t>(row_.number(13)), row_.blob(14)};
    row.message = row_.blob(15);
    row.has_body = row_.number(16) != 0;
    row_.reset();
    if (row.has_body && with_body) {
        body_.reset();
        body_.bind(1, static_cast<std::int64_t>(number)).step();
        row.body = body_.blob(0);
        body_.reset();
    }
    return row;
}

std::vector<std::pair<std::uint64_t, std::string>> EarlierRecords::message_ids(std::uint64_t after, std::size_t most) {
    message_ids_.reset();
    message_ids_.bind(1, static_cast<std::int64_t>(after)).bind(2, static_cast<std::int64_t>(most));
    std::vector<std::pair<std::uint64_t, std::string>> found;
    while (message_ids_.step())
        found.emplace_back(static_cast<std::uint64_t>(message_ids_.number(0)), message_ids_.text(1));
    message_ids_.reset();
    return found;
}

Result<void> EarlierRecords::check_tail(std::uint64_t most, std::uint64_t next, std::vector<BodyFile>& files) {
    tail_.reset();
    tail_.bind(1, static_cast<std::int64_t>(most)).step();
    const auto count = tail_.number(0), first = tail_.number(1), last = tail_.number(2);
    tail_.reset();
    if (last - first + 1 != count || (next != 0 && static_cast<std::uint64_t>(last) + 1 != next))
        return fault(FaultCode::database_error,
                     fmt::format("Opening the message log: between record {} and record {} there are only {} records. "
                                 "Somebody removed some; restore the log from a backup",
                                 first, next != 0 ? static_cast<std::int64_t>(next) - 1 : last, count));
    files_.reset();
    files_.bind(1, static_cast<std::int64_t>(most));
    while (files_.step())
        files.push_back({files_.text(0), static_cast<std::uint64_t>(files_.number(1)), files_.blob(2)});
    files_.reset();
    return {};
}

}  // namespace onceway::records
