// Documents that want a verifier to look elsewhere, or to look at the wrong place. Threat rows 1, 2, 4 and 5.
#include "certs/signature/verify.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/hash_chain.hpp"
#include "schemas/registry/documents.hpp"
#include "tests/certs/signature/sealed.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

/// A port that nobody has a reason to call.
class Canary {
public:
    Canary() {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof own;
        ::bind(socket_, reinterpret_cast<const sockaddr*>(&own), size);
        ::listen(socket_, 16);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(own.sin_port)) + "/canary";
    }
    ~Canary() { ::close(socket_); }
    const std::string& url() const { return url_; }
    bool was_called() const {
        pollfd waiting{socket_, POLLIN, 0};
        return ::poll(&waiting, 1, 0) > 0;
    }

private:
    int socket_ = -1;
    std::string url_;
};

std::string element(const std::string& text, const std::string& name) {
    const auto from = text.find("<" + name), to = text.find("</" + name + ">", from);
    if (to == std::string::npos) throw std::logic_error("no such element");
    return text.substr(from, to + name.size() + 3 - from);
}

std::string lines(int count, const std::function<std::string(int)>& line) {
    std::string all;
    for (int i = 0; i < count; ++i) all += line(i);
    return all;
}

}  // namespace

TEST_CASE("a signature is refused, and nobody is called, when its document") {
    const Canary canary;
    const Signer signer;
    const std::string sealed = SealedMessage(signer, {"message"}).signature;
    const std::string root = "<asic:XAdESSignatures";
    const auto typed = [&](const std::string& type) { return replaced(sealed, root, type + root); };
    const std::string laughs = "<!DOCTYPE x [<!ENTITY a0 'ha'>" +
                               lines(20,
                                     [](int i) {
                                         return "<!ENTITY a" + std::to_string(i + 1) + " '&a" + std::to_string(i) +
                                                ";&a" + std::to_string(i) + ";'>";
                                     }) +
                               "]>";
    struct {
        const char* what;
        std::string document, code, word;
    } const rows[] = {
        {"has an internal entity", typed("<!DOCTYPE x [<!ENTITY e 'v'>]>"), "invalid_xml", "DOCTYPE"},
        {"has an external entity", typed("<!DOCTYPE x [<!ENTITY e SYSTEM '" + canary.url() + "'>]>"), "invalid_xml",
         "DOCTYPE"},
        {"has an entity that is a file", typed("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"), "invalid_xml",
         "DOCTYPE"},
        {"has a parameter entity", typed("<!DOCTYPE x [<!ENTITY % e SYSTEM '" + canary.url() + "'> %e;]>"),
         "invalid_xml", "DOCTYPE"},
        {"has an external document type", typed("<!DOCTYPE x SYSTEM '" + canary.url() + "'>"), "invalid_xml",
         "DOCTYPE"},
        {"has a public document type", typed("<!DOCTYPE x PUBLIC 'x' '" + canary.url() + "'>"), "invalid_xml",
         "DOCTYPE"},
        {"has an attribute by default", typed("<!DOCTYPE x [<!ATTLIST ds:Reference Id ID 'x'>]>"), "invalid_xml",
         "DOCTYPE"},
        {"laughs a million times", typed(laughs), "invalid_xml", "DOCTYPE"},
        {"grows by the square", typed("<!DOCTYPE x [<!ENTITY e '" + std::string(50'000, 'e') + "'>]>"), "invalid_xml",
         "DOCTYPE"},
        {"includes another",
         replaced(sealed, "<ds:KeyInfo>",
                  "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='" + canary.url() + "'/><ds:KeyInfo>"),
         "malformed_signature", "KeyInfo"},
        {"names a stylesheet", typed("<?xml-stylesheet href='" + canary.url() + "'?>"), "", ""},
        {"names a schema",
         replaced(
             sealed, root,
             root + " xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:schemaLocation='a " + canary.url() + "'"),
         "", ""},
        {"wants its key fetched",
         replaced(sealed, "<ds:X509Data>", "<ds:RetrievalMethod URI='" + canary.url() + "'/><ds:X509Data>"),
         "malformed_signature", "KeyInfo"},
        {"brings a bare key", replaced(sealed, element(sealed, "ds:X509Data"), "<ds:KeyValue/>"), "malformed_signature",
         "X509Data"},
        {"refers to an address", replaced(sealed, R"(URI="/message.xml")", "URI=\"" + canary.url() + "\""),
         "invalid_signature_value", ""},
        {"refers to a file", replaced(sealed, R"(URI="/message.xml")", R"(URI="file:///etc/passwd")"),
         "invalid_signature_value", ""},
        {"refers to nothing", replaced(sealed, R"(URI="/message.xml")", R"(URI="/nothing.xml")"),
         "invalid_signature_value", ""},
        {"decodes what it refers to",
         replaced(
             sealed, R"(URI="/message.xml">)",
             R"(URI="/message.xml"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/></ds:Transforms>)"),
         "invalid_signature_value", ""},
        {"looks for it by XPath",
         replaced(
             sealed, R"(URI="/message.xml">)",
             R"(URI="/message.xml"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform></ds:Transforms>)"),
         "invalid_signature_value", ""},
    };
    for (const auto& [what, document, code, word] : rows) SUBCASE(what) {
            SealedMessage altered(signer, {"message"});
            altered.signature = document;
            for (const auto mode : {signature::Mode::strict, signature::Mode::compatible}) {
                const Effort effort;
                const auto verified = signature::verify(altered.question(), *signer.trust, test_time(), mode);
                CHECK(effort.within(100ms));  // 10 ms in a build for use
                if (code.empty()) continue;   // a processing instruction or an attribute that is ignored does no harm
                REQUIRE_FALSE(verified);
                CHECK_MESSAGE(verified.error().wire_code() == code, verified.error().detail);
                CHECK_MESSAGE(contains(verified.error().detail, word), verified.error().detail);
            }
            CHECK_FALSE(canary.was_called());
        }
}

TEST_CASE("what was signed and stands elsewhere does not vouch for what stands in its place") {
    const Signer signer;
    const SealedMessage good(signer, {"message"});
    const std::string properties = element(good.signature, "xades:SignedProperties");
    const std::string forged = replaced(properties, "2026-02-02T10:15:30", "2020-02-02T10:15:30");
    const std::string emptied = replaced(good.signature, properties, forged);
    struct {
        const char* where;
        std::string document;
    } const rows[] = {
        {"behind the forged one", replaced(good.signature, properties, forged + properties)},
        {"in front of it", replaced(good.signature, properties, properties + forged)},
        {"inside it",
         replaced(good.signature, properties,
                  replaced(forged, "</xades:SignedProperties>", properties + "</xades:SignedProperties>"))},
        {"at the end of the signature",
         replaced(emptied, "</ds:Signature>", "<ds:Object>" + properties + "</ds:Object></ds:Signature>")},
        {"at the end of the document",
         replaced(emptied, "</asic:XAdESSignatures>", properties + "</asic:XAdESSignatures>")},
        {"nowhere", emptied},
    };
    for (const auto& [where, document] : rows) {
        CAPTURE(std::string(where));
        SealedMessage altered(signer, {"message"});
        altered.signature = document;
        for (const auto mode : {signature::Mode::strict, signature::Mode::compatible})
            CHECK_FALSE(signature::verify(altered.question(), *signer.trust, test_time(), mode));
    }
    CHECK(signature::verify(good.question(), *signer.trust, test_time()));
}

TEST_CASE("no reader of XML from outside calls anybody, or takes its time") {
    const Canary canary;
    const std::string laughs = "<!DOCTYPE x [<!ENTITY a '" + std::string(1000, 'a') + "'>]>";
    const std::string documents[] = {
        "<!DOCTYPE x SYSTEM '" + canary.url() + "'><x/>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM '" + canary.url() + "'>]><x>&e;</x>",
        "<x xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='" + canary.url() + "'/></x>",
        "<?xml-stylesheet href='" + canary.url() + "'?><x/>",
        laughs + "<x>" + lines(5'000, [](int) { return std::string("&a;"); }) + "</x>",
        "<x " + lines(50'000, [](int i) { return " a" + std::to_string(i) + "=''"; }) + "/>",
        "<x " + lines(2'000, [](int i) { return " xmlns:n" + std::to_string(i) + "='u'"; }) + ">" +
            lines(2'000, [](int) { return std::string("<y/>"); }) + "</x>",
        lines(200, [](int) { return std::string("<x>"); }) + lines(200, [](int) { return std::string("</x>"); }),
    };
    for (const auto& document : documents) {
        CAPTURE(document.substr(0, 60));
        const Effort effort;
        const auto fault = message::read_soap_fault(document);
        CHECK((!fault || !*fault));
        CHECK_FALSE(message::parse_hash_chain(document));
        CHECK_FALSE(message::parse_hash_chain_result(document));
        CHECK_FALSE(registry::read_shared_parameters(document, 6));
        CHECK_FALSE(registry::read_anchor(document));
        CHECK(effort.within(500ms));  // five readers; 50 ms each in a build for use
    }
    CHECK_FALSE(canary.was_called());
}
