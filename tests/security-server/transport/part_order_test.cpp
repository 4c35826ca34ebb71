#include "security-server/transport/part_order.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using transport::PartKind;
using transport::PartOrder;
using transport::Place;

TEST_CASE("the content type of a part says what it is, in any case and with parameters") {
    struct {
        std::string_view type;
        PartKind kind;
    } const rows[] = {
        {"application/ocsp-response", PartKind::ocsp},
        {"application/x-road-rest-request", PartKind::rest_request},
        {"Application/X-Road-Rest-Response", PartKind::rest_response},
        {"application/x-road-rest-body", PartKind::rest_body},
        {"multipart/mixed; boundary=xatt", PartKind::multipart},
        {"application/hash-chain-result", PartKind::chain_result},
        {"application/hash-chain", PartKind::chain},
        {"signature/bdoc-1.0/ts", PartKind::signature},
        {"text/xml; charset=UTF-8", PartKind::xml},
        {"application/xop+xml; type=\"text/xml\"", PartKind::xop},
        {"text/plain", PartKind::other},
        {"text/xml; a=1; a=2", PartKind::other},
    };
    for (const auto& [type, kind] : rows) {
        CAPTURE(type);
        CHECK(transport::kind_of({{"Content-Type", std::string(type)}}) == kind);
    }
    CHECK(transport::kind_of({}) == PartKind::other);
}

TEST_CASE("parts are admitted in the order of the wire") {
    using enum PartKind;
    struct {
        const char* what;
        std::vector<PartKind> kinds;
    } const rows[] = {
        {"a request without a body, plainly signed", {ocsp, ocsp, rest_request, signature}},
        {"a request with a body", {ocsp, rest_request, rest_body, chain_result, chain, signature}},
        {"an answer without a body in a batch", {rest_response, chain_result, chain, signature}},
        {"an answer with OCSP parts, which mean nothing there", {ocsp, rest_response, signature}},
        {"a fault alone", {xml}},
        {"a fault in place of the signature", {rest_response, rest_body, xml}},
        {"a SOAP message with attachments", {ocsp, xml, multipart, chain_result, chain, signature}},
        {"a chain result without a chain, which the judge refuses", {rest_request, chain_result, signature}},
        {"a chain without its result, which the judge refuses", {rest_request, chain, signature}},
    };
    for (const auto& [what, kinds] : rows) SUBCASE(what) {
            PartOrder order;
            for (const auto kind : kinds) CHECK(order.admit(kind));
        }
}

TEST_CASE("a part is refused, with its code, when it") {
    using enum PartKind;
    struct {
        const char* why;
        std::vector<PartKind> before;
        PartKind part;
        FaultCode code;
    } const rows[] = {
        {"is a second body", {ocsp, rest_request, rest_body}, rest_body, FaultCode::invalid_content_type},
        {"is a body without a message", {ocsp}, rest_body, FaultCode::invalid_content_type},
        {"is a second message", {rest_request}, rest_request, FaultCode::invalid_content_type},
        {"is an OCSP answer behind the message", {rest_request}, ocsp, FaultCode::invalid_content_type},
        {"is a body behind the hash chain",
         {rest_request, chain_result, chain},
         rest_body,
         FaultCode::invalid_content_type},
        {"is a second hash chain", {rest_request, chain_result, chain}, chain, FaultCode::invalid_content_type},
        {"holds attachments of a REST message", {rest_request}, multipart, FaultCode::invalid_content_type},
        {"is something else in place of the message", {ocsp}, other, FaultCode::invalid_content_type},
        {"is a signature in place of the message", {ocsp}, signature, FaultCode::invalid_content_type},
        {"is something else in place of the signature", {rest_request}, other, FaultCode::invalid_content_type},
        {"follows the signature", {rest_request, signature}, signature, FaultCode::invalid_message},
        {"follows a fault", {rest_response, xml}, signature, FaultCode::invalid_message},
    };
    for (const auto& [why, before, part, code] : rows) SUBCASE(why) {
            PartOrder order;
            for (const auto kind : before) REQUIRE(order.admit(kind));
            const auto refused = order.admit(part);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == code);
        }
}
