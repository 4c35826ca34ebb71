// How records are read again: found, unpacked under bounds, their link recomputed.
#include "certs/keys/digest.hpp"
#include "security-server/records/earlier_records.hpp"
#include "security-server/records/store.hpp"
#include "security-server/records/tables.hpp"

#include <fmt/format.h>

namespace onceway::records {
namespace {

constexpr std::size_t remembered_parts = 256, remembered_errands = 1'000, remembered_packs = 4;
constexpr std::size_t remembered_octets = 4 * 1024 * 1024;  // in packs
constexpr std::uint64_t tail_checked = 1'000;

std::int64_t signed_number(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t unsigned_number(std::int64_t number) { return static_cast<std::uint64_t>(number); }

Fault damaged(std::string what) {
    return fault(FaultCode::database_error,
                 "Reading the message log: " + std::move(what) + ". Restore the log from a backup");
}

KnownDigests digests_of_row(const Row& row) {
    std::vector<Octets> digests;
    if (row.parts.empty()) {
        if (row.file) digests.push_back(row.file->sha512);
        if (row.body) digests.push_back(keys::sha512(*row.body));
    }
    std::size_t offset = 0;
    for (const auto& part : row.parts) {
        if (!part.sha512.empty()) {
            digests.push_back(part.sha512);
            continue;
        }
        const auto size = static_cast<std::size_t>(part.size);
        digests.push_back(keys::sha512(OctetsView(row.body.value()).substr(offset, size)));
        offset += size;
    }
    return digests_of(row.message, std::move(digests));
}

std::optional<Octets> copied(const std::optional<OctetsView>& octets) {
    return octets ? std::optional<Octets>(*octets) : std::nullopt;
}

constexpr std::string_view pack_columns =
    "SELECT first, records, client_requests, client_responses, provider_requests, provider_responses, at, plain, link,"
    " octets, (SELECT b.link FROM pack AS b WHERE b.first < p.first ORDER BY b.first DESC LIMIT 1) FROM pack AS p ";

}  // namespace

struct StoreReader::Statements {
    explicit Statements(store::Database& database)
        : unstamped(database.prepare("SELECT first, last FROM unstamped_run ORDER BY first")),
          stamped(database.prepare("SELECT last FROM stamped_run WHERE first <= ? ORDER BY first DESC LIMIT 1")),
          stamp(database.prepare("SELECT s.token, s.result, s.leaves, s.plain, r.position - r.first, r.last"
                                 " FROM stamped_run AS r JOIN stamp AS s ON s.id = r.stamp"
                                 " WHERE r.first <= ? ORDER BY r.first DESC LIMIT 1")),
          part(database.prepare("SELECT octets FROM part WHERE id = ?")),
          errand(database.prepare("SELECT client, provider, service FROM errand WHERE id = ?")),
          body_file(database.prepare("SELECT name, size, sha512 FROM body_file WHERE id = ?")),
          pack_of(database.prepare(fmt::format("{} WHERE first <= ? ORDER BY first DESC LIMIT 1", pack_columns))),
          pack_after(database.prepare(fmt::format("{} WHERE first > ? ORDER BY first LIMIT 1", pack_columns))),
          earlier(database) {}
    store::Statement unstamped, stamped, stamp, part, errand, body_file, pack_of, pack_after;
    EarlierRecords earlier;
};

StoreReader::StoreReader(store::Database database)
    : database_(std::move(database)), statements_(std::make_unique<Statements>(database_)) {}
StoreReader::~StoreReader() = default;

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::filesystem::path& path, Opening opening) {
    auto database = store::Database::open({.path = path,
                                           .migrations = log_tables,
                                           .read_only = true,
                                           .check_up_to = opening == Opening::quick ? 0 : UINT64_MAX});
    if (!database) return std::move(database).error();
    return std::unique_ptr<StoreReader>(new StoreReader(std::move(*database)));
}

std::vector<std::uint64_t> StoreReader::unstamped(std::size_t most) {
    auto& query = statements_->unstamped;
    query.reset();
    std::vector<std::uint64_t> numbers;
    while (numbers.size() < most && query.step())
        for (auto number = query.number(0); number <= query.number(1) && numbers.size() < most; ++number)
            numbers.push_back(unsigned_number(number));
    query.reset();
    return numbers;
}

// --- packs ---

namespace {

/// The pack in the present row of a query, checked against its link. Faults: `database_error`.
Result<std::shared_ptr<const OpenPack>> opened(const store::Statement& row) {
    auto pack = std::make_shared<OpenPack>();
    auto& facts = pack->facts;
    facts.first = unsigned_number(row.number(0));
    facts.records = unsigned_number(row.number(1));
    for (std::size_t role = 0; role < facts.accepted.size(); ++role)
        facts.accepted[role] = unsigned_number(row.number(static_cast<int>(role) + 2));
    facts.at = row.number(6);
    facts.plain = unsigned_number(row.number(7));
    auto octets = row.blob(9);
    if (link_of(row.blob(10), facts, octets) != row.blob(8))
        return damaged(
            fmt::format("the pack of record {} is not what was written there, or the one before it is "
                        "missing: the log was altered",
                        facts.first));
    if (facts.plain == 0) {
        pack->plain = std::move(octets);
    } else {
        auto plain = unpress(octets, facts.plain);
        if (!plain) return std::move(plain).error();
        pack->plain = std::move(*plain);
    }
    auto records = read_pack(facts, pack->plain);
    if (!records) return std::move(records).error();
    pack->records = std::move(*records);
    return std::shared_ptr<const OpenPack>(std::move(pack));
}

bool holds(const OpenPack& pack, std::uint64_t number) {
    return pack.facts.first <= number && number - pack.facts.first < pack.facts.records;
}

}  // namespace

/// Large envelopes make large packs: of those the last one stays at hand, alone.
void StoreReader::remember(std::shared_ptr<const OpenPack> pack) {
    packs_.push_front(std::move(pack));
    std::size_t octets = 0, fit = 0;
    for (const auto& each : packs_) {
        octets += each->plain.size();
        if (fit > 0 && (fit == remembered_packs || octets > remembered_octets)) break;
        ++fit;
    }
    packs_.resize(fit);
}

Result<std::shared_ptr<const OpenPack>> StoreReader::pack_of(std::uint64_t number) {
    for (const auto& pack : packs_)
        if (holds(*pack, number)) return pack;
    auto& query = statements_->pack_of;
    query.reset();
    if (!query.bind(1, signed_number(number)).step() ||
        number - unsigned_number(query.number(0)) >= unsigned_number(query.number(1))) {
        query.reset();
        return std::shared_ptr<const OpenPack>();
    }
    auto pack = opened(query);
    query.reset();
    if (!pack) return pack;
    remember(*pack);
    return pack;
}

Result<std::shared_ptr<const OpenPack>> StoreReader::pack_after(std::uint64_t number) {
    auto& query = statements_->pack_after;
    query.reset();
    if (!query.bind(1, signed_number(number)).step()) {
        query.reset();
        return std::shared_ptr<const OpenPack>();
    }
    auto pack = opened(query);
    query.reset();
    return pack;
}

Result<StoreReader::Errand> StoreReader::errand(std::int64_t id) {
    if (const auto found = errands_.find(id); found != errands_.end()) return found->second;
    auto& query = statements_->errand;
    query.reset();
    if (!query.bind(1, id).step()) return damaged(fmt::format("errand {} is missing", id));
    Errand errand{query.text(0), query.text(1), query.text(2)};
    query.reset();
    if (errands_.size() >= remembered_errands) errands_.clear();
    errands_.emplace(id, errand);
    return errand;
}

Result<std::optional<BodyFile>> StoreReader::body_file(std::int64_t id) {
    if (id == 0) return std::optional<BodyFile>();
    auto& query = statements_->body_file;
    query.reset();
    if (!query.bind(1, id).step()) return damaged(fmt::format("the name of body file {} is missing", id));
    BodyFile file{query.text(0), unsigned_number(query.number(1)), query.blob(2)};
    query.reset();
    return std::optional<BodyFile>(std::move(file));
}

Result<std::optional<Row>> StoreReader::unpacked(const OpenPack& pack, std::uint64_t number, bool with_body) {
    const auto& record = pack.records[number - pack.facts.first];
    auto errand = this->errand(record.errand);
    if (!errand) return std::move(errand).error();
    auto file = body_file(record.body_file);
    if (!file) return std::move(file).error();
    Row row;
    row.stored = {number,
                  record.role >= 2 ? Side::provider : Side::client,
                  record.role % 2 == 1 ? Direction::response : Direction::request,
                  std::string(record.message_id),
                  std::string(record.request_id),
                  record.outcome.empty() ? "accepted" : std::string(record.outcome),
                  Instant(std::chrono::milliseconds(record.at)),
                  is_stamped(number)};
    row.client = std::move(errand->client);
    row.provider = std::move(errand->provider);
    row.service = std::move(errand->service);
    row.message = record.message;
    row.has_body = record.body.has_value();
    if (with_body) row.body = copied(record.body);
    row.file = std::move(*file);
    for (const auto& part : record.parts) row.parts.push_back({part.size, Octets(part.sha512), part.kept});
    if (row.file && !row.parts.empty() && row.file->size != kept_octets(row.parts))
        return damaged(fmt::format("the attachments of record {} are larger or smaller than their file", number));
    row.seal = record.seal;
    row.signature = record.signature.value_or(OctetsView());
    row.result = copied(record.result);
    row.chain = copied(record.chain);
    return std::optional<Row>(std::move(row));
}

Result<std::optional<Row>> StoreReader::row(std::uint64_t number, bool with_body) {
    const auto pack = pack_of(number);
    if (!pack) return pack.error();
    if (*pack) return unpacked(**pack, number, with_body);
    auto row = statements_->earlier.row(number, with_body);
    if (row) row->stored.stamped = is_stamped(number);
    return row;
}

// --- time-stamps ---

bool StoreReader::is_stamped(std::uint64_t number) {
    auto& query = statements_->stamped;
    query.reset();
    const bool stamped = query.bind(1, signed_number(number)).step() && unsigned_number(query.number(0)) >= number;
    query.reset();
    return stamped;
}

Result<std::optional<KeptStamp>> StoreReader::stamp(std::uint64_t number) {
    auto& query = statements_->stamp;
    query.reset();
    if (!query.bind(1, signed_number(number)).step() || unsigned_number(query.number(5)) < number) {
        query.reset();
        return std::optional<KeptStamp>();
    }
    KeptStamp stamp{query.blob(0), query.blob(1), query.blob(2), unsigned_number(query.number(4)) + number};
    const auto plain = query.is_null(3) ? 0 : unsigned_number(query.number(3));
    query.reset();
    if (plain > 0) {
        auto leaves = unpress(stamp.leaves, plain);
        if (!leaves) return std::move(leaves).error();
        stamp.leaves = std::move(*leaves);
    }
    return std::optional<KeptStamp>(std::move(stamp));
}

// --- the tail, and what follows a number ---

Result<std::vector<std::pair<std::uint64_t, std::string>>> StoreReader::message_ids(std::uint64_t after,
                                                                                    std::size_t most) {
    auto found = statements_->earlier.message_ids(after, most);
    while (found.size() < most) {
        const auto last = found.empty() ? after : found.back().first;
        auto pack = pack_of(last + 1);
        if (!pack) return std::move(pack).error();
        if (!*pack) pack = pack_after(last);
        if (!pack) return std::move(pack).error();
        if (!*pack) break;
        auto number = (*pack)->facts.first;
        for (const auto& record : (*pack)->records) {
            if (number > last) found.emplace_back(number, record.message_id);
            ++number;
        }
    }
    return found;
}

Result<std::vector<BodyFile>> StoreReader::check_tail() {
    std::vector<BodyFile> files;
    std::uint64_t checked = 0, next = 0;  // the number that must follow the next pack before
    auto& query = statements_->pack_of;
    for (std::uint64_t upto = unsigned_number(INT64_MAX); checked < tail_checked;) {
        query.reset();
        if (!query.bind(1, signed_number(upto)).step()) break;
        auto pack = opened(query);
        query.reset();
        if (!pack) return std::move(pack).error();
        const auto& facts = (*pack)->facts;
        if (next != 0 && facts.first + facts.records != next)
            return damaged(fmt::format("between record {} and record {} some are missing or doubled",
                                       facts.first + facts.records - 1, next));
        for (const auto& record : (*pack)->records) {
            auto file = body_file(record.body_file);
            if (!file) return std::move(file).error();
            if (*file) files.push_back(std::move(**file));
        }
        checked += facts.records;
        next = facts.first;
        upto = facts.first - 1;
    }
    if (checked >= tail_checked) return files;
    auto whole = statements_->earlier.check_tail(tail_checked - checked, next, files);
    if (!whole) return std::move(whole).error();
    return files;
}

bool StoreReader::names_file(std::string_view name) {
    auto file = database_.prepare("SELECT 1 FROM body_file WHERE name = ?");
    return file.bind_text(1, name).step();
}

Octets StoreReader::last_link() {
    auto last = database_.prepare("SELECT link FROM pack ORDER BY first DESC LIMIT 1");
    return last.step() ? last.blob(0) : Octets();
}

Result<std::vector<std::uint64_t>> StoreReader::refused(std::uint64_t through, std::size_t most) {
    auto packs = database_.prepare(
        "SELECT first FROM pack WHERE first > (SELECT max(first) FROM pack) - ? AND records >"
        " client_requests + client_responses + provider_requests + provider_responses ORDER BY first DESC");
    packs.bind(1, signed_number(through));
    std::vector<std::uint64_t> numbers;
    while (numbers.size() < most && packs.step()) {
        const auto pack = pack_of(unsigned_number(packs.number(0)));
        if (!pack) return pack.error();
        for (auto i = (*pack)->records.size(); i > 0 && numbers.size() < most; --i)
            if (!(*pack)->records[i - 1].outcome.empty()) numbers.push_back((*pack)->facts.first + i - 1);
    }
    auto earlier = database_.prepare(
        "SELECT number FROM record WHERE outcome IS NOT NULL AND number > (SELECT max(number) FROM record) - ?"
        " ORDER BY number DESC");
    earlier.bind(1, signed_number(through));
    while (numbers.size() < most && earlier.step()) numbers.push_back(unsigned_number(earlier.number(0)));
    return numbers;
}

// --- documents ---

std::optional<Octets> StoreReader::part(std::int64_t id) {
    if (const auto found = parts_.find(id); found != parts_.end()) return found->second;
    auto& query = statements_->part;
    query.reset();
    query.bind(1, id);
    std::optional<Octets> octets;
    if (query.step()) octets = query.blob(0);
    query.reset();
    if (!octets) return std::nullopt;
    if (parts_.size() >= remembered_parts) parts_.clear();
    parts_.emplace(id, *octets);
    return octets;
}

Result<StoreReader::Documents> StoreReader::seal_of(const Row& holder) {
    const GivePart give = [this](std::int64_t id) { return part(id); };
    auto known = digests_of_row(holder);
    Documents documents;
    if (holder.result) {
        auto result = unpack(*holder.result, known, give);
        if (!result) return std::move(result).error();
        known.result = keys::sha512(*result);
        documents.result = std::move(*result);
    }
    auto signature = unpack(holder.signature, known, give);
    if (!signature) return std::move(signature).error();
    documents.signature = std::move(*signature);
    return documents;
}

Result<Octets> StoreReader::signature(std::uint64_t holder) {
    const auto held = row(holder, true);
    if (!held) return held.error();
    if (!*held) return damaged(fmt::format("record {} and its signature are missing", holder));
    auto documents = seal_of(**held);
    if (!documents) return std::move(documents).error();
    return std::move(documents->signature);
}

Result<StoreReader::Documents> StoreReader::documents(const Row& row) {
    Result<std::optional<Row>> other = std::optional<Row>();
    if (row.seal != row.stored.number) {
        other = this->row(row.seal, true);
        if (!other) return std::move(other).error();
        if (!*other) return damaged(fmt::format("record {} and its signature are missing", row.seal));
    }
    auto documents = seal_of(*other ? **other : row);
    if (!documents || !row.chain) return documents;
    const GivePart give = [this](std::int64_t id) { return part(id); };
    auto chain = unpack(*row.chain, digests_of_row(row), give);
    if (!chain) return std::move(chain).error();
    documents->chain = std::move(*chain);
    return documents;
}

}  // namespace onceway::records
