// Our own schemas: each compiles, and what we write fits the one that we publish for it.
#include "schemas/message/fault_document.hpp"
#include "schemas/message/hash_chain.hpp"
#include "schemas/xml/document.hpp"
#include "tests/support/certificates.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace onceway;
using onceway::tests::must;
using xml::Document;
using xml::Schema;

namespace {

Schema published(const std::string& name) {
    return must(Schema::compile_file(std::string(ONCEWAY_SOURCE_DIR) + "/schemas/published/" + name));
}

void check_fits(const Schema& schema, OctetsView text) {
    const auto document = must(Document::parse(text));
    const auto fits = schema.validate(document);
    CHECK_MESSAGE(fits, fits.error().detail);
}

}  // namespace

TEST_CASE("every published schema compiles") {
    int compiled = 0;
    for (const auto& entry : std::filesystem::directory_iterator(ONCEWAY_SOURCE_DIR "/schemas/published")) {
        if (entry.path().extension() != ".xsd") continue;
        const auto schema = Schema::compile_file(entry.path());
        CHECK_MESSAGE(schema, entry.path().filename().string());
        ++compiled;
    }
    CHECK(compiled >= 8);
}

TEST_CASE("hash chains and their results fit") {
    using Kind = message::HashItem::Kind;
    const std::string sha512(message::sha512_uri), sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    const message::HashChain chain{
        {{"STEP0", {{Kind::step, sha512, {}, "#STEP1", false}, {Kind::value, sha256, "v", {}, false}}},
         {"STEP1", {{Kind::data, sha512, "d", "/message.xml", false}}}}};
    const auto schema = published("hash-chain.xsd");
    check_fits(schema, message::write_hash_chain(chain));
    check_fits(schema, message::write_hash_chain_result({sha512, "digest", "/sig-hashchain.xml#STEP0"}));
    CHECK_FALSE(
        schema.validate(must(Document::parse("<HashChain xmlns='http://cyber.ee/hashchain'><Other/></HashChain>"))));
}

TEST_CASE("faults fit, whatever their text holds") {
    const WireFault fault{"server.serverproxy.access_denied", "not <allowed> & \"refused\"\r\n\x01", "", "7a1f6c1e"};
    const auto soap = published("soap-fault.xsd");
    check_fits(soap, message::write_soap_fault(fault));
    CHECK_FALSE(soap.validate(must(Document::parse("<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'/>"))));
    const auto rest = published("rest-error.xsd");
    check_fits(rest, message::write_rest_error(fault, {"text/xml"}).body);
}
