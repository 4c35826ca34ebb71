#include "security-server/records/pack.hpp"

#include "certs/keys/digest.hpp"
#include "security-server/records/octet_numbers.hpp"

namespace onceway::records {
namespace {

enum Flag : std::uint64_t {
    role_bits = 3,
    refused = 4,
    sealed = 8,
    holds_signature = 16,
    holds_result = 32,
    holds_chain = 64,
    holds_body = 128,
    names_file = 256,
    all_flags = 511,
};

std::uint64_t flags_of(const PackedRecord& record) {
    std::uint64_t flags = static_cast<std::uint64_t>(record.role) & role_bits;
    if (!record.outcome.empty()) flags |= refused;
    if (record.seal != 0) flags |= sealed;
    if (record.signature) flags |= holds_signature;
    if (record.result) flags |= holds_result;
    if (record.chain) flags |= holds_chain;
    if (record.body) flags |= holds_body;
    if (record.body_file != 0) flags |= names_file;
    return flags;
}

// Small numbers of either sign become small numbers: 0, -1, 1, -2 … are 0, 1, 2, 3 …
std::uint64_t folded(std::int64_t number) {
    return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
std::int64_t unfolded(std::uint64_t number) { return static_cast<std::int64_t>(number >> 1 ^ (0 - (number & 1))); }

// Times are written as differences; what a damaged pack adds up to must not overflow.
std::int64_t later(std::int64_t at, std::int64_t difference) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(at) + static_cast<std::uint64_t>(difference));
}
std::int64_t between(std::int64_t from, std::int64_t to) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
}

Fault damaged(std::uint64_t number, std::string_view what) {
    return fault(FaultCode::database_error, "Reading record " + std::to_string(number) + " of the message log: " +
                                                std::string(what) + ". The log is damaged; restore it from a backup");
}

PackedRecord take(OctetReader& from, std::uint64_t flags, std::int64_t before, std::uint64_t number) {
    PackedRecord record;
    record.role = static_cast<int>(flags & role_bits);
    record.at = later(before, unfolded(from.number()));
    record.errand = static_cast<std::int64_t>(from.number());
    record.message_id = from.counted();
    record.request_id = from.counted();
    if (flags & refused) record.outcome = from.counted();
    if (flags & sealed) record.seal = number - from.number();
    if (flags & names_file) record.body_file = static_cast<std::int64_t>(from.number());
    if (flags & holds_signature) record.signature = from.counted();
    if (flags & holds_result) record.result = from.counted();
    if (flags & holds_chain) record.chain = from.counted();
    record.message = from.counted();
    if (flags & holds_body) record.body = from.counted();
    return record;
}

std::string_view fault_in(const PackedRecord& record, std::uint64_t flags, std::uint64_t number) {
    if (flags > all_flags) return "it has a mark that this release does not know";
    if ((flags & refused) && record.outcome.empty()) return "it was refused without a code";
    if ((flags & sealed) && (record.seal == 0 || record.seal > number))
        return "its signature lies in no earlier record";
    if ((record.seal == number) != record.signature.has_value()) return "its signature is not where it says";
    if (record.result && !record.signature) return "it has a hash chain result without a signature";
    if (record.body && record.body_file != 0) return "it has two bodies";
    return {};
}

}  // namespace

void PackBuilder::begin(std::uint64_t first) {
    facts_ = {};
    facts_.first = first;
    last_at_ = 0;
    octets_.clear();
}

void PackBuilder::add(const PackedRecord& record) {
    const auto number = next();
    if (facts_.records++ == 0) facts_.at = record.at;
    if (record.outcome.empty()) ++facts_.accepted[static_cast<std::size_t>(record.role)];
    put_number(octets_, flags_of(record));
    put_number(octets_, folded(between(last_at_, record.at)));
    last_at_ = record.at;
    put_number(octets_, static_cast<std::uint64_t>(record.errand));
    put_counted(octets_, record.message_id);
    put_counted(octets_, record.request_id);
    if (!record.outcome.empty()) put_counted(octets_, record.outcome);
    if (record.seal != 0) put_number(octets_, number - record.seal);
    if (record.body_file != 0) put_number(octets_, static_cast<std::uint64_t>(record.body_file));
    for (const auto& document : {record.signature, record.result, record.chain})
        if (document) put_counted(octets_, *document);
    put_counted(octets_, record.message);
    if (record.body) put_counted(octets_, *record.body);
}

Result<std::vector<PackedRecord>> read_pack(const PackFacts& facts, OctetsView plain) {
    std::vector<PackedRecord> records;
    records.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(facts.records, plain.size() / 7 + 1)));
    OctetReader from{plain};
    std::int64_t at = 0;
    std::array<std::uint64_t, 4> accepted{};
    for (std::uint64_t i = 0; i < facts.records; ++i) {
        const auto number = facts.first + i;
        const auto flags = from.number();
        auto record = take(from, flags, at, number);
        if (from.broken) return damaged(number, "octets are missing");
        if (const auto wrong = fault_in(record, flags, number); !wrong.empty()) return damaged(number, wrong);
        at = record.at;
        if (record.outcome.empty()) ++accepted[static_cast<std::size_t>(record.role)];
        records.push_back(record);
    }
    if (!from.left.empty()) return damaged(facts.first + facts.records, "octets are left over");
    if (accepted != facts.accepted || (!records.empty() && records.front().at != facts.at))
        return damaged(facts.first, "the row around it counts other records than there are");
    return records;
}

Octets link_of(OctetsView link_before, const PackFacts& facts, OctetsView octets) {
    Octets text(link_before);
    for (const auto number : {facts.first, facts.records, facts.accepted[0], facts.accepted[1], facts.accepted[2],
                              facts.accepted[3], static_cast<std::uint64_t>(facts.at), facts.plain})
        for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift);
    text += keys::sha256(octets);
    return keys::sha256(text);
}

}  // namespace onceway::records
