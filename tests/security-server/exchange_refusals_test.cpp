// What a provider's server refuses, with which code, and what is left on disk.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

using Alter = std::function<void(Question&)>;

void set_field(message::Fields& fields, std::string_view name, std::string value) {
    for (auto& [known, content] : fields)
        if (same_ignoring_case(known, name)) content = value;
}
void drop_field(message::Fields& fields, std::string_view name) {
    std::erase_if(fields, [&](const auto& field) { return same_ignoring_case(field.first, name); });
}

/// The boundary that a multipart begins with, dashes included.
std::string delimiter(const std::string& body) { return body.substr(0, body.find("\r\n")); }

/// Takes the first part of this type out of a multipart.
void remove_part(std::string& body, std::string_view type) {
    const std::string line = delimiter(body);
    const auto header = body.find("content-type: " + std::string(type) + "\r\n");
    REQUIRE(header != std::string::npos);
    const auto begin = body.rfind(line, header), end = body.find(line, header);
    body.erase(begin, end - begin);
}
/// Puts a part in front of the first part of type `before`, or in front of the end.
void insert_part(std::string& body, std::string_view before, std::string_view type, std::string_view content) {
    const std::string line = delimiter(body);
    const auto header =
        before.empty() ? body.rfind(line) + line.size() : body.find("content-type: " + std::string(before) + "\r\n");
    REQUIRE(header != std::string::npos);
    body.insert(body.rfind(line, header),
                line + "\r\ncontent-type: " + std::string(type) + "\r\n\r\n" + std::string(content) + "\r\n");
}

std::string recorded_outcome(World& world, std::string_view id) {
    const auto found = world.provider_server.log->find(World::owner(), id);
    REQUIRE(found);
    return found->empty() ? "not accepted" : found->front().outcome;
}

}  // namespace

TEST_CASE("the access decision refuses with the first reason of its order, signed or not") {
    struct {
        const char* when;
        std::function<void(access::Client&)> change;
        std::string code, says;
    } const rows[] = {
        {"the service does not exist", [](auto& owner) { owner.services.front().code = "other"; }, "unknown_service",
         "permit"},
        {"the service is a SOAP service, without a right",
         [](auto& owner) {
             owner.services.front().type = access::ServiceType::wsdl;
             owner.rights.clear();
         },
         "service_type", "SOAP"},
        {"there is no right, and the service is disabled",
         [](auto& owner) {
             owner.rights.clear();
             owner.services.front().disabled = "moving house";
         },
         "access_denied", "no right"},
        {"the right is for another method", [](auto& owner) { owner.rights.front().method = "POST"; }, "access_denied",
         "GET"},
        {"the right is for another path", [](auto& owner) { owner.rights.front().path = "/2"; }, "access_denied",
         "path"},
        {"the right is the member's",
         [](auto& owner) { owner.rights.front().subject.client = {"ZA", "GOV", "101", std::nullopt}; }, "access_denied",
         "no right"},
        {"the service is disabled", [](auto& owner) { owner.services.front().disabled = "moving house"; },
         "service_disabled", "moving house"},
        {"the service is disabled without a notice", [](auto& owner) { owner.services.front().disabled = ""; },
         "service_disabled", "disabled"},
    };
    for (const auto& [when, change, code, says] : rows) SUBCASE(when) {
            World world;
            world.change_owner(change);
            // A signature that does not verify comes after all of these.
            world.alter_question = [](Question& question) {
                replace(question.body, "<ds:DigestValue>", "<ds:DigestValue>AAAA");
            };
            auto answer = world.get("/1", {{"X-Road-Id", "id-1"}});
            REQUIRE(answer);
            CHECK(answer->status == 500);
            CHECK(error_code(*answer) == "server.serverproxy." + code);
            CHECK(contains(answer->body, says));
            CHECK(world.seen_by_service().empty());
            CHECK(world.provider_server.records() == 1);  // the refusal
            CHECK(recorded_outcome(world, "id-1") == "not accepted");
            CHECK(world.consumer_server.records() == 1);  // the question
        }
}

TEST_CASE("a path with two readings is refused as access denied, even with a right to the whole service") {
    World world;
    for (const char* path : {"/a%2Fb", "/a%252e%252e/s", "/a..b", "/a%00b", "/%C0%AE/s", "/a%5Cb"}) {
        CAPTURE(path);
        auto answer = world.get(path);
        REQUIRE(answer);
        CHECK(error_code(*answer) == "server.serverproxy.access_denied");
    }
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a message is refused, with its code, when on its way") {
    struct {
        const char* what;
        Alter alter;
        std::string code;
        std::uint64_t records = 0;  // at the provider: whether a refusal was recorded
    } const rows[] = {
        {"its method was changed", [](Question& q) { q.head.method = "PUT"; }, "invalid_http_method"},
        {"x-hash-algorithm was removed", [](Question& q) { drop_field(q.head.fields, "x-hash-algorithm"); },
         "internal_error"},
        {"x-hash-algorithm became SHA-256",
         [](Question& q) { set_field(q.head.fields, "x-hash-algorithm", "SHA-256"); }, "internal_error"},
        {"its content type was removed", [](Question& q) { drop_field(q.head.fields, "Content-Type"); },
         "service_failed.invalid_content_type"},
        {"it became multipart/related",
         [](Question& q) { set_field(q.head.fields, "Content-Type", "multipart/related; boundary=x"); },
         "service_failed.invalid_content_type"},
        {"it became a bare XML document",
         [](Question& q) {
             set_field(q.head.fields, "Content-Type", "text/xml");
             q.body = "<a/>";
         },
         "service_failed.invalid_content_type"},
        {"the boundary was lost", [](Question& q) { set_field(q.head.fields, "Content-Type", "multipart/mixed"); },
         "service_failed.invalid_content_type"},
        {"x-road-message-type was removed", [](Question& q) { drop_field(q.head.fields, "x-road-message-type"); },
         "missing_soap"},
        {"x-road-message-type changed its case",
         [](Question& q) { set_field(q.head.fields, "x-road-message-type", "rest"); }, "missing_soap"},
        {"x-road-request-id was removed", [](Question& q) { drop_field(q.head.fields, "x-road-request-id"); },
         "internal_error", 1},
        {"all parts were removed", [](Question& q) { q.body = delimiter(q.body) + "--\r\n"; }, "internal_error"},
        {"its end was cut off", [](Question& q) { q.body.resize(q.body.size() - 20); },
         "service_failed.mime_parsing_failed"},
        {"its OCSP parts were removed", [](Question& q) { remove_part(q.body, "application/ocsp-response"); },
         "service_failed.ssl_authentication_failed"},
        {"an OCSP part became text",
         [](Question& q) {
             insert_part(q.body, "application/x-road-rest-request", "application/ocsp-response", "good");
         },
         "service_failed.io_error"},
        {"its message part was removed", [](Question& q) { remove_part(q.body, "application/x-road-rest-request"); },
         "service_failed.invalid_content_type"},
        {"an empty line came into its message part",
         [](Question& q) { replace(q.body, "\r\nx-road-id:", "\r\n\r\nx-road-id:"); }, "service_failed.internal_error"},
        {"a header of the connection came into its message part",
         [](Question& q) { replace(q.body, "\r\nx-road-id:", "\r\nHost:evil\r\nx-road-id:"); },
         "service_failed.internal_error"},
        {"its client became malformed", [](Question& q) { replace(q.body, "ZA/GOV/101/tax", "ZA/GOV/101/t x"); },
         "service_failed.internal_error"},
        {"its client became one of another server",
         [](Question& q) { replace(q.body, "X-Road-Client:ZA/GOV/101/tax", "X-Road-Client:ZA/GOV/202/roads"); },
         "service_failed.ssl_authentication_failed"},
        {"its client became one of another instance",
         [](Question& q) { replace(q.body, "X-Road-Client:ZA/GOV/101/tax", "X-Road-Client:XX/GOV/101/tax"); },
         "service_failed.internal_error"},
        {"its provider became one that is not ours", [](Question& q) { replace(q.body, "202/roads", "202/rails"); },
         "service_failed.unknown_member"},
        {"its signature was removed", [](Question& q) { remove_part(q.body, "signature/bdoc-1.0/ts"); },
         "missing_signature", 1},
        {"a part was put behind the signature", [](Question& q) { insert_part(q.body, "", "text/plain", "more"); },
         "service_failed.invalid_message"},
        {"its query was changed", [](Question& q) { replace(q.body, "?x=1", "?x=2"); },
         "signature_verification.invalid_signature_value", 1},
        {"a header was added", [](Question& q) { replace(q.body, "\r\nx-road-id:", "\r\nA:b\r\nx-road-id:"); },
         "signature_verification.invalid_signature_value", 1},
        {"a body was added",
         [](Question& q) { insert_part(q.body, "signature/bdoc-1.0/ts", "application/x-road-rest-body", "b"); },
         "signature_verification.malformed_signature.hashchain_unused_inputs", 1},
        {"the signature became no XML", [](Question& q) { replace(q.body, "<asic:XAdES", "<<asic:XAdES"); },
         "signature_verification.invalid_xml", 1},
    };
    for (const auto& [what, alter, code, records] : rows) SUBCASE(what) {
            World world;
            world.alter_question = alter;
            auto answer = world.get("/1?x=1");
            REQUIRE(answer);
            CHECK(error_code(*answer) == "server.serverproxy." + code);
            CHECK(world.seen_by_service().empty());
            CHECK(world.provider_server.records() == records);
        }
}

TEST_CASE("a message with a body is refused, with its code, when on its way") {
    struct {
        const char* what;
        Alter alter;
        std::string code;
    } const rows[] = {
        {"one octet of the body was changed", [](Question& q) { replace(q.body, "hello", "hellO"); },
         "signature_verification.malformed_signature.invalid_hash_chain"},
        {"an octet was appended to the body", [](Question& q) { replace(q.body, "hello", "hello!"); },
         "signature_verification.malformed_signature.invalid_hash_chain"},
        {"the body was removed", [](Question& q) { remove_part(q.body, "application/x-road-rest-body"); },
         "signature_verification.malformed_signature.invalid_reference"},
        {"the message part was changed", [](Question& q) { replace(q.body, "?x=1", "?x=2"); },
         "signature_verification.malformed_signature.invalid_hash_chain"},
        {"the hash chain was removed", [](Question& q) { remove_part(q.body, "application/hash-chain"); },
         "signature_verification.malformed_signature.invalid_reference"},
        {"both chain documents were removed",
         [](Question& q) {
             remove_part(q.body, "application/hash-chain-result");
             remove_part(q.body, "application/hash-chain");
         },
         "signature_verification.internal_error"},
        {"the chain was renamed", [](Question& q) { replace(q.body, "id=\"STEP0\"", "id=\"STEP1\""); },
         "signature_verification.malformed_signature.malformed_hash_chain"},
        {"the body came twice",
         [](Question& q) {
             insert_part(q.body, "application/hash-chain-result", "application/x-road-rest-body", "hello");
         },
         "service_failed.invalid_content_type"},
    };
    for (const auto& [what, alter, code] : rows) SUBCASE(what) {
            World world;
            world.alter_question = alter;
            auto answer = world.call("POST", World::target("?x=1"), {}, "hello");
            REQUIRE(answer);
            CHECK(error_code(*answer) == "server.serverproxy." + code);
            CHECK(world.seen_by_service().empty());
        }
}

TEST_CASE("the other server is refused, and nothing is recorded, when it") {
    World world;
    auto& keys = world.consumer_server.keys;
    const auto& leaf = keys.identity.chain.front();
    Alter alter;
    std::string code = "service_failed.ssl_authentication_failed", says;
    SUBCASE("brings an answer that says revoked") {
        keys.ocsp = {world.authority.ocsp(leaf, x509::Revocation::revoked)};
        says = "cert_validation";
    }
    SUBCASE("brings an answer that says unknown") {
        keys.ocsp = {world.authority.ocsp(leaf, x509::Revocation::unknown)};
        says = "cert_validation";
    }
    SUBCASE("brings an answer that is too old") {
        keys.ocsp = {world.authority.ocsp(leaf, x509::Revocation::good, std::chrono::minutes(61))};
        says = "incorrect_validation_info";
    }
    SUBCASE("brings an answer about another certificate") {
        keys.ocsp = {world.authority.ocsp(world.authority.authentication("other").certificate)};
        says = "cert_validation";
    }
    SUBCASE("brings an answer of a foreign responder") {
        keys.ocsp = {Authority("Foreign CA").ocsp(leaf)};
        says = "cert_validation";
    }
    SUBCASE("shows a signing certificate") {
        const auto other = world.authority.signing({"ZA", "GOV", "101"});
        keys.ocsp = {world.authority.ocsp(other.certificate)};
        alter = [other](Question& question) { question.certificates = {other.certificate}; };
        says = "not an authentication certificate";
    }
    SUBCASE("shows an expired certificate") {
        const auto other = world.authority.authentication("late", true);
        keys.ocsp = {world.authority.ocsp(other.certificate)};
        alter = [other](Question& question) { question.certificates = {other.certificate}; };
        says = "cannot_create_cert_path";
    }
    SUBCASE("shows a certificate that is not registered") {
        const auto other = world.authority.authentication("other");
        keys.ocsp = {world.authority.ocsp(other.certificate)};
        alter = [other](Question& question) { question.certificates = {other.certificate}; };
        says = "belongs to no server";
    }
    SUBCASE("shows a certificate of an authority that is not approved") {
        const Authority foreign("Foreign CA");
        const auto other = foreign.authentication("other");
        keys.ocsp = {foreign.ocsp(other.certificate)};
        alter = [other](Question& question) { question.certificates = {other.certificate}; };
        code = "service_failed.internal_error";
        says = "not approved";
    }
    world.alter_question = alter;
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy." + code);
    CHECK(contains(answer->body, says));
    CHECK(world.provider_server.records() == 0);
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a signature is refused when it") {
    World world;
    auto& signing = world.consumer_server.keys.signing;
    const identity::MemberId member{"ZA", "GOV", "101"};
    const auto with = [&](const Certified& certified, Octets ocsp) {
        signing.insert_or_assign(member,
                                 signature::SigningKey{certified.key, certified.certificate, {}, {std::move(ocsp)}});
    };
    std::string code;
    SUBCASE("was made with the certificate of another member") {
        const auto other = world.authority.signing({"ZA", "GOV", "999"});
        with(other, world.authority.ocsp(other.certificate));
        code = "incorrect_certificate";
    }
    SUBCASE("was made with an authentication certificate") {
        const auto other = world.authority.authentication("x");
        with(other, world.authority.ocsp(other.certificate));
        code = "malformed_signature";
    }
    SUBCASE("was made with an expired certificate") {
        const auto other =
            world.authority.issue({{"C", "ZA"}, {"O", "GOV"}, {"CN", "101"}}, x509::Profile::signing, true);
        with(other, world.authority.ocsp(other.certificate));
        code = "cannot_create_cert_path.internal_error";
    }
    SUBCASE("brings an answer that says revoked") {
        const auto other = world.authority.signing(member);
        with(other, world.authority.ocsp(other.certificate, x509::Revocation::revoked));
        code = "invalid_cert_path.cert_validation";
    }
    SUBCASE("brings an answer that is too old") {
        const auto other = world.authority.signing(member);
        with(other, world.authority.ocsp(other.certificate, x509::Revocation::good, std::chrono::minutes(61)));
        code = "invalid_cert_path.incorrect_validation_info";
    }
    SUBCASE("was made by an authority that is not approved") {
        const Authority foreign("Foreign CA");
        const auto other = foreign.signing(member);
        with(other, foreign.ocsp(other.certificate));
        code = "internal_error";
    }
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy.signature_verification." + code);
    CHECK(world.provider_server.records() == 1);
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("an expired configuration stops the provider's side") {
    World world;
    world.alter_question = [&](Question&) { world.set_view(world.shared(), true); };
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy.global_conf_outdated");
}

TEST_CASE("a provider without a signing key refuses before it looks at the other server") {
    World world;
    world.provider_server.keys.no_signing = true;
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy.service_failed.cannot_create_signature");
}

TEST_CASE("a request that cannot be recorded is not carried out") {
    World world;
    world.provider_server.log->admit_by(
        [] { return Result<void>(fault(FaultCode::timestamping_failed, "no stamps")); });
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy.logging_failed.timestamping_failed");
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("an answer that cannot be recorded does not leave, although the service ran") {
    World world;
    std::atomic<int> asked = 0;
    world.provider_server.log->admit_by([&] {
        return asked++ == 0 ? Result<void>() : Result<void>(fault(FaultCode::timestamping_failed, "no stamps"));
    });
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy.logging_failed.timestamping_failed");
    CHECK(world.seen_by_service().size() == 1);
    CHECK(world.consumer_server.records() == 1);
}

TEST_CASE("a large request that is refused early is read to its end, so that the reason arrives") {
    World world;
    world.provider_server.keys.no_signing = true;
    auto answer = world.call("POST", World::target(), {}, std::string(8'000'000, 'x'));
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy.service_failed.cannot_create_signature");
}

TEST_CASE("what calls itself SOAP and is no envelope is refused while it is read") {
    World world;
    world.alter_question = [](Question& q) {
        drop_field(q.head.fields, "x-road-message-type");
        replace(q.body, "application/x-road-rest-request", "text/xml");
    };
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(error_code(*answer) == "server.serverproxy.service_failed.invalid_soap");
}
