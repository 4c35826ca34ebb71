#include "security-server/records/pack.hpp"

#include "certs/keys/digest.hpp"
#include "security-server/records/octet_numbers.hpp"

namespace onceway::records {
namespace {

constexpr std::size_t size_octets = 4, digest_octets = 64;
constexpr std::size_t room_kept = 1024 * 1024;
constexpr std::uint64_t largest_part = std::uint64_t{1} << 40;  // so many fit into no pack that they would overflow

enum Flag : std::uint64_t {
    role_bits = 3,
    refused = 4,
    sealed = 8,
    holds_signature = 16,
    holds_result = 32,
    holds_chain = 64,
    holds_body = 128,
    names_file = 256,
    lists_parts = 512,
    all_flags = 1023,
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
    if (!record.parts.empty()) flags |= lists_parts;
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

/// Reads the two sections side by side.
struct SectionReader {
    OctetReader marks, texts;
    bool broken() const { return marks.broken || texts.broken; }
    OctetsView text() { return texts.octets(marks.number()); }
};

SectionReader sections_of(OctetsView plain) {
    SectionReader from{{plain}, {}};
    std::uint32_t size = 0;
    for (const char c : from.marks.octets(size_octets)) size = size << 8 | static_cast<unsigned char>(c);
    if (size < size_octets || size > plain.size()) {
        from.marks.broken = true;
        return from;
    }
    from.marks.left = plain.substr(size_octets, size - size_octets);
    from.texts.left = plain.substr(size);
    return from;
}

/// Twice the size, one more when it is kept; then the digest, unless the octets are at hand.
void put_part(Octets& marks, const PackedPart& part, bool in_body) {
    put_number(marks, part.size << 1 | (part.kept ? 1 : 0));
    if (!part.kept || !in_body) marks += part.sha512;
}

std::vector<PackedPart> take_parts(OctetReader& marks, bool in_body) {
    std::vector<PackedPart> parts;
    for (auto left = marks.number(); left > 0 && !marks.broken; --left) {
        const auto size = marks.number();
        PackedPart part{size >> 1, (size & 1) != 0, {}};
        if (!part.kept || !in_body) part.sha512 = marks.octets(digest_octets);
        marks.broken = marks.broken || part.size > largest_part;
        parts.push_back(part);
    }
    marks.broken = marks.broken || parts.empty();
    return parts;
}

PackedRecord take(SectionReader& from, std::uint64_t flags, std::int64_t before, std::uint64_t number) {
    auto& marks = from.marks;
    PackedRecord record;
    record.role = static_cast<int>(flags & role_bits);
    record.at = later(before, unfolded(marks.number()));
    record.errand = static_cast<std::int64_t>(marks.number());
    record.message_id = from.text();
    record.request_id = from.text();
    if (flags & refused) record.outcome = from.text();
    if (flags & sealed) record.seal = number - marks.number();
    if (flags & names_file) record.body_file = static_cast<std::int64_t>(marks.number());
    if (flags & lists_parts) record.parts = take_parts(marks, (flags & holds_body) != 0);
    if (flags & holds_signature) record.signature = marks.counted();
    if (flags & holds_result) record.result = marks.counted();
    if (flags & holds_chain) record.chain = marks.counted();
    record.message = from.text();
    if (flags & holds_body) record.body = from.text();
    return record;
}

std::uint64_t kept_of(const PackedRecord& record) {
    std::uint64_t octets = 0;
    for (const auto& part : record.parts) octets += part.kept ? part.size : 0;
    return octets;
}

std::string_view fault_in(const PackedRecord& record, std::uint64_t flags, std::uint64_t number) {
    if ((flags & refused) && record.outcome.empty()) return "it was refused without a code";
    if ((flags & sealed) && (record.seal == 0 || record.seal > number))
        return "its signature lies in no earlier record";
    if ((record.seal == number) != record.signature.has_value()) return "its signature is not where it says";
    if (record.result && !record.signature) return "it has a hash chain result without a signature";
    if (record.body && record.body_file != 0) return "it has two bodies";
    if (!record.parts.empty() && record.body_file == 0 && kept_of(record) != record.body.value_or(OctetsView()).size())
        return "its attachments are larger or smaller than what is there of them";
    return {};
}

}  // namespace

void PackBuilder::begin(std::uint64_t first) {
    facts_ = {};
    facts_.first = first;
    last_at_ = 0;
    marks_.assign(size_octets, '\0');
    texts_.clear();
    if (texts_.capacity() > room_kept) texts_.shrink_to_fit();  // one envelope may have had 10 MiB
}

void PackBuilder::put_text(OctetsView text) {
    put_number(marks_, text.size());
    texts_ += text;
}

void PackBuilder::add(const PackedRecord& record) {
    const auto number = next();
    if (facts_.records++ == 0) facts_.at = record.at;
    if (record.outcome.empty()) ++facts_.accepted[static_cast<std::size_t>(record.role)];
    put_number(marks_, flags_of(record));
    put_number(marks_, folded(between(last_at_, record.at)));
    last_at_ = record.at;
    put_number(marks_, static_cast<std::uint64_t>(record.errand));
    put_text(record.message_id);
    put_text(record.request_id);
    if (!record.outcome.empty()) put_text(record.outcome);
    if (record.seal != 0) put_number(marks_, number - record.seal);
    if (record.body_file != 0) put_number(marks_, static_cast<std::uint64_t>(record.body_file));
    if (!record.parts.empty()) {
        put_number(marks_, record.parts.size());
        for (const auto& part : record.parts) put_part(marks_, part, record.body.has_value());
    }
    for (const auto& document : {record.signature, record.result, record.chain})
        if (document) put_counted(marks_, *document);
    put_text(record.message);
    if (record.body) put_text(*record.body);
}

std::array<OctetsView, 2> PackBuilder::sections() {
    for (std::size_t i = 0; i < size_octets; ++i) marks_[i] = static_cast<char>(marks_.size() >> (24 - 8 * i));
    return {marks_, texts_};
}

Result<std::vector<PackedRecord>> read_pack(const PackFacts& facts, OctetsView plain) {
    std::vector<PackedRecord> records;
    records.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(facts.records, plain.size() / 6 + 1)));
    auto from = sections_of(plain);
    std::int64_t at = 0;
    std::array<std::uint64_t, 4> accepted{};
    for (std::uint64_t i = 0; i < facts.records; ++i) {
        const auto number = facts.first + i;
        const auto flags = from.marks.number();
        if (flags > all_flags) return damaged(number, "it has a mark that this release does not know");
        auto record = take(from, flags, at, number);
        if (from.broken()) return damaged(number, "octets are missing");
        if (const auto wrong = fault_in(record, flags, number); !wrong.empty()) return damaged(number, wrong);
        at = record.at;
        if (record.outcome.empty()) ++accepted[static_cast<std::size_t>(record.role)];
        records.push_back(std::move(record));
    }
    if (!from.marks.left.empty() || !from.texts.left.empty())
        return damaged(facts.first + facts.records, "octets are left over");
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
