// Answers in SOAP that do not belong to their question, that were changed on their way, or that are faults.
#include "certs/keys/digest.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/outgoing.hpp"
#include "tests/security-server/soap_system.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

std::string party(const std::string& party_class, const std::string& code) {
    return R"(<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd">)" +
           (party_class.empty() ? "" : soap_parts::element("r:partyClass", party_class)) +
           soap_parts::element("r:partyCode", code) + "</r:representedParty>";
}

/// A question that says everything that an answer must repeat.
Envelope full() {
    Envelope e;
    e.more = "<xrd:userId>u1</xrd:userId><xrd:issue>i1</xrd:issue>" + party("COM", "77");
    return e;
}

Async<void> put_together(transport::KeptOctets& into, const transport::Message& message) {
    return transport::write_message(into, "xtopTest", message);
}

/// What another server answers with, signed by the member whose service it is.
struct GivenAnswer {
    std::string envelope = soap_answer();
    std::vector<transport::AttachmentHead> attachments{};
    std::string attached = "attached";  // octets of each
    message::Fields fields{{"Content-Type", transport::multipart_type("xtopTest")},
                           {"x-hash-algorithm", "SHA-512"},
                           {"x-original-content-type", "text/xml"}};

    /// From now on `world`'s provider is answered for by this.
    void stand_in(ProviderWorld& world) const {
        auto message = transport::Message::soap("text/xml", envelope);
        if (!attachments.empty()) {
            message.attachments = attachments;
            message.body = std::make_shared<channel::Payload>(world.folder.path());
            for (std::size_t i = 0; i < attachments.size(); ++i) {
                REQUIRE(run(message.body->append(attached)));
                message.body->end_part();
            }
            message.body->seal();
        }
        const auto key = world.provider_server.keys.signing_key(World::owner().member());
        auto seal = signature::seal_now(**key, message.digests(), Clock::system().now());
        REQUIRE(seal);
        message.seal = std::move(*seal);
        transport::KeptOctets octets;
        REQUIRE(run(put_together(octets, message)));
        world.peer_instead = [octets = octets.octets, fields = fields](channel::Exchange& exchange) {
            return answer(exchange, octets, fields);
        };
    }

private:
    static boost::asio::awaitable<void> answer(channel::Exchange& exchange, std::string octets,
                                               message::Fields fields) {
        auto drained = co_await exchange.drain(1 << 20);
        if (!drained) co_return;
        auto answered = co_await exchange.respond(200, "OK", fields, octets);
        if (!answered) exchange.close_after();
    }
};

std::string hashed(const std::string& answer, const std::string& question = soap_request()) {
    auto with = message::with_request_hash(answer, keys::sha512(question));
    REQUIRE(with);
    return *with;
}

}  // namespace

TEST_CASE("an answer is delivered when its header repeats the question's, whatever it says of server and version") {
    ProviderWorld world;
    const auto question = soap_request(full());
    auto same = soap_answer(full());
    SUBCASE("octet for octet") {}
    SUBCASE("with another protocolVersion") { replace(same, ">4.0<", ">4.1<"); }
    SUBCASE("with a securityServer of its own") {
        replace(same, "<xrd:userId>",
                R"(<xrd:securityServer id:objectType="SERVER">)" + soap_parts::components("ZA/GOV/202") +
                    "<id:serverCode>other</id:serverCode></xrd:securityServer><xrd:userId>");
    }
    world.answer_with_envelope(same);
    auto answer = ask_as_system(world, {.envelope = question});
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "none");
    CHECK(contains(answer->body, "getPermitResponse"));
}

TEST_CASE("an answer is inconsistent, and is not delivered but recorded, when") {
    const struct {
        const char* when;
        std::string_view from, to;
        std::string_view says;
    } rows[] = {
        {"the client is another", ">tax<", ">toll<", "client"},
        {"the service is another", ">roads<", ">rails<", "service"},
        {"the service has another version", ">v1<", ">v2<", "service"},
        {"the service has no version", "<id:serviceVersion>v1</id:serviceVersion>", "", "service"},
        {"the user is another", ">u1<", ">U1<", "userId"},
        {"there is no user", "<xrd:userId>u1</xrd:userId>", "", "userId"},
        {"the issue is another", ">i1<", ">i1 <", "issue"},
        {"the issue is empty", ">i1<", "><", "issue"},
        {"the party is another", ">77<", ">78<", "representedParty"},
        {"the party has no class", "<r:partyClass>COM</r:partyClass>", "", "representedParty"},
        {"the id is another", ">soap-1<", ">soap-2<", "id"},
    };
    ProviderWorld world;
    std::uint64_t records = 0;
    for (const auto& [when, from, to, says] : rows) {
        CAPTURE(when);
        auto other = soap_answer(full());
        replace(other, from, to);
        world.answer_with_envelope(other);
        auto answer = ask_as_system(world, {.envelope = soap_request(full())});
        REQUIRE(answer);
        const auto fault = fault_of(*answer);
        CHECK(fault.code == "server.clientproxy.service_failed.inconsistent_response");
        CHECK_MESSAGE(contains(fault.text, says), fault.text);
        CHECK_FALSE(contains(answer->body, "getPermitResponse"));
        CHECK(world.consumer_server.records() == (records += 2));
    }
}

TEST_CASE("an answer whose requestHash is missing, none or another's is inconsistent") {
    ProviderWorld world;
    const auto other = soap_request({.id = "soap-2"});
    const struct {
        const char* what;
        std::string envelope;
        std::string_view code;
    } rows[] = {
        {"right", hashed(soap_answer()), "none"},
        {"missing", soap_answer(), "server.clientproxy.inconsistent_response"},
        {"empty", soap_answer({.more = "<xrd:requestHash/>"}), "server.clientproxy.inconsistent_response"},
        {"no Base64", soap_answer({.more = "<xrd:requestHash>?</xrd:requestHash>"}),
         "server.clientproxy.inconsistent_response"},
        {"of another question", hashed(soap_answer(), other), "server.clientproxy.inconsistent_response"},
    };
    for (const auto& [what, envelope, code] : rows) {
        CAPTURE(what);
        GivenAnswer{.envelope = envelope}.stand_in(world);
        auto answer = ask_as_system(world);
        REQUIRE(answer);
        CHECK(fault_of(*answer).code == code);
    }
}

TEST_CASE("an answer must say, in lower case, what its service answered with; attachments come with a multipart") {
    ProviderWorld world;
    const std::string wrong = "server.clientproxy.internal_error";
    const std::vector<transport::AttachmentHead> one{{"a/b", {}}};
    const struct {
        const char* what;
        std::string name, value;
        std::vector<transport::AttachmentHead> attachments;
        std::string code, says;
    } rows[] = {
        {"it does", "x-original-content-type", "text/xml", {}, "none", ""},
        {"of any kind", "x-original-content-type", "", {}, "none", ""},
        {"of any other kind", "x-original-content-type", "no type", {}, "none", ""},
        {"not at all", "x-other", "text/xml", {}, wrong, "x-original-content-type"},
        {"in capitals", "X-Original-Content-Type", "text/xml", {}, wrong, "lower case"},
        {"a multipart", "x-original-content-type", "multipart/related; boundary=b", one, "none", ""},
        {"a multipart without boundary", "x-original-content-type", "multipart/related", {}, wrong, "boundary"},
        {"no multipart, with attachments", "x-original-content-type", "text/xml", one, wrong, "multipart/related"},
    };
    for (const auto& [what, name, value, attachments, code, says] : rows) {
        CAPTURE(what);
        GivenAnswer given{.envelope = hashed(soap_answer()), .attachments = attachments};
        given.fields.back() = {name, value};
        given.stand_in(world);
        auto answer = ask_as_system(world);
        REQUIRE(answer);
        const auto fault = fault_of(*answer);
        CHECK(fault.code == code);
        CHECK_MESSAGE(contains(fault.text, says), fault.text);
        // The signature was verified before: the refusal is recorded.
        CHECK(world.consumer_server.records() % 2 == 0);
    }
}

TEST_CASE("an answer in SOAP is refused, and not delivered, when on its way") {
    const struct {
        const char* what;
        void (*change)(Reply&);
        std::string_view code;
        std::uint64_t records;
    } rows[] = {
        {"its status became 404", [](Reply& r) { r.status = 404; }, "http_error", 1},
        {"its envelope was changed", [](Reply& r) { replace(r.body, "CA 1", "CA 2"); },
         "signature_verification.invalid_signature_value", 2},
        {"its envelope became none", [](Reply& r) { replace(r.body, "<soapenv:Header>", "<soapenv:Head>"); },
         "service_failed.invalid_soap", 1},
        {"its header lost its client", [](Reply& r) { replace(r.body, "xrd:client id", "xrd:cl1ent id"); },
         "service_failed.invalid_soap", 1},
        {"its signature was lost", [](Reply& r) { replace(r.body, "signature/bdoc-1.0/ts", "application/hash-chain"); },
         "missing_signature", 1},
        {"it broke off", [](Reply& r) { r.body.resize(r.body.size() / 2); }, "service_failed.mime_parsing_failed", 1},
        {"it became a fault document that is none",
         [](Reply& r) {
             r.fields = {{"Content-Type", "text/xml"}};
             r.body = soap_answer();
         },
         "service_failed.invalid_message", 1},
    };
    ProviderWorld world;
    std::uint64_t records = 0;
    for (const auto& [what, change, code, more] : rows) {
        CAPTURE(what);
        world.alter_reply = change;
        auto answer = ask_as_system(world);
        REQUIRE(answer);
        CHECK(fault_of(*answer).code == "server.clientproxy." + std::string(code));
        CHECK(world.consumer_server.records() == (records += more));
    }
}

TEST_CASE("a fault of the other server or of the service reaches the information system octet for octet") {
    ProviderWorld world;
    const std::string document =
        "<?xml version='1.0'?>\n" + soap_fault("Server.ServerProxy.AccessDenied") + "<!-- \xc3\xa9 -->\r\n";
    std::string code = "Server.ServerProxy.AccessDenied";
    SUBCASE("of the other server, early") {
        world.alter_reply = [&](Reply& r) {
            r.fields = {{"Content-Type", "text/xml;charset=utf-8"}};
            r.body = document;
        };
    }
    SUBCASE("of the other server, late") {
        world.alter_reply = [&](Reply& r) {
            message::MimeWriter writer("late");
            r.fields = {{"Content-Type", transport::multipart_type("late")}, {"x-hash-algorithm", "SHA-512"}};
            r.body = writer.open_part(transport::part_type::fault) + document + writer.close();
        };
    }
    SUBCASE("of the service") { world.answer_with_envelope(document, 500); }
    auto answer = ask_as_system(world);
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == code);
    CHECK(answer->body == document);
    CHECK(world.consumer_server.records() == 1);
}

TEST_CASE("an answer in the other language is no answer") {
    ProviderWorld world;
    GivenAnswer{.envelope = hashed(soap_answer())}.stand_in(world);
    auto rest = world.get();
    REQUIRE(rest);
    CHECK(error_code(*rest) == "server.clientproxy.missing_rest");

    message::MimeWriter writer("b");
    const std::string part =
        "200\r\nOK\r\nx-road-id:soap-1\r\nx-road-client:ZA/GOV/101/tax\r\nx-road-service:ZA/GOV/202/roads/getPermit\r\n"
        "x-road-request-id:x\r\nx-road-request-hash:AAAA\r\n";
    std::string octets = writer.open_part(transport::part_type::rest_response) + part;
    writer.open_part(octets, transport::part_type::signature);
    octets += "<s/>" + writer.close();
    world.peer_instead = nullptr;
    world.alter_reply = [&](Reply& r) {
        r.fields = {{"Content-Type", transport::multipart_type("b")}, {"x-hash-algorithm", "SHA-512"}};
        r.body = octets;
    };
    auto soap = ask_as_system(world);
    REQUIRE(soap);
    const auto fault = fault_of(*soap);
    CHECK_MESSAGE(fault.code == "server.clientproxy.missing_soap", fault.text);
}

TEST_CASE("a signed answer that would fall apart otherwise than it was signed does not reach the information system") {
    ProviderWorld world;
    const struct {
        const char* what;
        std::string attached;
        std::string code;
    } rows[] = {
        {"a line that only resembles a delimiter", "--\r\n--bb\r\n -- b", "server.clientproxy.internal_error"},
        {"no such line", "-b\r\n-- b\r\n --b", "none"},
        {"a delimiter at its front", "--b\r\nContent-Type: a/b\r\n\r\nx", "server.clientproxy.internal_error"},
        {"a delimiter behind a line feed", "x\n--b--", "server.clientproxy.internal_error"},
    };
    for (const auto& [what, attached, code] : rows) {
        CAPTURE(what);
        GivenAnswer given{.envelope = hashed(soap_answer()), .attachments = {{"a/b", {}}}, .attached = attached};
        given.fields.back().second = "multipart/related; boundary=b";
        given.stand_in(world);
        auto answer = ask_as_system(world);
        REQUIRE(answer);
        CHECK(fault_of(*answer).code == code);
    }
    // One on disk is noticed on its way, and the answer never comes to an end.
    GivenAnswer large{.envelope = hashed(soap_answer()), .attachments = {{"a/b", {}}}};
    large.attached = std::string(200'000, 'x') + "\r\n--b--\r\n" + std::string(200'000, 'x');
    large.fields.back().second = "multipart/related; boundary=b";
    large.stand_in(world);
    CHECK_FALSE(ask_as_system(world));
}
