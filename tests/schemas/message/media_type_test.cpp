#include "schemas/message/mime.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::message;
using onceway::tests::contains;

TEST_CASE("a media type is read with its parameters") {
    const auto type = MediaType::parse("Multipart/Mixed; charset=UTF-8; Boundary=\"a b\\\"c\"; start-info=text/xml");
    REQUIRE(type);
    CHECK(type->base == "multipart/mixed");
    CHECK(type->parameters == Fields{{"charset", "UTF-8"}, {"boundary", "a b\"c"}, {"start-info", "text/xml"}});
    CHECK(type->parameter("CHARSET") == "UTF-8");
    CHECK(MediaType::parse("signature/bdoc-1.0/ts")->base == "signature/bdoc-1.0/ts");
    CHECK(MediaType::parse("text/xml;")->base == "text/xml");
    CHECK(MediaType::parse(" text/xml ; charset = utf-8 ")->parameter("charset") == "utf-8");
}

TEST_CASE("a content type is refused as invalid_content_type, with its reason, when it") {
    const struct {
        const char* why;
        std::string_view value, says;
    } wrong[] = {
        {"is empty", "", "names no type"},
        {"begins with a parameter", "; boundary=B", "names no type"},
        {"has no subtype", "text", "no type/subtype"},
        {"has an empty subtype", "text/", "no type/subtype"},
        {"has an empty type", "/xml", "no type/subtype"},
        {"has two equal parameters", "a/b; boundary=B; boundary=C", "boundary twice"},
        {"has two parameters that differ in case", "a/b; boundary=B; BOUNDARY=B", "boundary twice"},
        {"has a quote that does not close", "a/b; boundary=\"B", "does not close"},
        {"has a quote that ends in a backslash", "a/b; boundary=\"B\\", "does not close"},
        {"has text behind a quote", "a/b; boundary=\"B\"C", "does not belong"},
        {"lists two types", "a/b, c/d", "does not belong"},
        {"has a parameter without value", "a/b; boundary", "without value"},
        {"has an octet beyond ASCII",
         "a/b; boundary=\xa0"
         "B",
         "printable ASCII"},
        {"has a control character", "a/b; boundary=\x01", "printable ASCII"},
    };
    for (const auto& [why, value, says] : wrong) SUBCASE(why) {
            const auto type = MediaType::parse(value);
            REQUIRE_FALSE(type);
            CHECK(type.error().code == FaultCode::invalid_content_type);
            CHECK_MESSAGE(contains(type.error().detail, says), type.error().detail);
        }
}

TEST_CASE("a boundary has 1 to 70 characters of RFC 2046") {
    CHECK(*boundary_of("multipart/mixed; charset=UTF-8; boundary=xtopAbCd") == "xtopAbCd");
    CHECK(*boundary_of("multipart/related; boundary=\"=_(a) b\"") == "=_(a) b");
    CHECK(boundary_of("multipart/mixed; boundary=" + std::string(70, 'a')));
    const struct {
        const char* why;
        std::string value;
        FaultCode code;
        std::string_view says;
    } wrong[] = {
        {"no multipart", "text/xml; boundary=B", FaultCode::invalid_content_type, "no multipart"},
        {"no boundary", "multipart/mixed", FaultCode::mime_parsing_failed, "no boundary"},
        {"empty", "multipart/mixed; boundary=", FaultCode::mime_parsing_failed, "0 characters"},
        {"empty in quotes", "multipart/mixed; boundary=\"\"", FaultCode::mime_parsing_failed, "0 characters"},
        {"71 characters", "multipart/mixed; boundary=" + std::string(71, 'a'), FaultCode::mime_parsing_failed,
         "71 characters"},
        {"ends in a blank", "multipart/mixed; boundary=\"B \"", FaultCode::mime_parsing_failed, "RFC 2046"},
        {"an odd character", "multipart/mixed; boundary=\"B;\"", FaultCode::mime_parsing_failed, "RFC 2046"},
        {"two of them", "multipart/mixed; boundary=B; boundary=C", FaultCode::invalid_content_type, "twice"},
    };
    for (const auto& [why, value, code, says] : wrong) SUBCASE(why) {
            const auto boundary = boundary_of(value);
            REQUIRE_FALSE(boundary);
            CHECK(boundary.error().code == code);
            CHECK_MESSAGE(contains(boundary.error().detail, says), boundary.error().detail);
        }
}
