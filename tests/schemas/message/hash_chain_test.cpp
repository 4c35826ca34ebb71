// Hash chain documents: both genuine layouts are read, one is written octet by octet, and anything else is refused.
#include "schemas/message/hash_chain.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace onceway;
using message::HashChain;
using message::HashItem;
using onceway::tests::contains;
using onceway::tests::contents_of;
using onceway::tests::vectors;

namespace {

constexpr std::string_view sha256_uri = "http://www.w3.org/2001/04/xmlenc#sha256";

/// A chain document around `content`, XML-DSig being the default namespace.
std::string chain(std::string_view content) {
    return "<h:HashChain xmlns='http://www.w3.org/2000/09/xmldsig#' xmlns:h='http://cyber.ee/hashchain'>" +
           std::string(content) + "</h:HashChain>";
}

std::string step(std::string_view items) {
    return chain("<h:DefaultDigestMethod Algorithm='m'/><h:HashStep id='STEP0'>" + std::string(items) +
                 "</h:HashStep>");
}

HashChain example() {
    const std::string method(message::sha512_uri);
    return {
        {{"STEP0",
          {{HashItem::Kind::step, method, {}, "#STEP1", false}, {HashItem::Kind::value, method, "sibling", {}, false}}},
         {"STEP1",
          {{HashItem::Kind::data, method, "message", "/message.xml", false},
           {HashItem::Kind::data, method, "attachment", "/attachment1", false}}}}};
}

}  // namespace

TEST_CASE("a chain is written with XML-DSig as the default namespace, four spaces and LF") {
    CHECK(message::write_hash_chain(example()) == R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ns2:HashChain xmlns="http://www.w3.org/2000/09/xmldsig#" xmlns:ns2="http://cyber.ee/hashchain">
    <ns2:DefaultDigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>
    <ns2:HashStep id="STEP0">
        <ns2:StepRef URI="#STEP1"/>
        <ns2:HashValue>
            <DigestValue>c2libGluZw==</DigestValue>
        </ns2:HashValue>
    </ns2:HashStep>
    <ns2:HashStep id="STEP1">
        <ns2:DataRef URI="/message.xml">
            <DigestValue>bWVzc2FnZQ==</DigestValue>
        </ns2:DataRef>
        <ns2:DataRef URI="/attachment1">
            <DigestValue>YXR0YWNobWVudA==</DigestValue>
        </ns2:DataRef>
    </ns2:HashStep>
</ns2:HashChain>
)");
}

TEST_CASE("a result of a SHA-512 chain is 405 octets long, with a final LF") {
    const message::HashChainResult result{std::string(message::sha512_uri), Octets(64, 'd'),
                                          "/sig-hashchain.xml#STEP0"};
    const auto text = message::write_hash_chain_result(result);
    CHECK(text.size() == 405);
    CHECK(text.ends_with("</ns2:HashChainResult>\n"));
    const auto read = message::parse_hash_chain_result(text);
    REQUIRE(read);
    CHECK(read->method == result.method);
    CHECK(read->digest == result.digest);
    CHECK(read->uri == result.uri);
}

TEST_CASE("what is written is read back, methods that differ from the default included") {
    auto written = example();
    written.steps[0].items[1].method = sha256_uri;
    written.steps[0].items[0].method = sha256_uri;
    const auto read = message::parse_hash_chain(message::write_hash_chain(written));
    REQUIRE_MESSAGE(read, read.error().detail);
    REQUIRE(read->steps.size() == 2);
    for (std::size_t s = 0; s < 2; ++s)
        for (std::size_t i = 0; i < 2; ++i) {
            const auto &was = written.steps[s].items[i], &is = read->steps[s].items[i];
            CHECK(is.kind == was.kind);
            CHECK(is.method == was.method);
            CHECK(is.digest == was.digest);
            CHECK(is.uri == was.uri);
        }
    CHECK(read->find("STEP1") == &read->steps[1]);
    CHECK(read->find("STEP2") == nullptr);
}

TEST_CASE("the other layout, with the hash chain's namespace as the default one, is read as well") {
    const auto read = message::parse_hash_chain(
        "<HashChain xmlns='http://cyber.ee/hashchain' xmlns:d='http://www.w3.org/2000/09/xmldsig#'>"
        "<DefaultDigestMethod Algorithm='m'/><HashStep id='S'><HashValue><d:DigestMethod Algorithm='n'/><d:Transforms>"
        "<d:Transform Algorithm='t'/></d:Transforms><d:DigestValue> AA\n== "
        "</d:DigestValue></HashValue></HashStep></HashChain>");
    REQUIRE_MESSAGE(read, read.error().detail);
    const auto& item = read->steps.at(0).items.at(0);
    CHECK(item.method == "n");
    CHECK(item.digest == Octets(1, '\0'));
    CHECK(item.has_transforms);
}

TEST_CASE("a chain is refused, with its reason, when it") {
    const std::string value = "<h:HashValue><DigestValue>AA==</DigestValue></h:HashValue>";
    std::string many;
    for (int i = 0; i < 10'001; ++i) many += "<h:HashStep id='S'/>";
    struct {
        const char* why;
        std::string document;
        std::string_view says;
    } const wrong[] = {
        {"is no XML", "x", "Start tag"},
        {"has a DOCTYPE", "<!DOCTYPE x>" + chain(""), "DOCTYPE"},
        {"has another root", "<HashChain/>", "root element"},
        {"has text between its elements", chain("x"), "text"},
        {"has an unknown element", chain("<h:Other/>"), "Other"},
        {"has a step in no namespace", chain("<HashStep xmlns='' id='S'/>"), "HashStep"},
        {"has a step without id", chain("<h:HashStep/>"), "attribute id"},
        {"has a step whose id is no name", chain("<h:HashStep id='0 1'/>"), "no XML name"},
        {"has two steps with one id", chain("<h:HashStep id='S'/><h:HashStep id='S'/>"), "two steps"},
        {"has its default method behind a step", chain("<h:HashStep id='S'/><h:DefaultDigestMethod Algorithm='m'/>"),
         "DefaultDigestMethod"},
        {"has a default method without algorithm", chain("<h:DefaultDigestMethod/>"), "Algorithm"},
        {"has a value without digest", step("<h:HashValue/>"), "DigestValue"},
        {"has a value with two digests",
         step("<h:HashValue><DigestValue>AA==</DigestValue><DigestValue>AA==</DigestValue>"
              "</h:HashValue>"),
         "does not belong"},
        {"has its method behind the digest",
         step("<h:HashValue><DigestValue>AA==</DigestValue><DigestMethod Algorithm='m'/>"
              "</h:HashValue>"),
         "does not belong"},
        {"has an empty digest", step("<h:HashValue><DigestValue/></h:HashValue>"), "empty"},
        {"has a digest that is no Base64", step("<h:HashValue><DigestValue>*</DigestValue></h:HashValue>"), "Base64"},
        {"has a comment inside a digest", step("<h:HashValue><DigestValue>A<!-- -->A==</DigestValue></h:HashValue>"),
         "comment"},
        {"has a reference without URI", step("<h:StepRef/>"), "attribute URI"},
        {"has data without URI", step("<h:DataRef><DigestValue>AA==</DigestValue></h:DataRef>"), "attribute URI"},
        {"has empty transforms", step("<h:HashValue><Transforms/><DigestValue>AA==</DigestValue></h:HashValue>"),
         "Transform"},
        {"has an unknown attribute", step("<h:HashValue x=''><DigestValue>AA==</DigestValue></h:HashValue>"),
         "attribute"},
        {"has too many steps", chain(many), "too many"},
        {"is larger than 256 KiB", chain(std::string(256 * 1024, ' ')), "octets"},
    };
    for (const auto& [why, document, says] : wrong) SUBCASE(why) {
            const auto read = message::parse_hash_chain(document);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::malformed_hash_chain);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
    CHECK(message::parse_hash_chain(step(value)));
    CHECK(message::parse_hash_chain(chain("")));
}

TEST_CASE("a result is refused, with its reason, when it") {
    const auto result = [](std::string_view attributes, std::string_view content) {
        return "<h:HashChainResult xmlns='http://www.w3.org/2000/09/xmldsig#' xmlns:h='http://cyber.ee/hashchain'" +
               std::string(attributes) + ">" + std::string(content) + "</h:HashChainResult>";
    };
    const std::string method = "<DigestMethod Algorithm='m'/>", value = "<DigestValue>AA==</DigestValue>";
    struct {
        const char* why;
        std::string document;
        std::string_view says;
    } const wrong[] = {
        {"has no URI", result("", method + value), "attribute URI"},
        {"has no method", result(" URI='u'", value), "DigestMethod"},
        {"has no value", result(" URI='u'", method), "DigestValue"},
        {"has them the other way round", result(" URI='u'", value + method), "DigestMethod"},
        {"has more than these", result(" URI='u'", method + value + value), "one"},
        {"has another root", chain(""), "root element"},
    };
    for (const auto& [why, document, says] : wrong) SUBCASE(why) {
            const auto read = message::parse_hash_chain_result(document);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::malformed_hash_chain);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
    CHECK(message::parse_hash_chain_result(result(" URI='u'", method + value)));
}

TEST_CASE("genuine chains and results: read, and the same octets when written again in their layout") {
    const auto recordings = vectors();
    if (!recordings) return;
    const auto folder = *recordings / "exchanges";
    int chains = 0, results = 0, equal = 0;
    const auto documents = [](const std::string& octets, std::string_view name) {
        std::vector<std::string> found;
        constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
        for (auto at = octets.find(declaration); at != std::string::npos; at = octets.find(declaration, at + 1)) {
            const auto root = octets.find('<', at + 5);
            const auto head = octets.substr(root, octets.find('>', root) - root);
            const auto end = octets.find("\r\n--", at);
            if (contains(head, std::string(name) + " ") && end != std::string::npos)
                found.push_back(octets.substr(at, end - at));
        }
        return found;
    };
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.path().filename().string().ends_with("-proxy.body")) continue;
        const auto octets = contents_of(entry.path());
        for (const auto& text : documents(octets, "HashChain")) {
            const auto read = message::parse_hash_chain(text);
            REQUIRE_MESSAGE(read, entry.path().string() << ": " << read.error().detail);
            ++chains;
            if (contains(text, "xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ns2")) {
                CHECK(message::write_hash_chain(*read) == text);
                ++equal;
            }
        }
        for (const auto& text : documents(octets, "HashChainResult")) {
            const auto read = message::parse_hash_chain_result(text);
            REQUIRE_MESSAGE(read, entry.path().string() << ": " << read.error().detail);
            ++results;
            if (contains(text, "xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ns2")) {
                CHECK(message::write_hash_chain_result(*read) == text);
                ++equal;
            }
        }
    }
    MESSAGE("chains read: " << chains << ", results: " << results << ", of these written again: " << equal);
    CHECK(chains > 20);
    CHECK(equal > 0);
}
