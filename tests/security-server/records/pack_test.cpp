#include "security-server/records/pack.hpp"

#include "security-server/records/octet_numbers.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

PackedRecord record() {
    PackedRecord record;
    record.role = 1;
    record.at = 1'795'000'000'000;
    record.errand = 3;
    record.message_id = "an id";
    record.request_id = "6a60c558-16f1-40f0-8450-7caefeed3225";
    record.message = "200\r\nOK\r\n";
    return record;
}

/// The pack of these records as it would be read, and its facts.
struct Packed {
    PackFacts facts;
    Octets octets;
    Result<std::vector<PackedRecord>> read() const { return read_pack(facts, octets); }
};
Packed packed(const std::vector<PackedRecord>& records, std::uint64_t first = 7) {
    PackBuilder builder;
    builder.begin(first);
    for (const auto& record : records) builder.add(record);
    const auto [marks, texts] = builder.sections();
    return {builder.facts(), Octets(marks).append(texts)};
}

bool same_parts(const std::vector<PackedPart>& a, const std::vector<PackedPart>& b) {
    return std::ranges::equal(a, b, [](const PackedPart& one, const PackedPart& other) {
        return one.size == other.size && one.kept == other.kept && one.sha512 == other.sha512;
    });
}

bool same(const PackedRecord& a, const PackedRecord& b) {
    return a.role == b.role && a.at == b.at && a.errand == b.errand && a.message_id == b.message_id &&
           a.request_id == b.request_id && a.outcome == b.outcome && a.seal == b.seal && a.body_file == b.body_file &&
           a.signature == b.signature && a.result == b.result && a.chain == b.chain && a.message == b.message &&
           a.body == b.body && same_parts(a.parts, b.parts);
}

}  // namespace

TEST_CASE("records come out of a pack as they went in: plain, refused, of a batch, with each kind of body") {
    const Octets digest(64, 'd');
    auto attachments = record(), some_kept = record(), in_a_file = record(), none_kept = record();
    attachments.body = "onethree";
    attachments.parts = {{3, true, {}}, {0, true, {}}, {5, true, {}}};
    some_kept.body = "two";
    some_kept.parts = {{1'000'000, false, digest}, {3, true, {}}};
    in_a_file.body_file = 4;
    in_a_file.parts = {{1ull << 31, true, digest}, {7, false, digest}, {0, true, digest}};
    none_kept.parts = {{1ull << 33, false, digest}};
    auto first_of_batch = record(), second_of_batch = record(), empty_body = record(), refusal = record(),
         with_file = record(), back_in_time = record();
    const Octets large(200'000, 'b');
    first_of_batch.seal = 8;
    first_of_batch.signature = "the signature";
    first_of_batch.result = "its result";
    first_of_batch.chain = "one chain";
    first_of_batch.body = large;
    second_of_batch.seal = 8;
    second_of_batch.chain = "another";
    empty_body.body = OctetsView();
    refusal.role = 2;
    refusal.outcome = "server.serverproxy.access_denied";
    with_file.body_file = 17;
    back_in_time.at = -5;
    const std::vector<PackedRecord> records{record(),  first_of_batch, second_of_batch, empty_body,
                                            refusal,   with_file,      back_in_time,    attachments,
                                            some_kept, in_a_file,      none_kept};
    const auto pack = packed(records);
    CHECK(pack.facts.records == records.size());
    CHECK(pack.facts.accepted == std::array<std::uint64_t, 4>{0, 10, 0, 0});
    CHECK(pack.facts.at == record().at);
    const auto read = must(pack.read());
    REQUIRE(read.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        CAPTURE(i);
        CHECK(same(read[i], records[i]));
    }
}

TEST_CASE("a damaged pack is refused with the number of the record and the reason, when") {
    auto sealed = record();
    sealed.seal = 7;
    sealed.signature = "s";
    auto pack = packed({sealed, record()});
    REQUIRE(pack.read());
    std::string_view says;
    SUBCASE("its last octet is missing") {
        pack.octets.pop_back();
        says = "record 8 of the message log: octets are missing";
    }
    SUBCASE("it ends in its marks") {
        pack.octets.resize(10);
        says = "record 7 of the message log: octets are missing";
    }
    SUBCASE("it ends in the texts of the first record") {
        pack.octets.resize(pack.octets.size() - record().message.size() * 2);
        says = "octets are missing";
    }
    SUBCASE("its marks claim to be longer than all of it") {
        pack.octets.replace(0, 4, "\x7f\xff\xff\xff");
        says = "octets are missing";
    }
    SUBCASE("its marks claim to be shorter than their own size") {
        pack.octets.replace(0, 4, Octets("\0\0\0\3", 4));
        says = "octets are missing";
    }
    SUBCASE("something follows") {
        pack.octets += 'x';
        says = "left over";
    }
    SUBCASE("there are fewer records than its row counts") {
        pack.facts.records = UINT64_MAX;
        says = "record 9 of the message log: octets are missing";
    }
    SUBCASE("there are other records than its row counts") {
        pack.facts.accepted = {2, 0, 0, 0};
        says = "counts other records";
    }
    SUBCASE("its row has another time") {
        ++pack.facts.at;
        says = "counts other records";
    }
    SUBCASE("a record has a mark of a later release") {
        pack.octets.replace(4, 1, Octets("\x99\x10", 2));
        says = "does not know";
    }
    SUBCASE("a signature lies in a record that comes later or does not exist") {
        auto lost = record();
        lost.seal = 3;
        pack = packed({lost});
        pack.facts.first = 2;
        says = "no earlier record";
    }
    SUBCASE("a record says that it holds its signature and does not") {
        auto without = record();
        without.seal = 7;
        pack = packed({without});
        says = "not where it says";
    }
    SUBCASE("more is there than its attachments have") {
        auto shorter = record();
        shorter.body = "four";
        shorter.parts = {{1, true, {}}, {2, true, {}}};
        pack = packed({shorter});
        says = "larger or smaller";
    }
    SUBCASE("something is kept of its attachments, and nothing is there") {
        auto nowhere = record();
        const Octets digest(64, 'd');
        nowhere.parts = {{1, true, digest}};
        pack = packed({nowhere});
        says = "larger or smaller";
    }
    SUBCASE("an attachment is larger than any") {
        auto huge = record();
        const Octets digest(64, 'd');
        huge.parts = {{1ull << 41, false, digest}};
        pack = packed({huge});
        says = "octets are missing";
    }
    SUBCASE("the digest of an attachment is cut") {
        auto cut = record();
        cut.parts = {{1, false, "not sixty-four"}};
        pack = packed({cut});
        says = "octets are missing";
    }
    SUBCASE("a record was refused without a code") {
        pack.octets[4] = static_cast<char>(pack.octets[4] | 4);
        says = "";
    }
    const auto read = pack.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().code == FaultCode::database_error);
    CHECK(contains(read.error().detail, says));
}

TEST_CASE("a link changes with the link before it, with each fact and with every octet") {
    const auto pack = packed({record(), record()});
    const auto link = link_of("before", pack.facts, pack.octets);
    CHECK(link.size() == 32);
    CHECK(link_of("before", pack.facts, pack.octets) == link);
    CHECK(link_of("other", pack.facts, pack.octets) != link);
    CHECK(link_of("before", pack.facts, pack.octets + 'x') != link);
    for (int fact = 0; fact < 8; ++fact) {
        auto facts = pack.facts;
        std::uint64_t* const numbers[] = {&facts.first,       &facts.records,     &facts.accepted[0],
                                          &facts.accepted[1], &facts.accepted[2], &facts.accepted[3],
                                          &facts.plain};
        if (fact < 7)
            ++*numbers[fact];
        else
            ++facts.at;
        CAPTURE(fact);
        CHECK(link_of("before", facts, pack.octets) != link);
    }
}

TEST_CASE("a number is read up to its last octet and no further") {
    for (const std::uint64_t number : {0ull, 1ull, 127ull, 128ull, 16'384ull, 1ull << 62, (1ull << 63) - 1}) {
        Octets octets;
        put_number(octets, number);
        OctetReader reader{octets + "x"};
        const auto text = octets + "x";
        reader.left = text;
        CHECK(reader.number() == number);
        CHECK(reader.left == "x");
        reader.left = OctetsView(text).substr(0, octets.size() - 1);
        (void)reader.number();
        CHECK(reader.broken);
    }
}
