#include "schemas/base/fault.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace onceway;

TEST_CASE("every fault has its own code in both spellings, and advice that is a sentence") {
    std::set<std::string_view> spellings, older;
    for (const auto& row : fault_table) {
        CAPTURE(row.spelling);
        CHECK(spelling(row.code) == row.spelling);
        CHECK(older_spelling(row.code) == row.older_spelling);
        CHECK(spellings.insert(row.spelling).second);
        CHECK(older.insert(row.older_spelling).second);
        REQUIRE_FALSE(row.advice.empty());
        CHECK(advice(row.code).back() == '.');
        CHECK(row.spelling.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos);
        CHECK(row.older_spelling.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.") ==
              std::string_view::npos);
    }
    CHECK(spelling(FaultCode::access_denied) == "access_denied");
    CHECK(older_spelling(FaultCode::access_denied) == "AccessDenied");
}

TEST_CASE("phases stand in front of the code, outermost first, each once") {
    const auto broken = fault(FaultCode::invalid_signature_value, "x");
    CHECK(broken.wire_code() == "invalid_signature_value");
    CHECK(broken.within("signature_verification").wire_code() == "signature_verification.invalid_signature_value");
    CHECK(broken.within("signature_verification").within("service_failed").wire_code() ==
          "service_failed.signature_verification.invalid_signature_value");
    CHECK(broken.within("service_failed").within("service_failed").wire_code() ==
          "service_failed.invalid_signature_value");
    CHECK(broken.within("invalid_signature").wire_code() == "invalid_signature.invalid_signature_value");
    CHECK(fault(FaultCode::service_failed, "").within("service_failed").wire_code() == "service_failed");
}
