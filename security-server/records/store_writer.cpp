// How records enter the tables: packed, one row for what is committed together.
#include "certs/keys/digest.hpp"
#include "schemas/message/hash_chain.hpp"
#include "security-server/records/store.hpp"
#include "security-server/records/tables.hpp"

#include <array>
#include <stdexcept>

namespace onceway::records {
namespace {

constexpr int pages_to_checkpoint = 1'000;
constexpr std::size_t remembered_seals = 32, remembered_errands = 1'000;

constexpr int role_of(Side side, Direction direction) {
    return (side == Side::provider ? 2 : 0) + (direction == Direction::response ? 1 : 0);
}

std::int64_t signed_number(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t unsigned_number(std::int64_t number) { return static_cast<std::uint64_t>(number); }

bool same(const std::shared_ptr<const Octets>& a, const std::shared_ptr<const Octets>& b) { return a == b || *a == *b; }

/// Records of a stamp that follow each other, by number and in the tree.
struct StampRun {
    std::uint64_t first, last;
    std::size_t position;
};

std::vector<StampRun> runs_of(const MessageLog::Stamp& stamp) {
    std::vector<StampRun> runs;
    for (std::size_t position = 0; position < stamp.records.size(); ++position) {
        const auto number = stamp.records[position].first;
        if (!runs.empty() && runs.back().last + 1 == number)
            runs.back().last = number;
        else
            runs.push_back({number, number, position});
    }
    return runs;
}

}  // namespace

KnownDigests digests_of(OctetsView message, std::vector<Octets> parts) {
    KnownDigests known{keys::sha512(message), {}, {}, {}};
    if (parts.empty()) return known;
    std::vector<keys::DigestEntry> all{{known.message, message::sha512_uri}};
    for (const auto& digest : parts) all.push_back({digest, message::sha512_uri});
    known.both = keys::sha512(keys::digest_list_der(all.data(), all.size()));
    known.body = std::move(parts.front());
    known.further.assign(std::make_move_iterator(parts.begin() + 1), std::make_move_iterator(parts.end()));
    return known;
}

namespace {

/// Of the parts that this entry remembers.
KnownDigests digests_named_by(const Entry& entry) {
    std::vector<Octets> parts;
    if (entry.body || entry.file || !entry.parts.empty())
        for (const auto& part : entry.record.body->parts()) parts.push_back(part.sha512);
    return digests_of(entry.record.message, std::move(parts));
}

}  // namespace

struct StoreWriter::Statements {
    explicit Statements(store::Database& database)
        : find_part(database.prepare("SELECT id FROM part WHERE sha256 = ?")),
          add_part(database.prepare("INSERT INTO part (sha256, octets) VALUES (?, ?)")),
          find_errand(database.prepare("SELECT id FROM errand WHERE client = ? AND provider = ? AND service = ?")),
          add_errand(database.prepare("INSERT INTO errand (client, provider, service) VALUES (?, ?, ?)")),
          add_file(database.prepare("INSERT INTO body_file (name, size, sha512) VALUES (?, ?, ?)")),
          add_pack(database.prepare("INSERT INTO pack (first, records, client_requests, client_responses,"
                                    " provider_requests, provider_responses, at, plain, link, octets)"
                                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
          last_run(database.prepare("SELECT first, last FROM unstamped_run ORDER BY first DESC LIMIT 1")),
          run_at(
              database.prepare("SELECT first, last FROM unstamped_run WHERE first <= ? ORDER BY first DESC LIMIT 1")),
          run_after(database.prepare("SELECT first, last FROM unstamped_run WHERE first > ? ORDER BY first LIMIT 1")),
          add_run(database.prepare("INSERT INTO unstamped_run (first, last) VALUES (?, ?)")),
          end_run(database.prepare("UPDATE unstamped_run SET last = ? WHERE first = ?")),
          remove_run(database.prepare("DELETE FROM unstamped_run WHERE first = ?")),
          add_stamp(database.prepare("INSERT INTO stamp (at, token, result, leaves, plain) VALUES (?, ?, ?, ?, ?)")),
          add_stamped(database.prepare("INSERT INTO stamped_run (first, last, stamp, position) VALUES (?, ?, ?, ?)")) {}

    store::Statement find_part, add_part, find_errand, add_errand, add_file, add_pack, last_run, run_at, run_after,
        add_run, end_run, remove_run, add_stamp, add_stamped;
};

StoreWriter::StoreWriter(store::Database database)
    : database_(std::move(database)),
      statements_(std::make_unique<Statements>(database_)),
      packer_([this](OctetsView octets) { return keep_part(octets); }) {}
StoreWriter::~StoreWriter() = default;

Result<std::unique_ptr<StoreWriter>> StoreWriter::open(const std::filesystem::path& path) {
    auto database = store::Database::open(
        {.path = path, .migrations = log_tables, .check_up_to = checked_whole, .own_checkpoints = true});
    if (!database) return std::move(database).error();
    return std::unique_ptr<StoreWriter>(new StoreWriter(std::move(*database)));
}

void StoreWriter::forget() {
    packer_.forget();
    errands_.clear();
    last_errand_ = {};
    seals_.clear();
    waiting_.clear();
    pack_.begin(0);
    link_.reset();
    run_.reset();
}

std::uint64_t StoreWriter::last_number() {
    auto last = database_.prepare(
        "SELECT coalesce((SELECT first + records - 1 FROM pack ORDER BY first DESC LIMIT 1),"
        " (SELECT max(number) FROM record), 0)");
    last.step();
    return unsigned_number(last.number(0));
}

std::uint64_t StoreWriter::unstamped() {
    auto count = database_.prepare("SELECT coalesce(sum(last - first + 1), 0) FROM unstamped_run");
    count.step();
    return unsigned_number(count.number(0));
}

std::optional<Instant> StoreWriter::oldest_unstamped() {
    auto oldest = database_.prepare(
        "SELECT coalesce((SELECT at FROM record WHERE number = run.first),"
        " (SELECT at FROM pack WHERE pack.first <= run.first ORDER BY pack.first DESC LIMIT 1))"
        " FROM unstamped_run AS run ORDER BY run.first LIMIT 1");
    if (!oldest.step()) return std::nullopt;
    return Instant(std::chrono::milliseconds(oldest.number(0)));
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
    if (last_errand_.id == 0 || last_errand_.client != record.client || last_errand_.service != record.service)
        last_errand_ = {find_or_add_errand(record), record.client, record.service};
    return last_errand_.id;
}

std::int64_t StoreWriter::find_or_add_errand(const Record& record) {
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
    for (const auto& kept : seals_)  // the results first: they are short, and differ early
        if (same(kept.result, seal.chain_result) && same(kept.signature, seal.signature)) return kept.number;
    return 0;
}

std::int64_t StoreWriter::keep_file(const BodyFile& file) {
    auto& add = statements_->add_file;
    add.reset();
    add.bind_text(1, file.name).bind(2, signed_number(file.size)).bind_blob(3, file.sha512).step();
    return database_.last_row();
}

void StoreWriter::insert(std::uint64_t number, const Entry& entry) {
    if (pack_.empty()) pack_.begin(number);
    if (pack_.next() != number) throw std::logic_error("records enter the log in the order of their numbers");

    const auto& record = entry.record;
    const bool accepted = record.outcome == "accepted";
    PackedRecord packed;
    packed.role = role_of(record.side, record.direction);
    packed.at = record.at.time_since_epoch().count();
    packed.errand = keep_errand(record);
    packed.message_id = record.message_id;
    packed.request_id = record.request_id;
    if (!accepted) packed.outcome = record.outcome.empty() ? OctetsView("internal_error") : record.outcome;

    Octets signature, result, chain;  // compact; they live until the record is in the pack
    if (const auto& seal = record.seal; seal.signature) {
        auto known = digests_named_by(entry);
        packed.seal = holder_of(seal);
        if (packed.seal == 0) {
            packed.seal = number;
            if (seal.chain_result) {
                packed.result = result = packer_.pack(*seal.chain_result, known);
                known.result = keys::sha512(*seal.chain_result);
                seals_.push_front({seal.signature, seal.chain_result, number});
                if (seals_.size() > remembered_seals) seals_.pop_back();
            }
            packed.signature = signature = packer_.pack(*seal.signature, known);
        }
        if (!seal.chain.empty()) {
            known.result.clear();
            packed.chain = chain = packer_.pack(seal.chain, known);
        }
        if (accepted) waiting_.push_back(number);
    }
    if (entry.file) packed.body_file = keep_file(*entry.file);
    packed.message = record.message;
    packed.body = entry.body;
    for (const auto& part : entry.parts) packed.parts.push_back({part.size, part.kept, part.sha512});
    pack_.add(packed);
    if (pack_.size() >= PackBuilder::enough) close_pack();
}

void StoreWriter::close_pack() {
    if (pack_.empty()) return;
    auto facts = pack_.facts();
    if (!link_) {
        auto last = database_.prepare("SELECT link FROM pack ORDER BY first DESC LIMIT 1");
        link_ = last.step() ? last.blob(0) : Octets();
    }
    const auto [octets, plain] = presser_.press(pack_.sections());
    facts.plain = plain;
    auto link = link_of(*link_, facts, octets);

    auto& add = statements_->add_pack;
    add.reset();
    add.bind(1, signed_number(facts.first)).bind(2, signed_number(facts.records));
    for (std::size_t role = 0; role < facts.accepted.size(); ++role)
        add.bind(static_cast<int>(role) + 3, signed_number(facts.accepted[role]));
    add.bind(7, facts.at).bind(8, signed_number(facts.plain)).bind_blob(9, link).bind_blob(10, octets).step();
    link_ = std::move(link);
    pack_.begin(0);

    for (std::size_t i = 0; i < waiting_.size();) {
        const auto first = waiting_[i];
        auto last = first;
        while (++i < waiting_.size() && waiting_[i] == last + 1) ++last;
        add_unstamped(first, last);
    }
    waiting_.clear();
}

void StoreWriter::add_unstamped(std::uint64_t first, std::uint64_t last) {
    auto& s = *statements_;
    if (!run_) {
        s.last_run.reset();
        if (s.last_run.step()) run_.emplace(s.last_run.number(0), s.last_run.number(1));
        s.last_run.reset();
    }
    if (run_ && run_->second + 1 == first) {
        s.end_run.reset();
        s.end_run.bind(1, signed_number(last)).bind(2, signed_number(run_->first)).step();
        run_->second = last;
        return;
    }
    s.add_run.reset();
    s.add_run.bind(1, signed_number(first)).bind(2, signed_number(last)).step();
    run_.emplace(first, last);
}

/// Takes from the runs that wait what lies between `from` and `to`, the lowest piece of it; gives that piece.
std::optional<std::pair<std::uint64_t, std::uint64_t>> StoreWriter::take_unstamped(std::uint64_t from,
                                                                                   std::uint64_t to) {
    auto& s = *statements_;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> run;
    const auto look = [&](store::Statement& query) {
        query.reset();
        if (query.bind(1, signed_number(from)).step())
            run.emplace(unsigned_number(query.number(0)), unsigned_number(query.number(1)));
        query.reset();
    };
    look(s.run_at);
    if (!run || run->second < from) run.reset(), look(s.run_after);
    if (!run || run->first > to) return std::nullopt;

    const auto first = std::max(run->first, from), last = std::min(run->second, to);
    s.remove_run.reset();
    s.remove_run.bind(1, signed_number(run->first)).step();
    run_.reset();
    const auto put_back = [&](std::uint64_t a, std::uint64_t b) {
        s.add_run.reset();
        s.add_run.bind(1, signed_number(a)).bind(2, signed_number(b)).step();
    };
    if (run->first < first) put_back(run->first, first - 1);
    if (last < run->second) put_back(last + 1, run->second);
    return std::pair(first, last);
}

std::int64_t StoreWriter::add_stamp(const MessageLog::Stamp& stamp) {
    Octets leaves;
    for (const auto& [number, leaf] : stamp.records) leaves += leaf;
    const std::array<OctetsView, 1> section{leaves};
    const auto [octets, plain] = presser_.press(section);  // records of one batch have one leaf
    auto& add = statements_->add_stamp;
    add.reset();
    add.bind(1, stamp.at.time_since_epoch().count()).bind_blob(2, stamp.token);
    if (!stamp.chain_result.empty()) {
        add.bind_blob(3, stamp.chain_result).bind_blob(4, octets);
        if (plain > 0) add.bind(5, signed_number(plain));
    }
    add.step();
    return database_.last_row();
}

void StoreWriter::keep_stamp(const MessageLog::Stamp& stamp) {
    std::int64_t id = 0;
    auto& add = statements_->add_stamped;
    for (const auto& run : runs_of(stamp))
        for (auto from = run.first; from <= run.last;) {
            const auto taken = take_unstamped(from, run.last);
            if (!taken) break;
            if (id == 0) id = add_stamp(stamp);
            add.reset();
            add.bind(1, signed_number(taken->first)).bind(2, signed_number(taken->second)).bind(3, id);
            add.bind(4, signed_number(run.position + (taken->first - run.first))).step();
            from = taken->second + 1;
        }
}

void StoreWriter::checkpoint_when_due() {
    if (database_.log_pages() >= pages_to_checkpoint) database_.checkpoint();
}

void StoreWriter::limit_to(std::uint64_t octets) {
    auto size = database_.prepare("PRAGMA page_size");
    size.step();
    const auto pages = std::max<std::uint64_t>(octets / unsigned_number(size.number(0)), 1);
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

}  // namespace onceway::records
