// listMethods, allowedMethods and getWsdl: what a server tells in SOAP about the services behind it.
#include "certs/keys/digest.hpp"
#include "tests/security-server/soap_peer.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <regex>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// A question to the server itself; `content` stands in its body element.
PeerQuestion asking(const std::string& code, const std::string& content = "") {
    PeerQuestion question;
    question.envelope = soap_request({.service = code, .version = "", .content = content});
    return question;
}
PeerQuestion asking_wsdl(const std::string& code, const std::string& version = "v1") {
    std::string content = "<serviceCode>" + code + "</serviceCode>";
    if (!version.empty()) content += "<serviceVersion>" + version + "</serviceVersion>";
    return asking("getWsdl", content);
}

std::string as_listed(const std::string& code, const std::string& version) {
    std::string text = R"(<xrd:service id:objectType="SERVICE"><id:xRoadInstance>ZA</id:xRoadInstance>)"
                       "<id:memberClass>GOV</id:memberClass><id:memberCode>202</id:memberCode>"
                       "<id:subsystemCode>roads</id:subsystemCode><id:serviceCode>" +
                       code + "</id:serviceCode>";
    if (!version.empty()) text += "<id:serviceVersion>" + version + "</id:serviceVersion>";
    return text + "</xrd:service>";
}

/// What stands in the body of a list.
std::string listed(const PeerReply& reply) {
    REQUIRE_MESSAGE(reply.message, reply.body);
    const auto& part = reply.message->part;
    const auto begin = part.find('>', part.find("MethodsResponse ")) + 1, end = part.rfind("</xrd:");
    const auto list_end = part.rfind("</xrd:", part.find("</soapenv:Body>"));
    CHECK(end >= list_end);
    return list_end < begin ? "" : part.substr(begin, list_end - begin);
}

const std::string wsdl =
    R"(<?xml version="1.0"?><!-- inside: 10.0.0.1 --><definitions xmlns="http://schemas.xmlsoap.org/wsdl/")"
    R"( xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="http://schemas.xmlsoap.org/wsdl/soap12/">)"
    R"(<service name="a"><port name="p"><s:address location="http://10.0.0.1/soap"/></port>)"
    R"(<port name="q"><t:address location="http://10.0.0.1/soap12"/></port></service></definitions>)";

/// The provider's service has its WSDL at the door of the information system.
void publish(ProviderWorld& world, std::string document = wsdl, int status = 200) {
    world.change_service([&](access::Service& service) {
        service.description = "http://127.0.0.1:" + std::to_string(world.service_door->port()) + "/permit.wsdl";
    });
    message::Fields fields{{"Content-Type", "text/xml"}};
    if (status == 302) fields.emplace_back("Location", "/elsewhere.wsdl");
    world.answer_with({status, std::move(fields), std::move(document)});
}

}  // namespace

TEST_CASE("SOAP's listMethods names every WSDL service of the provider with its version, those that are disabled too") {
    ProviderWorld world;
    world.change_owner([](access::Client& owner) {
        auto more = owner.services.back();
        more.version.reset();
        more.disabled = "Out of order";
        owner.services.push_back(more);
        more.code = "R&D";
        more.version = "";
        owner.services.push_back(more);
        owner.services.push_back({.code = "pets", .type = access::ServiceType::openapi, .disabled = {}});
        owner.rights.clear();  // nobody needs one
    });
    const auto reply = world.ask(asking("listMethods"));
    CHECK(listed(reply) == as_listed("getPermit", "v1") + as_listed("getPermit", "") +
                               R"(<xrd:service id:objectType="SERVICE"><id:xRoadInstance>ZA</id:xRoadInstance>)"
                               "<id:memberClass>GOV</id:memberClass><id:memberCode>202</id:memberCode>"
                               "<id:subsystemCode>roads</id:subsystemCode><id:serviceCode>R&amp;D</id:serviceCode>"
                               "<id:serviceVersion></id:serviceVersion></xrd:service>");
    CHECK(reply.soap->wrapper == "listMethodsResponse");
    CHECK(reply.soap->wrapper_space == message::xroad_space);
    CHECK(reply.field("x-original-content-type") == "text/xml; charset=UTF-8");
    CHECK(reply.message->type == "text/xml; charset=UTF-8");
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a member has services of its own, and those of its subsystems are not among them") {
    ProviderWorld world;
    auto state = world.provider_server.state();
    access::Client member{.id = {"ZA", "GOV", "202", {}}};
    member.services.push_back({.code = "getMember", .type = access::ServiceType::wsdl, .disabled = {}});
    state.clients.push_back(std::move(member));
    world.provider_server.set_state(std::move(state));
    PeerQuestion question;
    question.envelope = soap_request({.provider = "ZA/GOV/202", .service = "listMethods", .version = ""});
    CHECK(listed(world.ask(question)) ==
          R"(<xrd:service id:objectType="SERVICE"><id:xRoadInstance>ZA</id:xRoadInstance>)"
          "<id:memberClass>GOV</id:memberClass><id:memberCode>202</id:memberCode>"
          "<id:serviceCode>getMember</id:serviceCode></xrd:service>");
}

TEST_CASE("what a server tells about itself is signed and recorded like any other answer") {
    ProviderWorld world;
    const auto question = asking("listMethods");
    const auto reply = world.ask(question);
    REQUIRE_MESSAGE(reply.soap, reply.body);
    CHECK(reply.message->seal.signature);
    CHECK(message::check_request_hash(reply.soap->header, keys::sha512(question.envelope)));
    auto asked = message::read_soap(question.envelope);
    REQUIRE(asked);
    CHECK(message::check_same_exchange(asked->header, reply.soap->header));
    CHECK(world.provider_server.records() == 2);
}

TEST_CASE("SOAP's allowedMethods names a service as long as a right on it is given, in whatever way") {
    ProviderWorld world;
    auto shared = world.shared();
    shared.groups.push_back({"callers", "who may call", {World::client()}});
    world.set_view(std::move(shared));
    const auto told_with = [&](std::vector<access::Right> rights) {
        world.change_owner([&](access::Client& owner) {
            owner.groups = {{"friends", "of the roads", {World::client()}}};
            owner.rights = std::move(rights);
        });
        return listed(world.ask(asking("allowedMethods")));
    };
    using Kind = access::Subject::Kind;
    const access::Subject client{.kind = Kind::client, .client = World::client()};
    const access::Subject global{.kind = Kind::global_group, .client = {}, .instance = "ZA", .group = "callers"};
    const access::Subject local{.kind = Kind::local_group, .client = {}, .instance = {}, .group = "friends"};
    const access::Subject stranger{.kind = Kind::client, .client = {"ZA", "GOV", "101", "customs"}};
    for (const auto& subject : {client, global, local})
        CHECK(told_with({{subject, "getPermit"}}) == as_listed("getPermit", "v1"));
    CHECK(told_with({{stranger, "getPermit"}}).empty());
    CHECK(told_with({{client, "permit"}}).empty());  // a right on a REST service
    CHECK(told_with({}).empty());
}

TEST_CASE("whoever has no right at all may ask what services there are, which it may use, and how they are described") {
    ProviderWorld world;
    publish(world);
    world.change_owner([](access::Client& owner) { owner.rights.clear(); });
    for (const auto& question : {asking("listMethods"), asking("allowedMethods"), asking_wsdl("getPermit")})
        CHECK(world.ask(question).soap);
}

TEST_CASE("a provider who is not registered here has nothing to tell") {
    ProviderWorld world;
    for (const char* code : {"listMethods", "allowedMethods", "getWsdl"}) {
        PeerQuestion question;
        question.envelope = soap_request({.provider = "ZA/GOV/202/rails", .service = code, .version = ""});
        CHECK(world.ask(question).code() == "server.serverproxy.service_failed.unknown_member");
    }
}

TEST_CASE("getWsdl attaches the WSDL as it is published now, its addresses hidden, all else unchanged") {
    ProviderWorld world;
    publish(world);
    world.change_owner([](access::Client& owner) { owner.rights.clear(); });
    const auto reply = world.ask(asking_wsdl("getPermit"));
    REQUIRE_MESSAGE(reply.soap, reply.body);
    CHECK(reply.soap->wrapper == "getWsdlResponse");
    CHECK(contains(reply.message->part, "serviceCode>getPermit</"));
    CHECK(contains(reply.message->part, "serviceVersion>v1</"));
    CHECK(reply.message->type == "text/xml; charset=UTF-8");
    const std::regex type(R"re(multipart/related; type="text/xml"; charset=UTF-8; boundary=[A-Za-z]{30})re");
    CHECK(std::regex_match(reply.field("x-original-content-type"), type));

    const auto attachments = reply.attachments();
    REQUIRE(attachments.size() == 1);
    CHECK(attachments.front().type == "text/xml");
    CHECK(message::field(attachments.front().headers, "Content-Transfer-Encoding") == "binary");
    const std::regex id("<wsdl=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@x-road\\.eu>");
    CHECK(std::regex_match(std::string(message::field(attachments.front().headers, "Content-ID").value_or("")), id));
    auto hidden = wsdl;
    replace(hidden, "location=\"http://10.0.0.1/soap\"", "location=\"http://example.org/xroad-endpoint\"");
    CHECK(attachments.front().octets == hidden);

    // Downloaded anew for each question.
    publish(world, "<definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\"/>");
    const auto later = world.ask(asking_wsdl("getPermit"));
    CHECK(later.attachments().front().octets == "<definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\"/>");
    CHECK(world.seen_by_service().size() == 2);
    CHECK(world.seen_by_service().back().head.method == "GET");
    CHECK(world.seen_by_service().back().head.target == "/permit.wsdl");
}

TEST_CASE("getWsdl is refused, with its reason, when") {
    ProviderWorld world;
    publish(world);
    const struct {
        const char* what;
        PeerQuestion question;
        std::string_view code, says;
    } rows[] = {
        {"no service is named", asking("getWsdl"), "invalid_request", "Missing serviceCode in message body"},
        {"the name is blank", asking_wsdl(" \n"), "invalid_request", "Missing serviceCode"},
        {"there is no such service", asking_wsdl("getOther"), "unknown_service", "getOther/v1"},
        {"there is none of this version", asking_wsdl("getPermit", "v2"), "unknown_service", "getPermit/v2"},
        {"there is none without version", asking_wsdl("getPermit", ""), "unknown_service", "getPermit does"},
        {"it is a REST service", asking_wsdl("permit", ""), "service_type", "REST service"},
    };
    for (const auto& [what, question, code, says] : rows) {
        CAPTURE(what);
        const auto reply = world.ask(question);
        CHECK(reply.code() == "server.serverproxy." + std::string(code));
        REQUIRE(reply.fault);
        CHECK_MESSAGE(contains(reply.fault->text, says), reply.fault->text);
        CHECK_FALSE(reply.late);
    }
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a WSDL that cannot be had, or not be told safely, is an internal error, when") {
    const std::string doctype = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>";
    const struct {
        const char* what;
        std::string document;
        int status;
        std::string_view says;
    } rows[] = {
        {"it has moved", wsdl, 302, "status 302"},
        {"it is not there", wsdl, 404, "status 404"},
        {"its system is out of order", wsdl, 500, "status 500"},
        {"it is no XML", "not found", 200, ""},
        {"it declares entities", doctype, 200, "DOCTYPE"},
        {"it is longer than 10 MiB", "<a>" + std::string(10 * 1024 * 1024, ' ') + "</a>", 200, ""},
    };
    ProviderWorld world;
    for (const auto& [what, document, status, says] : rows) {
        CAPTURE(what);
        publish(world, document, status);
        const auto before = world.seen_by_service().size();
        const auto reply = world.ask(asking_wsdl("getPermit"));
        CHECK(reply.code() == "server.serverproxy.internal_error");
        REQUIRE(reply.fault);
        CHECK_MESSAGE(contains(reply.fault->text, says), reply.fault->text);
        CHECK(world.seen_by_service().size() == before + 1);  // nothing is followed, nothing repeated
    }
    world.change_service([](access::Service& service) { service.description = "http://169.254.169.254/a.wsdl"; });
    CHECK(contains(world.ask(asking_wsdl("getPermit")).fault->text, "169.254"));
    world.change_service([](access::Service& service) { service.description.clear(); });
    CHECK(world.ask(asking_wsdl("getPermit")).code() == "server.serverproxy.internal_error");
}

TEST_CASE("a WSDL over TLS is fetched under the service's own setting") {
    ProviderWorld world;
    const auto own = world.authority.authentication("service"), other = world.authority.authentication("other");
    auto door = world.open_service_over_tls(own);
    const auto with = [&](std::vector<x509::Certificate> registered, bool verify) {
        publish(world);
        world.change_owner([&](access::Client& owner) {
            owner.services.back().description = "https://127.0.0.1:" + std::to_string(door->port()) + "/a.wsdl";
            owner.services.back().verify_certificate = verify;
            owner.certificates = std::move(registered);
        });
        return world.ask(asking_wsdl("getPermit")).code();
    };
    CHECK(with({own.certificate}, true) == "none");
    CHECK(with({other.certificate}, false) == "none");
    CHECK(with({other.certificate}, true) == "server.serverproxy.internal_error");
    CHECK(with({}, true) == "server.serverproxy.internal_error");
    CHECK(world.seen_by_service().size() == 2);
    door.reset();
}
