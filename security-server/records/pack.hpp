// A pack: the records of one commit, written one behind the other and pressed together, as one row of the database.
//
// Why: a row of two kilobytes fills a page of four; headers, identifiers and the digests of a batch's tree repeat from
// record to record; and each row costs its own way through the tables. Packed, a commit is one row, its texts are kept
// once, and its overflow pages are full. A pack is closed at 64 KiB, so that reading one record never unpacks much
// more; a record that is alone makes a small pack. What was weighed and measured stands in docs/decisions and
// docs/performance.md, the octets in docs/auditors/message-log.md.
//
// Its octets come in two sections, each pressed for itself: the marks (numbers, lengths, compact documents) and the
// texts (identifiers, messages, bodies). Digests and signatures are noise, which would spoil the pressing of the texts.
//
// Each pack has a link: SHA-256 over the link before it and its own content. Reading a record recomputes it, so what
// was altered, removed or exchanged is noticed wherever somebody looks.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace onceway::records {

/// One attachment of a record that has several, or whose only one was not kept.
struct PackedPart {
    std::uint64_t size = 0;
    bool kept = false;
    OctetsView sha512;  // raw; empty where the octets lie in the record's `body`
};

/// One record in a pack. Views: into what is being written, or into the pack that was read.
struct PackedRecord {
    int role = 0;         // 0 client request, 1 client response, 2 provider request, 3 provider response
    std::int64_t at = 0;  // milliseconds since 1970
    std::int64_t errand = 0;
    OctetsView message_id, request_id;
    OctetsView outcome;             // empty: accepted
    std::uint64_t seal = 0;         // number of the record that holds the signature; 0: no signature
    std::int64_t body_file = 0;     // 0: none
    std::vector<PackedPart> parts;  // what is kept of them lies, one behind another, in `body` or the file
    std::optional<OctetsView> signature, result, chain;  // compact
    OctetsView message;
    std::optional<OctetsView> body;
};

/// What a pack's row says beside its octets.
struct PackFacts {
    std::uint64_t first = 0;  // number of its first record
    std::uint64_t records = 0;
    std::array<std::uint64_t, 4> accepted{};  // records of each role that were accepted; the others were refused
    std::int64_t at = 0;                      // of its first record
    std::uint64_t plain = 0;                  // octets before they were pressed; 0: they were not
};

/// Writes a pack. One thread at a time; keeps its room.
class PackBuilder {
public:
    /// Once this many octets are in it, a pack is to be closed.
    static constexpr std::size_t enough = 64 * 1024;

    void begin(std::uint64_t first);
    /// Adds the record with the next number.
    void add(const PackedRecord& record);
    bool empty() const { return facts_.records == 0; }
    std::uint64_t next() const { return facts_.first + facts_.records; }
    const PackFacts& facts() const { return facts_; }
    std::size_t size() const { return marks_.size() + texts_.size(); }
    /// The two sections; what `read_pack` reads is one behind the other.
    std::array<OctetsView, 2> sections();

private:
    void put_text(OctetsView text);

    PackFacts facts_;
    std::int64_t last_at_ = 0;
    Octets marks_, texts_;  // the first four octets of the marks are their size, highest first
};

/// The records of a pack whose octets are no longer pressed. Views into `plain`. Faults: `database_error`, with the
/// number of the record that cannot be read: octets are missing or left over, a flag is unknown, or a record names a
/// signature that comes after it.
Result<std::vector<PackedRecord>> read_pack(const PackFacts& facts, OctetsView plain);

/// The link of a pack. `octets` as the row holds them.
Octets link_of(OctetsView link_before, const PackFacts& facts, OctetsView octets);

}  // namespace onceway::records
