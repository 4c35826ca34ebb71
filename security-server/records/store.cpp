#include "security-server/records/store.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/message/hash_chain.hpp"
#include "security-server/records/tables.hpp"

#include <array>

namespace onceway::records {
namespace {

constexpr std::size_t remembered_seals = 32, remembered_errands = 1'000, remembered_parts = 256;
constexpr std::int64_t tail_checked = 1'000;

constexpr int role_of(Side side, Direction direction) {
    return (side == Side::provider ? 2 : 0) + (direction == Direction::response ? 1 : 0);
}

Instant instant(std::int64_t milliseconds) { return Instant(std::chrono::milliseconds(milliseconds)); }
std::int64_t milliseconds(Instant at) { return at.time_since_epoch().count(); }

// A UUID takes 17 octets: 1 and its value. Anything else is 0 and the text.
Octets packed_request_id(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c != '-') digits += c;
    if (text.size() == 36 && digits.size() == 32)
        if (const auto octets = from_hex(digits)) {
            Octets packed = Octets(1, '\1') + *octets;
            const auto hex = to_hex(*octets);
            const auto again = hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' +
                               hex.substr(16, 4) + '-' + hex.substr(20);
            if (again == text) return packed;
        }
    return Octets(1, '\0').append(text);
}

std::string request_id(OctetsView packed) {
    if (packed.size() == 17 && packed.front() == '\1') {
        auto text = to_hex(packed.substr(1));
        for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
        return text;
    }
    return packed.empty() ? std::string() : std::string(packed.substr(1));
}

bool same(const std::shared_ptr<const Octets>& a, const std::shared_ptr<const Octets>& b) { return a == b || *a == *b; }

KnownDigests digests_of(OctetsView message, const Octets* body) {
    KnownDigests known{keys::sha512(message), body ? *body : Octets(), {}, {}};
    if (!body) return known;
    const std::array<keys::DigestEntry, 2> both{
        {{known.message, message::sha512_uri}, {known.body, message::sha512_uri}}};
    known.both = keys::sha512(keys::digest_list_der(both.data(), both.size()));
    return known;
}

KnownDigests digests_of(const Row& row) {
    if (row.file) return digests_of(row.message, &row.file->sha512);
    if (!row.body) return digests_of(row.message, nullptr);
    const auto body = keys::sha512(*row.body);
    return digests_of(row.message, &body);
}

}  // namespace

// --- writing ---

struct StoreWriter::Statements {
    explicit Statements(store::Database& database)
        : find_part(database.prepare("SELECT id FROM part WHERE sha256 = ?")),
          add_part(database.prepare("INSERT INTO part (sha256, octets) VALUES (?, ?)")),
          find_errand(database.prepare("SELECT id FROM errand WHERE client = ? AND provider = ? AND service = ?")),
          add_errand(database.prepare("INSERT INTO errand (client, provider, service) VALUES (?, ?, ?)")),
          add_file(database.prepare("INSERT INTO body_file (name, size, sha512) VALUES (?, ?, ?)")),
          add_record(
              database.prepare("INSERT INTO record (number, at, role, errand, message_id, request_id, outcome, seal,"
                               " body_file, signature, result, chain, message, body)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
          add_unstamped(database.prepare("INSERT INTO unstamped (number) VALUES (?)")),
          find_unstamped(database.prepare("SELECT 1 FROM unstamped WHERE number = ?")),
          remove_unstamped(database.prepare("DELETE FROM unstamped WHERE number = ?")),
          add_stamp(database.prepare("INSERT INTO stamp (at, token, result, leaves) VALUES (?, ?, ?, ?)")),
          add_stamped(database.prepare("INSERT INTO stamped (number, stamp, position) VALUES (?, ?, ?)")) {}

    store::Statement find_part, add_part, find_errand, add_errand, add_file, add_record, add_unstamped, find_unstamped,
        remove_unstamped, add_stamp, add_stamped;
};

StoreWriter::StoreWriter(store::Database database)
    : database_(std::move(database)),
      statements_(std::make_unique<Statements>(database_)),
      packer_([this](OctetsView octets) { return keep_part(octets); }) {}
StoreWriter::~StoreWriter() = default;

Result<std::unique_ptr<StoreWriter>> StoreWriter::open(const std::filesystem::path& path) {
    auto database = store::Database::open({.path = path, .migrations = log_tables});
    if (!database) return std::move(database).error();
    return std::unique_ptr<StoreWriter>(new StoreWriter(std::move(*database)));
}

void StoreWriter::forget() {
    packer_.forget();
    errands_.clear();
    seals_.clear();
}

std::uint64_t StoreWriter::last_number() {
    auto last = database_.prepare("SELECT coalesce(max(number), 0) FROM record");
    last.step();
    return static_cast<std::uint64_t>(last.number(0));
}

std::uint64_t StoreWriter::unstamped() {
    auto count = database_.prepare("SELECT count(*) FROM unstamped");
    count.step();
    return static_cast<std::uint64_t>(count.number(0));
}

std::optional<Instant> StoreWriter::oldest_unstamped() {
    auto oldest = database_.prepare("SELECT at FROM record WHERE number = (SELECT min(number) FROM unstamped)");
    if (!oldest.step()) return std::nullopt;
    return instant(oldest.number(0));
}

Result<void> StoreWriter::check_tail() {
    auto tail = database_.prepare(
        "SELECT count(*), coalesce(min(number), 1), coalesce(max(number), 0) FROM"
        " (SELECT number FROM record ORDER BY number DESC LIMIT ?)");
    tail.bind(1, tail_checked).step();
    if (tail.number(2) - tail.number(1) + 1 == tail.number(0)) return {};
    return fault(FaultCode::database_error,
                 "Opening the message log: between record " + std::to_string(tail.number(1)) + " and record " +
                     std::to_string(tail.number(2)) + " there are only " + std::to_string(tail.number(0)) +
                     " records. Somebody removed some; restore the log from a backup");
}

std::vector<BodyFile> StoreWriter::last_files() {
    auto files = database_.prepare(
        "SELECT f.name, f.size, f.sha512 FROM (SELECT body_file FROM record ORDER BY number DESC"
        " LIMIT ?) AS r JOIN body_file AS f ON f.id = r.body_file");
    std::vector<BodyFile> found;
    files.bind(1, tail_checked);
    while (files.step()) found.push_back({files.text(0), static_cast<std::uint64_t>(files.number(1)), files.blob(2)});
    return found;
}

bool StoreWriter::names_file(std::string_view name) {
    auto file = database_.prepare("SELECT 1 FROM body_file WHERE name = ?");
    return file.bind_text(1, name).step();
}

std::int64_t StoreWriter::keep_part(OctetsView octets) {
    const auto digest = keys::sha256(octets);
    auto& find = statements_->find_part;
    find.reset();
    if (find.bind_blob(1, digest).step()) {
        const auto id = find.number(0);
        find.reset();
        return id;
    }
    auto& add = statements_->add_part;
    add.reset();
    add.bind_blob(1, digest).bind_blob(2, octets).step();
    return database_.last_row();
}

std::int64_t StoreWriter::keep_errand(const Record& record) {
    const auto client = record.client.url(), provider = record.service.provider.url();
    const auto service = record.service.code + (record.service.version ? "/" + *record.service.version : std::string());
    const auto key = client + '\n' + provider + '\n' + service;
    if (const auto found = errands_.find(key); found != errands_.end()) return found->second;
    if (errands_.size() >= remembered_errands) errands_.clear();
    auto& find = statements_->find_errand;
    find.reset();
    std::int64_t id = 0;
    if (find.bind_text(1, client).bind_text(2, provider).bind_text(3, service).step()) id = find.number(0);
    find.reset();
    if (id == 0) {
        auto& add = statements_->add_errand;
        add.reset();
        add.bind_text(1, client).bind_text(2, provider).bind_text(3, service).step();
        id = database_.last_row();
    }
    errands_.emplace(key, id);
    return id;
}

std::uint64_t StoreWriter::holder_of(const signature::Seal& seal) const {
    if (!seal.chain_result) return 0;
    for (const auto& kept : seals_)
        if (same(kept.signature, seal.signature) && same(kept.result, seal.chain_result)) return kept.number;
    return 0;
}

std::int64_t StoreWriter::keep_file(const BodyFile& file) {
    auto& add = statements_->add_file;
    add.reset();
    add.bind_text(1, file.name).bind(2, static_cast<std::int64_t>(file.size)).bind_blob(3, file.sha512).step();
    return database_.last_row();
}

void StoreWriter::insert(std::uint64_t number, const Entry& entry) {
    const auto& record = entry.record;
    const bool accepted = record.outcome == "accepted";
    const auto rowid = static_cast<std::int64_t>(number);
    const auto request_id = packed_request_id(record.request_id);
    Octets signature, result, chain;  // compact; they live until the step
    auto& add = statements_->add_record;
    add.reset();
    add.bind(1, rowid).bind(2, milliseconds(record.at)).bind(3, role_of(record.side, record.direction));
    add.bind(4, keep_errand(record)).bind_text(5, record.message_id).bind_blob(6, request_id);
    if (!accepted) add.bind_text(7, record.outcome);
    if (const auto& seal = record.seal; seal.signature) {
        const bool has_body = entry.body || entry.file;
        auto known = digests_of(record.message, has_body ? &record.body->sha512() : nullptr);
        auto holder = holder_of(seal);
        if (holder == 0) {
            holder = number;
            if (seal.chain_result) {
                result = packer_.pack(*seal.chain_result, known);
                add.bind_blob(11, result);
                known.result = keys::sha512(*seal.chain_result);
                seals_.push_front({seal.signature, seal.chain_result, number});
                if (seals_.size() > remembered_seals) seals_.pop_back();
            }
            signature = packer_.pack(*seal.signature, known);
            add.bind_blob(10, signature);
        }
        add.bind(8, static_cast<std::int64_t>(holder));
        if (!seal.chain.empty()) {
            known.result.clear();
            chain = packer_.pack(seal.chain, known);
            add.bind_blob(12, chain);
        }
    }
    if (entry.file) add.bind(9, keep_file(*entry.file));
    add.bind_blob(13, record.message);
    if (entry.body) add.bind_blob(14, *entry.body);
    add.step();
    if (!accepted || !record.seal.signature) return;
    auto& waiting = statements_->add_unstamped;
    waiting.reset();
    waiting.bind(1, rowid).step();
}

void StoreWriter::keep_stamp(const MessageLog::Stamp& stamp) {
    auto& s = *statements_;
    std::int64_t id = 0;
    const auto keep_token = [&] {
        Octets leaves;
        for (const auto& [number, leaf] : stamp.records) leaves += leaf;
        s.add_stamp.reset();
        s.add_stamp.bind(1, milliseconds(stamp.at)).bind_blob(2, stamp.token);
        if (!stamp.chain_result.empty()) s.add_stamp.bind_blob(3, stamp.chain_result).bind_blob(4, leaves);
        s.add_stamp.step();
        return database_.last_row();
    };
    for (std::size_t position = 0; position < stamp.records.size(); ++position) {
        const auto number = static_cast<std::int64_t>(stamp.records[position].first);
        s.find_unstamped.reset();
        const bool waits = s.find_unstamped.bind(1, number).step();
        s.find_unstamped.reset();
        if (!waits) continue;
        if (id == 0) id = keep_token();
        s.remove_unstamped.reset();
        s.remove_unstamped.bind(1, number).step();
        s.add_stamped.reset();
        s.add_stamped.bind(1, number).bind(2, id).bind(3, static_cast<std::int64_t>(position)).step();
    }
}

void StoreWriter::limit_to(std::uint64_t octets) {
    auto size = database_.prepare("PRAGMA page_size");
    size.step();
    const auto pages = std::max<std::uint64_t>(octets / static_cast<std::uint64_t>(size.number(0)), 1);
    database_.execute("PRAGMA max_page_count=" + std::to_string(pages));
}

void StoreWriter::probe() {
    const Octets little(16 * 1024, 'x');
    auto add = database_.prepare("INSERT INTO part (sha256, octets) VALUES (?, ?)");
    const auto name = random_uuid();
    add.bind_blob(1, name).bind_blob(2, little).step();
    auto remove = database_.prepare("DELETE FROM part WHERE id = ?");
    remove.bind(1, database_.last_row()).step();
}

// --- reading ---

struct StoreReader::Statements {
    explicit Statements(store::Database& database)
        : unstamped(database.prepare("SELECT number FROM unstamped ORDER BY number LIMIT ?")),
          row(database.prepare(
              "SELECT r.at, r.role, e.client, e.provider, e.service, r.message_id, r.request_id, r.outcome,"
              " r.seal, r.signature, r.result, r.chain, f.name, f.size, f.sha512, r.message,"
              " t.stamp, r.body IS NOT NULL"
              " FROM record AS r JOIN errand AS e ON e.id = r.errand"
              " LEFT JOIN body_file AS f ON f.id = r.body_file"
              " LEFT JOIN stamped AS t ON t.number = r.number WHERE r.number = ?")),
          body(database.prepare("SELECT body FROM record WHERE number = ?")),
          stamp(database.prepare("SELECT s.token, s.result, s.leaves, t.position FROM stamped AS t JOIN stamp AS s"
                                 " ON s.id = t.stamp WHERE t.number = ?")),
          part(database.prepare("SELECT octets FROM part WHERE id = ?")),
          message_ids(
              database.prepare("SELECT number, message_id FROM record WHERE number > ? ORDER BY number LIMIT ?")) {}
    store::Statement unstamped, row, body, stamp, part, message_ids;
};

StoreReader::StoreReader(store::Database database)
    : database_(std::move(database)), statements_(std::make_unique<Statements>(database_)) {}
StoreReader::~StoreReader() = default;

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::filesystem::path& path) {
    auto database = store::Database::open({.path = path, .migrations = log_tables, .read_only = true});
    if (!database) return std::move(database).error();
    return std::unique_ptr<StoreReader>(new StoreReader(std::move(*database)));
}

std::vector<std::uint64_t> StoreReader::unstamped(std::size_t most) {
    auto& query = statements_->unstamped;
    query.reset();
    query.bind(1, static_cast<std::int64_t>(most));
    std::vector<std::uint64_t> numbers;
    while (query.step()) numbers.push_back(static_cast<std::uint64_t>(query.number(0)));
    query.reset();
    return numbers;
}

std::optional<Row> StoreReader::row(std::uint64_t number, bool with_body) {
    auto& query = statements_->row;
    query.reset();
    query.bind(1, static_cast<std::int64_t>(number));
    if (!query.step()) {
        query.reset();
        return std::nullopt;
    }
    Row row;
    const auto role = query.number(1);
    row.stored = {number,
                  role >= 2 ? Side::provider : Side::client,
                  role % 2 == 1 ? Direction::response : Direction::request,
                  query.text(5),
                  request_id(query.blob(6)),
                  query.is_null(7) ? "accepted" : query.text(7),
                  instant(query.number(0)),
                  !query.is_null(16)};
    row.client = query.text(2), row.provider = query.text(3), row.service = query.text(4);
    if (!query.is_null(8)) row.seal = static_cast<std::uint64_t>(query.number(8));
    row.signature = query.blob(9);
    if (!query.is_null(10)) row.result = query.blob(10);
    if (!query.is_null(11)) row.chain = query.blob(11);
    if (!query.is_null(12))
        row.file = BodyFile{query.text(12), static_cast<std::uint64_t>(query.number(13)), query.blob(14)};
    row.message = query.blob(15);
    row.has_body = query.number(17) != 0;
    query.reset();
    if (row.has_body && with_body) {
        statements_->body.reset();
        statements_->body.bind(1, static_cast<std::int64_t>(number)).step();
        row.body = statements_->body.blob(0);
        statements_->body.reset();
    }
    return row;
}

std::optional<KeptStamp> StoreReader::stamp(std::uint64_t number) {
    auto& query = statements_->stamp;
    query.reset();
    query.bind(1, static_cast<std::int64_t>(number));
    std::optional<KeptStamp> stamp;
    if (query.step())
        stamp = KeptStamp{query.blob(0), query.is_null(1) ? Octets() : query.blob(1),
                          query.is_null(2) ? Octets() : query.blob(2), static_cast<std::size_t>(query.number(3))};
    query.reset();
    return stamp;
}

std::vector<std::pair<std::uint64_t, std::string>> StoreReader::message_ids(std::uint64_t after, std::size_t most) {
    auto& query = statements_->message_ids;
    query.reset();
    query.bind(1, static_cast<std::int64_t>(after)).bind(2, static_cast<std::int64_t>(most));
    std::vector<std::pair<std::uint64_t, std::string>> found;
    while (query.step()) found.emplace_back(static_cast<std::uint64_t>(query.number(0)), query.text(1));
    query.reset();
    return found;
}

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
    auto known = digests_of(holder);
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
    if (!held)
        return fault(FaultCode::database_error, "Record " + std::to_string(holder) + " and its signature are missing");
    auto documents = seal_of(*held);
    if (!documents) return std::move(documents).error();
    return std::move(documents->signature);
}

Result<StoreReader::Documents> StoreReader::documents(const Row& row) {
    const auto other = row.seal == row.stored.number ? std::nullopt : this->row(row.seal, true);
    auto documents = seal_of(other ? *other : row);
    if (!documents || !row.chain) return documents;
    const GivePart give = [this](std::int64_t id) { return part(id); };
    auto chain = unpack(*row.chain, digests_of(row), give);
    if (!chain) return std::move(chain).error();
    documents->chain = std::move(*chain);
    return documents;
}

}  // namespace onceway::records
