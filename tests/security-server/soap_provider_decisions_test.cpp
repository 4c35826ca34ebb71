// Who may ask for what in SOAP: each refusal with its code, in the order in which a server decides.
#include "tests/security-server/soap_peer.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

using Change = std::function<void(ProviderWorld&, PeerQuestion&)>;

/// Refused before the service was asked, with an early fault: one document, not a multipart.
void expect_refusal(const Change& change, std::string_view code, std::string_view says) {
    ProviderWorld world;
    PeerQuestion question;
    change(world, question);
    const auto reply = world.ask(question);
    CHECK(reply.code() == "server.serverproxy." + std::string(code));
    REQUIRE(reply.fault);
    CHECK_MESSAGE(contains(reply.fault->text, says), reply.fault->text);
    CHECK_FALSE(reply.late);
    CHECK(reply.field("Content-Type") == "text/xml;charset=utf-8");
    CHECK(world.seen_by_service().empty());
}

Change envelope(const std::function<void(Envelope&)>& change) {
    return [change](ProviderWorld&, PeerQuestion& question) {
        Envelope e;
        change(e);
        question.envelope = soap_request(e);
    };
}
Change owner(const std::function<void(access::Client&)>& change) {
    return [change](ProviderWorld& world, PeerQuestion&) { world.change_owner(change); };
}
Change both(const Change& one, const Change& other) {
    return [one, other](ProviderWorld& world, PeerQuestion& question) {
        one(world, question);
        other(world, question);
    };
}

const Change no_right = owner([](access::Client& client) { client.rights.clear(); });
const Change closed = owner([](access::Client& client) { client.services.back().disabled = "moving house"; });
const Change unsigned_octets = [](ProviderWorld&, PeerQuestion& question) {
    question.alter = [](std::string& multipart) { replace(multipart, "CA 1", "CA 2"); };
};

}  // namespace

TEST_CASE("a question in SOAP is refused before its service is asked when") {
    const struct {
        const char* what;
        Change change;
        std::string_view code, says;
    } rows[] = {
        {"the service does not exist", envelope([](Envelope& e) { e.service = "getOther"; }), "unknown_service",
         "SERVICE:ZA/GOV/202/roads/getOther/v1"},
        {"it exists in another version only", envelope([](Envelope& e) { e.version = "v2"; }), "unknown_service",
         "getPermit/v2"},
        {"it exists with a version, and none is asked for", envelope([](Envelope& e) { e.version = ""; }),
         "unknown_service", "getPermit does"},
        {"it is a REST service", envelope([](Envelope& e) {
             e.service = "permit";
             e.version = "";
         }),
         "service_type", "REST service"},
        {"there is no right", no_right, "access_denied", "SUBSYSTEM:ZA/GOV/101/tax"},
        {"the right is on an endpoint, not on the whole service",
         owner([](access::Client& client) { client.rights.back().path = "/**"; }), "access_denied", "whole service"},
        {"the right is for one method", owner([](access::Client& client) { client.rights.back().method = "POST"; }),
         "access_denied", "whole service"},
        {"the right is the member's, not its subsystem's",
         owner([](access::Client& client) { client.rights.back().subject.client = {"ZA", "GOV", "101", {}}; }),
         "access_denied", "no right"},
        {"the service is disabled", closed, "service_disabled", "is disabled: moving house"},
        {"the service is disabled with an empty notice",
         owner([](access::Client& client) { client.services.back().disabled = ""; }), "service_disabled",
         "is disabled"},
        {"another security server is asked for", envelope([](Envelope& e) {
             e.more = R"(<xrd:securityServer id:objectType="SERVER"><id:xRoadInstance>ZA</id:xRoadInstance>)"
                      "<id:memberClass>GOV</id:memberClass><id:memberCode>202</id:memberCode>"
                      "<id:serverCode>ss3</id:serverCode></xrd:securityServer>";
         }),
         "service_failed.invalid_security_server", "SERVER:ZA/GOV/202/ss3"},
        {"the provider is not ours", envelope([](Envelope& e) { e.provider = "ZA/GOV/202/rails"; }),
         "service_failed.unknown_member", "ZA/GOV/202/rails"},
        {"we have no key of the provider's",
         [](ProviderWorld& world, PeerQuestion&) { world.provider_server.keys.no_signing = true; },
         "service_failed.cannot_create_signature", "no signing key"},
        {"the server does not speak for the client",
         envelope([](Envelope& e) { e.client = "SUBSYSTEM:ZA/GOV/202/roads"; }),
         "service_failed.ssl_authentication_failed", "ZA/GOV/202"},
        {"the envelope was changed after it was signed", unsigned_octets,
         "signature_verification.invalid_signature_value", ""},
        {"the SOAPAction is neither empty nor quoted",
         [](ProviderWorld&, PeerQuestion& question) { question.soap_action = "urn:permit"; }, "invalid_soap_action",
         ""},
        {"the client's content type is not told",
         [](ProviderWorld&, PeerQuestion& question) { question.original_type.reset(); }, "internal_error",
         "x-original-content-type"},
        {"it calls itself REST",
         [](ProviderWorld&, PeerQuestion& question) { question.more = {{"x-road-message-type", "REST"}}; },
         "internal_error", "no REST message part"},
        {"the part is no envelope", [](ProviderWorld&, PeerQuestion& question) { question.envelope = "<a/>"; },
         "service_failed.invalid_soap", "SOAP 1.1"},
        {"the part is a fault", [](ProviderWorld&, PeerQuestion& question) { question.envelope = soap_fault(); },
         "service_failed.invalid_message", "fault"},
        {"a header element is missing",
         [](ProviderWorld&, PeerQuestion& question) {
             replace(question.envelope, "<xrd:protocolVersion>4.0</xrd:protocolVersion>", "");
         },
         "service_failed.missing_header_field", "protocolVersion"},
        {"the body is for another service",
         [](ProviderWorld&, PeerQuestion& question) { question.envelope = soap_request({.wrapper = "putPermit"}); },
         "service_failed.inconsistent_headers", "putPermit"},
    };
    for (const auto& [what, change, code, says] : rows) SUBCASE(what) expect_refusal(change, code, says);
}

TEST_CASE("of several reasons to refuse, the first in the order of decisions is told") {
    const Change unknown_service = envelope([](Envelope& e) { e.service = "getOther"; });
    const Change rest_service = envelope([](Envelope& e) {
        e.service = "permit";
        e.version = "";
    });
    const struct {
        const char* what;
        Change change;
        std::string_view code;
    } rows[] = {
        {"an unknown service without a right", both(no_right, unknown_service), "unknown_service"},
        {"a REST service without a right", both(no_right, rest_service), "service_type"},
        {"no right on a disabled service", both(no_right, closed), "access_denied"},
        {"a disabled service under a broken signature", both(closed, unsigned_octets), "service_disabled"},
        {"no right under a broken signature", both(no_right, unsigned_octets), "access_denied"},
    };
    for (const auto& [what, change, code] : rows) SUBCASE(what) expect_refusal(change, code, "");
}

TEST_CASE("what is refused once the message was read whole is recorded, with its reason") {
    ProviderWorld world;
    world.change_owner([](access::Client& owner) { owner.rights.clear(); });
    CHECK(world.ask().code() == "server.serverproxy.access_denied");
    CHECK(world.provider_server.records() == 1);
}

TEST_CASE("a right on the whole service opens every version of it, however its subject is named") {
    ProviderWorld world;
    world.change_owner([&](access::Client& owner) {
        auto second = owner.services.back();
        second.version = "";
        owner.services.push_back(second);
        second.version.reset();
        owner.services.push_back(second);
    });
    auto shared = world.shared();
    shared.groups.push_back({"callers", "who may call", {World::client()}});
    world.set_view(std::move(shared));
    const auto open_for = [&](access::Subject subject) {
        world.change_owner([&](access::Client& owner) {
            owner.groups = {{"friends", "of the roads", {World::client()}}};
            owner.rights = {{std::move(subject), "getPermit"}};
        });
    };
    SUBCASE("a subsystem") { open_for({.kind = access::Subject::Kind::client, .client = World::client()}); }
    SUBCASE("a global group") {
        open_for({.kind = access::Subject::Kind::global_group, .client = {}, .instance = "ZA", .group = "callers"});
    }
    SUBCASE("a local group") {
        open_for({.kind = access::Subject::Kind::local_group, .client = {}, .instance = {}, .group = "friends"});
    }
    PeerQuestion question;
    CHECK(world.ask(question).soap);
    question.envelope = soap_request({.version = ""});
    CHECK(world.ask(question).soap);
    replace(question.envelope, "</id:serviceCode>", "</id:serviceCode><id:serviceVersion></id:serviceVersion>");
    CHECK(world.ask(question).soap);
}

TEST_CASE("our own name as the wanted security server changes nothing") {
    ProviderWorld world;
    PeerQuestion question;
    question.envelope =
        soap_request({.more = R"(<xrd:securityServer id:objectType="SERVER"><id:xRoadInstance>ZA</id:xRoadInstance>)"
                              "<id:memberClass>GOV</id:memberClass><id:memberCode>202</id:memberCode>"
                              "<id:serverCode>ss2</id:serverCode></xrd:securityServer>"});
    CHECK(world.ask(question).soap);
}

TEST_CASE("where a least version of other servers is set, it is asked of every message before anything else") {
    ProviderWorld world;
    auto house = world.provider_server.house(0, true);
    house.min_client_version = "7.6.0";
    world.provider.emplace(std::move(house));
    const struct {
        const char* version;
        std::string_view code;
    } rows[] = {
        {"7.6.0", "none"},
        {"7.8.1-SNAPSHOT-20260101", "none"},
        {"7.5.9", "server.serverproxy.client_proxy_version_not_supported"},
        {"7.6.0-1", "server.serverproxy.client_proxy_version_not_supported"},
        {"7.6", "server.serverproxy.internal_error"},
        {"", "server.serverproxy.internal_error"},
    };
    for (const auto& [version, code] : rows) {
        CAPTURE(version);
        PeerQuestion question;
        question.version = version;
        CHECK(world.ask(question).code() == code);
        question.soap_action = "unquoted";  // told only where the version passes
        CHECK(world.ask(question).code() == (code == "none" ? "server.serverproxy.invalid_soap_action" : code));
    }
}

TEST_CASE("the same signed question a second time is told; the same envelope signed anew is another question") {
    ProviderWorld world;
    auto house = world.provider_server.house(0, true);
    house.refuse_repetitions = true;
    world.provider.emplace(std::move(house));
    CHECK(world.ask().soap);
    CHECK(world.ask().soap);  // the same envelope
    std::string first;
    PeerQuestion question;
    question.alter = [&](std::string& multipart) {
        if (first.empty()) first = multipart;
        // The second time as the first one was, under this time's boundary.
        const auto boundary = multipart.substr(2, 34), old = first.substr(2, 34);
        std::string again = first;
        for (std::size_t at = 0; (at = again.find(old, at)) != again.npos; at += 34) again.replace(at, 34, boundary);
        multipart = again;
    };
    CHECK(world.ask(question).soap);
    const auto again = world.ask(question);
    CHECK(again.code() == "server.serverproxy.invalid_request");
    CHECK(world.seen_by_service().size() == 3);
}
