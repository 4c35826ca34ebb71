#include "security-server/records/compact.hpp"

#include "schemas/message/mime.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include "tests/security-server/records/samples.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

/// Parts kept in memory.
struct Parts {
    std::map<std::string, std::int64_t> numbers;
    std::vector<Octets> octets;

    Packer packer{[this](OctetsView part) {
        const auto [at, fresh] = numbers.emplace(part, octets.size());
        if (fresh) octets.emplace_back(part);
        return at->second;
    }};
    GivePart give = [this](std::int64_t part) -> std::optional<Octets> {
        if (part < 0 || part >= static_cast<std::int64_t>(octets.size())) return std::nullopt;
        return octets[static_cast<std::size_t>(part)];
    };
    Octets there_and_back(OctetsView document, const KnownDigests& known = {}) {
        return must(unpack(packer.pack(document, known), known, give));
    }
};

struct Collected : message::MimeSink {
    std::vector<std::pair<std::string, Octets>> parts;
    Result<void> part_begins(const message::Fields& headers) override {
        parts.emplace_back(message::field(headers, "content-type").value_or(""), Octets());
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        parts.back().second += octets;
        return {};
    }
    Result<void> part_ends() override { return {}; }
};

/// Parts of a recorded message, as far as they can be split.
std::vector<std::pair<std::string, Octets>> parts_of(const Octets& body) {
    Collected collected;
    if (!body.starts_with("--")) return {};
    message::MimeReader reader(body.substr(2, body.find("\r\n") - 2), message::MimeRules::peer, collected);
    if (reader.feed(body)) (void)reader.end();
    return collected.parts;
}

}  // namespace

TEST_CASE("what we seal comes back byte for byte, and takes little room from the second message on") {
    const SealingMember member;
    Parts parts;
    for (const auto* id : {"a", "b"}) {
        const auto record = sealed(request(id), member);
        const KnownDigests known{keys::sha512(record.message), {}, {}, {}};
        const auto packed = parts.packer.pack(*record.seal.signature, known);
        CHECK(must(unpack(packed, known, parts.give)) == *record.seal.signature);
        CHECK(packed.size() < 400);  // 256 of them are the signature value, 64 the digest of the signed properties
    }
    CHECK(parts.octets.size() == 3);  // one skeleton, one certificate, one OCSP answer
}

TEST_CASE("a digest that the reader can compute is named, not kept") {
    const Octets digest = keys::sha512("the message");
    const auto document = "<DataRef><DigestValue>" + to_base64(digest) + "</DigestValue></DataRef>";
    Parts parts;
    CHECK(parts.packer.pack(document, {}).size() > 64);
    for (const auto& known : {KnownDigests{digest, {}, {}, {}}, KnownDigests{{}, digest, {}, {}},
                              KnownDigests{{}, {}, digest, {}}, KnownDigests{{}, {}, {}, digest}}) {
        CHECK(parts.packer.pack(document, known).size() == 3);
        CHECK(parts.there_and_back(document, known) == document);
    }
}

TEST_CASE("the digests of all attachments are named, and what is no digest keeps its place behind them") {
    KnownDigests known{keys::sha512("message"), keys::sha512("1"), {}, {}, {}};
    std::string document = "<DataRef><DigestValue>" + to_base64(known.body) + "</DigestValue></DataRef>";
    for (int i = 2; i <= 200; ++i) {
        known.further.push_back(keys::sha512(std::to_string(i)));
        document += "<DataRef><DigestValue>" + to_base64(known.further.back()) + "</DigestValue></DataRef>";
    }
    document += "<DigestValue>" + to_base64(keys::sha512("of a neighbour")) + "</DigestValue>";
    Parts parts;
    const auto packed = parts.packer.pack(document, known);
    CHECK(packed.size() < 3 + 200 * 2 + 2 + 64);
    CHECK(must(unpack(packed, known, parts.give)) == document);
}

TEST_CASE("a document comes back byte for byte, whatever it looks like:") {
    const Octets digest(64, 'd');
    const std::pair<const char*, std::string> documents[] = {
        {"empty", ""},
        {"no XML at all", "neither < nor > mean anything here <"},
        {"octets beyond ASCII and control characters", std::string("\x01\x02<SigningTime>\0</SigningTime>\xff", 32)},
        {"Base64 with spare bits set", "<DigestValue>QR==</DigestValue>"},
        {"Base64 with blanks in it", "<DigestValue>QUJD QUJD</DigestValue>"},
        {"line ends at the wrong place", "<X509Certificate>QUJD&#13;\nQUJD</X509Certificate>"},
        {"lines of 76", "<X509Certificate>\n" + std::string(76, 'A') + "&#13;\nQUJD\n</X509Certificate>"},
        {"a line end behind the last line", "<X509Certificate>" + std::string(76, 'A') + "&#13;\n</X509Certificate>"},
        {"a time without milliseconds", "<xades:SigningTime>2026-11-21T10:27:08Z</xades:SigningTime>"},
        {"a time with an offset", "<xades:SigningTime>2026-11-21T10:27:08.085+02:00</xades:SigningTime>"},
        {"a time before 1970", "<xades:SigningTime>1969-12-31T23:59:59.999Z</xades:SigningTime>"},
        {"an empty element", "<DigestValue/><SignatureValue></SignatureValue><DigestValue> </DigestValue>"},
        {"an element that never ends", "<DigestValue>QUJD"},
        {"a tag that never ends", "<DigestValue"},
        {"elements in elements", "<DigestValue><b>QUJD</b></DigestValue>"},
        {"a comment", "<DigestValue><!-- QUJD --></DigestValue>"},
        {"a digest twice",
         "<DigestValue>" + to_base64(digest) + "</DigestValue><DigestValue>" + to_base64(digest) + "</DigestValue>"},
    };
    for (const auto& [why, document] : documents) SUBCASE(why) {
            Parts parts;
            CHECK(parts.there_and_back(document, {digest, {}, {}, {}}) == document);
        }
}

TEST_CASE("damaged octets are refused with a reason, when") {
    Parts parts;
    const auto document = "<SigningTime>2026-11-21T10:27:08.085Z</SigningTime><X509Certificate>QUJD</X509Certificate>";
    const auto good = parts.packer.pack(document, {});
    REQUIRE(unpack(good, {}, parts.give));
    const struct {
        const char* why;
        Octets packed;
        std::string_view says;
    } wrong[] = {
        {"there are none", "", "empty"},
        {"they are of a later form", "\x09rest", "this release does not know"},
        {"the skeleton is missing", Octets("\1\x63", 2), "skeleton is missing"},
        {"a part is missing", good.substr(0, good.size() - 1) + '\x63', "certificate or OCSP answer is missing"},
        {"they end early", good.substr(0, 5), "ends in the wrong place"},
        {"something follows", good + "x", "ends in the wrong place"},
    };
    for (const auto& [why, packed, says] : wrong) SUBCASE(why) {
            const auto unpacked = unpack(packed, {}, parts.give);
            REQUIRE_FALSE(unpacked);
            CHECK(unpacked.error().code == FaultCode::database_error);
            CHECK(contains(unpacked.error().detail, says));
        }
}

TEST_CASE("a few octets that name a large part many times do not become a large document") {
    const Octets skeleton(1'000, '\7'), part(1024 * 1024, 'p');
    const GivePart give = [&](std::int64_t number) -> std::optional<Octets> { return number == 0 ? skeleton : part; };
    const auto unpacked = unpack(Octets("\1\0", 2).append(1'000, '\1'), {}, give);
    REQUIRE_FALSE(unpacked);
    CHECK(contains(unpacked.error().detail, "larger than any document"));
    const GivePart small = [&](std::int64_t number) -> std::optional<Octets> { return number == 0 ? skeleton : "p"; };
    CHECK(must(unpack(Octets("\1\0", 2).append(1'000, '\1'), {}, small)) == Octets(1'000, 'p'));
}

TEST_CASE("every genuine signature and hash chain comes back byte for byte") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors");
        return;
    }
    Parts parts;
    std::size_t documents = 0, octets = 0, packed_octets = 0, cut = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*folder)) {
        if (entry.path().extension() != ".body") continue;
        for (const auto& [type, part] : parts_of(contents_of(entry.path()))) {
            if (type != "signature/bdoc-1.0/ts" && !type.starts_with("application/hash-chain")) continue;
            const auto packed = parts.packer.pack(part, {});
            INFO(entry.path());
            REQUIRE(must(unpack(packed, {}, parts.give)) == part);
            ++documents;
            octets += part.size();
            packed_octets += packed.size();
            cut += packed.front() == 1 ? 1 : 0;
        }
    }
    MESSAGE(documents << " documents of " << octets << " octets, " << cut << " cut; compact form " << packed_octets
                      << " octets beside " << parts.octets.size() << " shared parts");
    CHECK(documents > 100);
    CHECK(cut > documents / 2);
}
