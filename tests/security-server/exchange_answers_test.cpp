// What a consumer's server refuses: questions of its information systems, other servers, and their answers.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include "schemas/message/fault_document.hpp"

#include <doctest/doctest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

using namespace onceway;
using namespace onceway::tests;

namespace {

using Alter = std::function<void(Reply&)>;

void set_field(message::Fields& fields, std::string_view name, std::string value) {
    for (auto& [known, content] : fields)
        if (same_ignoring_case(known, name)) content = value;
}
void drop_field(message::Fields& fields, std::string_view name) {
    std::erase_if(fields, [&](const auto& field) { return same_ignoring_case(field.first, name); });
}
void rename_field(message::Fields& fields, std::string_view from, std::string to) {
    for (auto& [name, value] : fields)
        if (name == from) name = to;
}
std::string delimiter(const std::string& body) { return body.substr(0, body.find("\r\n")); }
void remove_part(std::string& body, std::string_view type) {
    const std::string line = delimiter(body);
    const auto header = body.find("content-type: " + std::string(type) + "\r\n");
    REQUIRE(header != std::string::npos);
    const auto begin = body.rfind(line, header), end = body.find(line, header);
    body.erase(begin, end - begin);
}

}  // namespace

TEST_CASE("a question is refused before anything is sent, when") {
    struct {
        const char* what;
        std::string method, target;
        message::Fields fields;
        std::string code, says;
    } const rows[] = {
        {"the client is unknown",
         "GET",
         World::target(),
         {{"X-Road-Client", "ZA/GOV/101/toll"}},
         "unknown_member",
         "toll"},
        {"the client is the member of a registered one",
         "GET",
         World::target(),
         {{"X-Road-Client", "ZA/GOV/101"}},
         "unknown_member",
         "MEMBER:ZA/GOV/101"},
        {"the client differs in case",
         "GET",
         World::target(),
         {{"X-Road-Client", "ZA/gov/101/tax"}},
         "unknown_member",
         "gov"},
        {"the client has five segments",
         "GET",
         World::target(),
         {{"X-Road-Client", "ZA/GOV/101/tax/x"}},
         "internal_error",
         ""},
        {"the client is empty", "GET", World::target(), {{"X-Road-Client", ""}}, "internal_error", ""},
        {"the client holds an escaped slash",
         "GET",
         World::target(),
         {{"X-Road-Client", "ZA/GOV/101/t%2Fx"}},
         "internal_error",
         ""},
        {"the message id is empty", "GET", World::target(), {{"X-Road-Id", ""}}, "internal_error", "X-Road-Id"},
        {"the represented party is malformed",
         "GET",
         World::target(),
         {{"X-Road-Represented-Party", "a/b/c"}},
         "internal_error",
         ""},
        {"the server is malformed",
         "GET",
         World::target(),
         {{"X-Road-Security-Server", "ZA/GOV/202"}},
         "internal_error",
         ""},
        {"the server does not exist",
         "GET",
         World::target(),
         {{"X-Road-Security-Server", "ZA/GOV/202/ss9"}},
         "invalid_security_server",
         "ss9"},
        {"the server serves somebody else",
         "GET",
         World::target(),
         {{"X-Road-Security-Server", "ZA/GOV/101/ss1"}},
         "invalid_security_server",
         "ss1"},
        {"the provider is nobody's", "GET", "/r1/ZA/GOV/303/x/y", {}, "unknown_member", "303"},
        {"the target has no subsystem", "GET", "/r1/ZA/GOV/202/roads", {}, "internal_error", ""},
        {"the member code is blank", "GET", "/r1/ZA/GOV/%20/roads/permit", {}, "internal_error", ""},
        {"the path walks up", "GET", World::target("/a/../b"), {}, "internal_error", "dot segment"},
        {"the path walks up in escapes", "GET", World::target("/a/%2e%2E/b"), {}, "internal_error", "dot segment"},
        {"the path walks up with parameters", "GET", World::target("/a/..;x/b"), {}, "internal_error", "dot segment"},
        {"the path has an empty segment", "GET", World::target("//b"), {}, "internal_error", "empty segment"},
    };
    World world;
    for (const auto& [what, method, target, fields, code, says] : rows) {
        CAPTURE(what);
        auto answer = world.call(method, target, fields);
        REQUIRE(answer);
        CHECK(answer->status == 500);
        CHECK(error_code(*answer) == "server.clientproxy." + code);
        CHECK(contains(answer->body, says));
    }
    CHECK(world.consumer_server.records() == 0);
    CHECK(world.connections_seen == 0);
}

TEST_CASE("an error is JSON, or XML where the information system asks for it") {
    World world;
    const auto type_for = [&](const char* accept) {
        auto answer = world.get("", {{"X-Road-Client", "ZA/GOV/101/toll"}, {"Accept", accept}});
        REQUIRE(answer);
        return std::string(message::field(answer->fields, "Content-Type").value_or("")) + ' ' +
               answer->body.substr(0, 9);
    };
    CHECK(type_for("*/*") == "application/json {\"type\":\"");
    CHECK(type_for("text/xml;q=0.5") == "text/xml;charset=utf-8 <?xml ver");
    CHECK(type_for("a/b, application/xml") == "application/xml;charset=utf-8 <?xml ver");
    CHECK(type_for("text/*") == "text/xml;charset=utf-8 <?xml ver");
}

TEST_CASE("a missing client, a repeated one and what is no REST call get their own answers") {
    World world;
    const auto plain = [&](std::string method, std::string target, message::Fields fields) {
        channel::FetchRequest request{
            .method = std::move(method),
            .url = {.host = "127.0.0.1", .port = world.consumer_door->port(), .target = std::move(target)},
            .fields = std::move(fields)};
        auto answer = run(channel::fetch(std::move(request)));
        REQUIRE(answer);
        return *answer;
    };
    CHECK(error_code(plain("GET", World::target(), {})) == "server.clientproxy.invalid_client_identifier");
    CHECK(plain("GET", World::target(), {{"X-Road-Client", "ZA/GOV/101/tax"}, {"x-road-client", "ZA/GOV/101/tax"}})
              .status == 400);

    const auto soap = plain("POST", "/", {{"Content-Type", "text/xml"}, {"SOAPAction", "urn:x"}});
    CHECK(soap.status == 200);
    CHECK(message::field(soap.fields, "Content-Type").value_or("") == "text/xml;charset=utf-8");
    CHECK(message::field(soap.fields, "SOAPAction").value_or("absent") == "");
    auto read = message::read_soap_fault(soap.body);
    REQUIRE(read);
    REQUIRE(*read);
    CHECK((*read)->code == "client.invalid_soap_action");
    for (const char* target : {"/r2/ZA/GOV/202/roads/permit", "/R1/ZA/GOV/202/roads/permit", "/"}) {
        CAPTURE(target);
        const auto other = plain("GET", target, {});
        CHECK(other.status == 200);
        CHECK(contains(other.body, "<faultcode>client.invalid_http_method</faultcode>"));
    }
}

TEST_CASE("a question is refused, and nothing leaves, when") {
    World world;
    std::string code, says;
    std::uint64_t records = 0;
    SUBCASE("the configuration has expired") {
        world.set_view(world.shared(), true);
        code = "global_conf_outdated";
    }
    SUBCASE("every server of the provider is in maintenance") {
        auto shared = world.shared();
        shared.servers[1].maintenance = "back at noon";
        world.set_view(shared);
        code = "maintenance_mode";
        says = "back at noon";
    }
    SUBCASE("the client's member has no signing key") {
        world.consumer_server.keys.no_signing = true;
        code = "cannot_create_signature";
    }
    SUBCASE("there is no OCSP answer for our own certificate") {
        world.consumer_server.keys.no_ocsp = true;
        code = "cannot_create_signature";
    }
    SUBCASE("the provider's server does not answer") {
        auto shared = world.shared();
        shared.servers[1].address = leased_address();
        world.set_view(shared);
        code = "network_error";
    }
    SUBCASE("port 5577 of the provider's server does not answer") {
        world.consumer_server.peer_ocsp.unreachable = true;
        code = "ssl_authentication_failed";
        says = "5577";
    }
    SUBCASE("the provider's server has been revoked") {
        world.consumer_server.peer_ocsp.status = x509::Revocation::revoked;
        code = "ssl_authentication_failed.invalid_cert_path.cert_validation";
    }
    SUBCASE("the provider's server shows a certificate that is not registered") {
        auto shared = world.shared();
        shared.servers[1].auth_certificate_hashes = {Octets(32, 'x')};
        world.set_view(shared);
        code = "ssl_authentication_failed";
        says = "belongs to no server";
    }
    SUBCASE("the provider's server does not serve the provider") {
        auto shared = world.shared();
        auto other = shared.servers[1];
        other.id.code = "ss3";
        other.auth_certificate_hashes = {Octets(32, 'x')};
        shared.servers[1].clients.clear();
        shared.servers.push_back(other);
        world.set_view(shared);
        code = "ssl_authentication_failed";
        says = "belongs to no server";
    }
    SUBCASE("the question cannot be recorded") {
        world.consumer_server.log->admit_by(
            [] { return Result<void>(fault(FaultCode::timestamping_failed, "no stamps")); });
        code = "logging_failed.timestamping_failed";
    }
    auto answer = world.call("POST", World::target(), {}, "body");
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.clientproxy." + code);
    CHECK(contains(answer->body, says));
    CHECK(world.consumer_server.records() == records);
    CHECK(world.connections_seen == 0);
    CHECK(world.provider_server.records() == 0);
}

TEST_CASE("an answer is refused, and not delivered, when on its way") {
    struct {
        const char* what;
        Alter alter;
        std::string code;
        std::uint64_t records;  // at the consumer: the question, and the refused answer where it could be read
    } const rows[] = {
        {"its status became 201", [](Reply& r) { r.status = 201; }, "http_error", 1},
        {"its status became 503", [](Reply& r) { r.status = 503; }, "http_error", 1},
        {"its content type was removed", [](Reply& r) { drop_field(r.fields, "Content-Type"); }, "invalid_content_type",
         1},
        {"its content type was changed", [](Reply& r) { set_field(r.fields, "Content-Type", "application/json"); },
         "service_failed.invalid_content_type", 1},
        {"x-hash-algorithm was removed", [](Reply& r) { drop_field(r.fields, "x-hash-algorithm"); }, "internal_error",
         1},
        {"x-hash-algorithm changed its spelling",
         [](Reply& r) { rename_field(r.fields, "x-hash-algorithm", "X-Hash-Algorithm"); }, "internal_error", 1},
        {"x-hash-algorithm became SHA-256", [](Reply& r) { set_field(r.fields, "x-hash-algorithm", "SHA-256"); },
         "internal_error", 1},
        {"its message part was removed", [](Reply& r) { remove_part(r.body, "application/x-road-rest-response"); },
         "service_failed.invalid_content_type", 1},
        {"all its parts were removed", [](Reply& r) { r.body = delimiter(r.body) + "--\r\n"; }, "missing_rest", 1},
        {"its signature was removed", [](Reply& r) { remove_part(r.body, "signature/bdoc-1.0/ts"); },
         "missing_signature", 1},
        {"its end was cut off", [](Reply& r) { r.body.resize(r.body.size() - 9); },
         "service_failed.mime_parsing_failed", 1},
        {"the connection broke", [](Reply& r) { r.sent = false; }, "service_failed.network_error", 1},
        {"it became a question",
         [](Reply& r) { replace(r.body, "application/x-road-rest-response", "application/x-road-rest-request"); },
         "service_failed.internal_error", 1},
        {"its service became no identifier", [](Reply& r) { replace(r.body, "x-road-service:ZA/", "x-road-service:"); },
         "service_failed.internal_error", 1},
        {"it became XML that is no fault",
         [](Reply& r) {
             set_field(r.fields, "Content-Type", "text/xml;charset=utf-8");
             r.body =
                 "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><a/></e:Body></e:Envelope>";
         },
         "service_failed.invalid_message", 1},
        {"it became XML that is none",
         [](Reply& r) {
             set_field(r.fields, "Content-Type", "text/xml;charset=utf-8");
             r.body = "<e:Envelope";
         },
         "service_failed.invalid_soap", 1},
        {"its status line was changed", [](Reply& r) { replace(r.body, "\r\n200\r\n", "\r\n201\r\n"); },
         "signature_verification.malformed_signature.invalid_hash_chain", 2},
        {"one octet of its body was changed", [](Reply& r) { replace(r.body, "{\"ok\":true}", "{\"ok\":truE}"); },
         "signature_verification.malformed_signature.invalid_hash_chain", 2},
        {"its hash chain was removed", [](Reply& r) { remove_part(r.body, "application/hash-chain"); },
         "signature_verification.malformed_signature.invalid_reference", 2},
        {"its signature became no XML", [](Reply& r) { replace(r.body, "<asic:XAdES", "<<asic:XAdES"); },
         "signature_verification.invalid_xml", 2},
    };
    for (const auto& [what, alter, code, records] : rows) SUBCASE(what) {
            World world;
            world.alter_reply = alter;
            auto answer = world.get("", {{"X-Road-Id", "id-1"}});
            REQUIRE(answer);
            CHECK(error_code(*answer) == "server.clientproxy." + code);
            CHECK_FALSE(contains(answer->body, "\"ok\""));
            CHECK(world.connections_seen == 1);  // a question is never sent again
            CHECK(world.consumer_server.records() == records);
            CHECK(world.consumer_server.log->find(World::client(), "id-1")->size() == 1);
        }
}

TEST_CASE("an answer with status 500 counts as one with 200, and OCSP parts in front of it mean nothing") {
    World world;
    world.alter_reply = [](Reply& reply) {
        reply.status = 500;
        const std::string line = delimiter(reply.body);
        reply.body.insert(0, line + "\r\ncontent-type: application/ocsp-response\r\n\r\n" +
                                 std::string("\x30\x03\x0a\x01\x03", 5) + "\r\n");
    };
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(answer->status == 200);
}

TEST_CASE("a true answer to another question is refused as inconsistent, and recorded") {
    World world;
    std::optional<Reply> earlier;
    world.alter_reply = [&](Reply& reply) {
        if (earlier) reply = *earlier;
        earlier = reply;
    };
    const auto ask = [&](message::Fields fields) {
        auto answer = world.get("", std::move(fields));
        REQUIRE(answer);
        return *answer;
    };
    CHECK(ask({{"X-Road-Id", "id-1"}}).status == 200);
    const auto again = ask({{"X-Road-Id", "id-1"}});
    CHECK(error_code(again) == "server.clientproxy.inconsistent_response");
    CHECK(contains(again.body, "x-road-request-id"));
    const auto other = ask({{"X-Road-Id", "id-2"}});
    CHECK(contains(other.body, "x-road-id"));
    CHECK(world.consumer_server.records() == 6);
    CHECK(world.consumer_server.log->find(World::client(), "id-2")->size() == 1);
}

TEST_CASE("an answer that cannot be recorded is not delivered") {
    World world;
    std::atomic<int> asked = 0;
    world.consumer_server.log->admit_by([&] {
        return asked++ == 0 ? Result<void>() : Result<void>(fault(FaultCode::timestamping_failed, "no stamps"));
    });
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.clientproxy.logging_failed.timestamping_failed");
    CHECK(world.seen_by_service().size() == 1);
}

TEST_CASE("a fault of the other server reaches the information system as it is") {
    const WireFault old{"Server.ServerProxy.AccessDenied", "told & sold", "", "detail-1"};
    World world;
    SUBCASE("early, in place of the message") {
        world.alter_reply = [&](Reply& reply) {
            reply = {
                200, {{"Content-Type", "text/xml;charset=utf-8"}, {"SOAPAction", ""}}, message::write_soap_fault(old)};
        };
    }
    SUBCASE("late, in place of the signature") {
        world.alter_reply = [&](Reply& reply) {
            const auto part = reply.body.find("content-type: signature/bdoc-1.0/ts");
            reply.body = reply.body.substr(0, part) + "content-type: text/xml; charset=UTF-8\r\n\r\n" +
                         message::write_soap_fault(old) + "\r\n" + delimiter(reply.body) + "--\r\n";
        };
    }
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(answer->status == 400);
    CHECK(error_code(*answer) == old.code);
    CHECK(answer->body == R"({"type":"Server.ServerProxy.AccessDenied","message":"told & sold","detail":"detail-1"})");
    CHECK(world.consumer_server.records() == 1);
}

TEST_CASE("an information system that goes away midway leaves no trace, and the next one is served") {
    World world;
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket socket(context);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), world.consumer_door->port()});
    const std::string begun = "POST " + World::target() +
                              " HTTP/1.1\r\nHost: x\r\nX-Road-Client: ZA/GOV/101/tax\r\nContent-Length: 100\r\n\r\nabc";
    boost::asio::write(socket, boost::asio::buffer(begun));
    socket.close();
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(world.consumer_server.records() == 2);
    CHECK(world.seen_by_service().size() == 1);
}
