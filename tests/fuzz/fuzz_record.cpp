// Packs of the message log: whatever the octets are, reading ends within its bounds; what was read and is written again
// is read the same.
#include "security-server/records/compact.hpp"
#include "security-server/records/pack.hpp"
#include "security-server/records/pressed.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace onceway;

bool same_parts(const records::PackedRecord& a, const records::PackedRecord& b) {
    return std::ranges::equal(a.parts, b.parts, [](const auto& one, const auto& other) {
        return one.size == other.size && one.kept == other.kept && one.sha512 == other.sha512;
    });
}

void check_again(const records::PackFacts& facts, const std::vector<records::PackedRecord>& read) {
    records::PackBuilder builder;
    builder.begin(facts.first);
    for (const auto& record : read) builder.add(record);
    const auto [marks, texts] = builder.sections();
    const auto plain = Octets(marks).append(texts);
    const auto again = records::read_pack(builder.facts(), plain);
    if (!again || again->size() != read.size()) std::abort();
    for (std::size_t i = 0; i < read.size(); ++i)
        if ((*again)[i].message != read[i].message || (*again)[i].at != read[i].at ||
            (*again)[i].seal != read[i].seal || (*again)[i].body != read[i].body || !same_parts((*again)[i], read[i]))
            std::abort();
}

}  // namespace

// The first octet says how many records there are, the next four how many of each role were accepted, the sixth and
// seventh how many octets are pressed (0: none); then the time of the first record, eight octets.
ONCEWAY_FUZZ(record) {
    if (input.size() < 15) return;
    const auto octet = [&](std::size_t at) {
        return static_cast<std::uint64_t>(static_cast<unsigned char>(input[at]));
    };
    records::PackFacts facts{100, octet(0), {octet(1), octet(2), octet(3), octet(4)}, 0, octet(5) * 256 + octet(6)};
    std::uint64_t at = 0;
    for (std::size_t i = 7; i < 15; ++i) at = at << 8 | octet(i);
    facts.at = static_cast<std::int64_t>(at);
    input.remove_prefix(15);
    Octets plain(input);
    if (facts.plain > 0) {
        auto unpressed = records::unpress(input, facts.plain);
        if (!unpressed) return;
        plain = std::move(*unpressed);
    }
    const auto read = records::read_pack(facts, plain);
    if (!read) return;
    check_again(facts, *read);
    const records::GivePart give = [&](std::int64_t part) -> std::optional<Octets> {
        if (part != 1) return std::nullopt;
        return plain.substr(0, 200);
    };
    for (const auto& record : *read)
        for (const auto& document : {record.signature, record.result, record.chain})
            if (document) (void)records::unpack(*document, {"d", "", "", "e", {"f"}}, give);
}
