// Descriptions that genuine software's own tests use, and one that a genuine server gave on.
#include "schemas/description/openapi.hpp"
#include "schemas/description/tree.hpp"
#include "schemas/description/wsdl.hpp"
#include "schemas/store/database.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json.hpp>

#include <set>

using namespace onceway;
using namespace onceway::description;
using tests::contains;

namespace {

Octets kept(const std::filesystem::path& file) {
    auto octets = store::read_whole(file, most_octets);
    REQUIRE_MESSAGE(octets, file.string());
    return std::move(*octets);
}

/// What each file yields: the services of a WSDL; the endpoints of an OpenAPI document and how many warnings.
struct {
    std::string_view file, yields;
} const wsdls[] = {
    {"invalid-servicecode-all.wsdl",
     "xroadGetRandom:aa.v1 xroadGetRandom;aa.v1 xroadGetRandom\\aa.v1 xroadGetRandom/aa.v1 "
     "xroadGetRandom%aa.v1 xroadGetRandom/../aa.v1"},
    {"invalid-serviceurl.wsdl", "xroadGetRandom.v1"},
    {"invalid-serviceversion-percent.wsdl", "xroadGetRandom.v1%234"},
    {"testservice.wsdl", "xroadGetRandom.v1 bodyMassIndex.v1"},
    {"testservice1.wsdl", "testOp1 testOpA"},
    {"testservice2.wsdl", "testOp2 testOpX"},
    {"testservice3.wsdl", "testOpZ testOpBC"},
    {"valid-additional-services.wsdl", "getRandom.v1 helloService.v1"},
    {"valid-smallattachment.wsdl", "xroadSmallAttachment.v1"},
    {"warn.wsdl", "xroadGetRandom.v1 bodyMassIndex.v1"},
    {"warnanderror.wsdl", "xroadGetRandom.v1 bodyMassIndex.v1"},
    {"wsdl-error.wsdl", "mock.v1 mockSwaRef.v1 mockMtom.v1"},
    {"xxe.wsdl", "invalid_xml: DOCTYPE"},
    {"wsdl_response.xml", "invalid_xml: Reading XML"},  // a whole answer, from its first boundary on
};
constexpr std::string_view pets =
    "POST /pet PUT /pet GET /pet/findByStatus GET /pet/findByTags GET /pet/* POST /pet/* DELETE /pet/* POST "
    "/pet/*/uploadImage "
    "GET /store/inventory POST /store/order GET /store/order/* DELETE /store/order/* POST /user POST "
    "/user/createWithArray "
    "POST /user/createWithList GET /user/login GET /user/logout GET /user/* PUT /user/* DELETE /user/*";
struct {
    std::string_view file, url, yields;
    std::size_t warnings;
} const openapis[] = {
    {"valid.json", "https://example.org/api", "POST /test GET /test", 0},
    {"petstore.json", "https://petstore.swagger.io/v2", pets, 0},
    {"testopenapi2.json", "https://petstore.swagger.io/v2", pets, 0},
    {"petstore.yaml", "http://petstore.swagger.io/v1/cats", "GET /pets POST /pets GET /pets/*", 0},
    {"warnings.yml", "https://{securityserver}/r1", "GET /*/*/*/*/listMethods GET /*/*/*/*/allowedMethods", 9},
    {"duplicateendpoint.yaml", "", "the key 'get' is given twice", 0},
    {"testopenapi_invalid_version.yaml", "", "version is '3.1.1'", 0},
};

Format format_by_name(std::string_view file) { return file.ends_with(".json") ? Format::json : Format::yaml; }

/// The value in words, so that two spellings of one document compare equal.
std::string meaning(const Value& value) {
    std::string words = fmt::format("{} '{}'", name_of(value.kind()), value.text());
    for (std::size_t i = 0; i < value.size(); ++i)
        words += fmt::format(" ({}: {})", value.is(Kind::map) ? value.key(i).text() : "", meaning(value.item(i)));
    return words;
}

}  // namespace

TEST_CASE("genuine WSDLs give their services, hidden or not, or are refused as genuine servers refuse them") {
    const auto folder = tests::vectors();
    if (!folder) return;
    for (const auto& row : wsdls) SUBCASE(row.file.data()) {
            const auto document = kept(*folder / "descriptions" / row.file);
            const auto services = read_wsdl(document);
            const auto masked = mask_wsdl_addresses(document);
            REQUIRE(services.has_value() == masked.has_value());
            if (!services) {
                CHECK(row.yields.substr(0, 11) == spelling(services.error().code));
                CHECK(contains(services.error().detail, row.yields.substr(13)));
                return;
            }
            std::vector<std::string> words;
            for (const auto& service : *services)
                words.push_back(service.version ? fmt::format("{}.{}", service.code, *service.version) : service.code);
            CHECK(fmt::format("{}", fmt::join(words, " ")) == row.yields);
            const auto after = read_wsdl(*masked);
            REQUIRE(after);
            CHECK(after->size() == services->size());
            // An address of SOAP 1.2 stays, as in genuine servers.
            const bool newer = contains(document, "wsdl/soap12/");
            for (const auto& service : *after) CHECK((service.url == hidden_address) == !newer);
        }
}

TEST_CASE("genuine OpenAPI documents give their endpoints, or are refused as genuine servers refuse them") {
    const auto folder = tests::vectors();
    if (!folder) return;
    for (const auto& row : openapis) SUBCASE(row.file.data()) {
            const auto document = kept(*folder / "descriptions" / row.file);
            const auto read = read_openapi(document, format_by_name(row.file));
            if (row.url.empty()) {
                REQUIRE_FALSE(read);
                CHECK_MESSAGE(contains(read.error().detail, row.yields), read.error().detail);
                return;
            }
            REQUIRE_MESSAGE(read, read.error().detail);
            CHECK(read->url == row.url);
            std::vector<std::string> words;
            for (const auto& endpoint : read->endpoints)
                words.push_back(fmt::format("{} {}", endpoint.method, endpoint.path));
            CHECK(fmt::format("{}", fmt::join(words, " ")) == row.yields);
            CHECK_MESSAGE(read->warnings.size() == row.warnings, fmt::format("{}", fmt::join(read->warnings, "\n")));
        }
}

TEST_CASE("every genuine description has its row") {
    const auto folder = tests::vectors();
    if (!folder) return;
    std::set<std::string> known;
    for (const auto& row : wsdls) known.emplace(row.file);
    for (const auto& row : openapis) known.emplace(row.file);
    const auto cases = boost::json::parse(kept(*folder / "descriptions/cases.json"));
    for (const auto& described : cases.as_array())
        CHECK_MESSAGE(known.contains(std::string(described.at("file").as_string())), described);
}

TEST_CASE("a hidden description means the same as the one that a genuine server gave on") {
    const auto folder = tests::vectors();
    if (!folder) return;
    const auto exchange = *folder / "exchanges/rest-metadata-getopenapi";
    const auto origin = kept(exchange / "response-service.http");
    const auto masked = mask_openapi_servers(origin.substr(origin.find("\r\n\r\n") + 4), Format::yaml);
    REQUIRE(masked);
    const auto ours = read_yaml(*masked);
    const auto genuine = kept(exchange / "response-client.body");
    const auto theirs = read_yaml(genuine);
    REQUIRE(theirs);
    CHECK(meaning(ours->root()) == meaning(theirs->root()));
}
