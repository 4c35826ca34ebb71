// Rows for `onceway-audit inspect`: an input, what accompanies it, and what the program has to say.
#pragma once

#include "certs/x509/certificate.hpp"
#include "tests/security-server/audit/program.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <string>
#include <vector>

namespace onceway::tests {

inline Ran inspect(const std::string& kind, const std::string& data, const boost::json::object& with) {
    return onceway_audit({"inspect", kind, "--json", "--with", boost::json::serialize(with)}, data);
}

inline boost::json::string base64(OctetsView octets) { return boost::json::string(to_base64(octets)); }
inline boost::json::string der_of(const x509::Certificate& certificate) { return base64(certificate.der()); }

/// What a row of a kind expects; `says` is a word of the reason, or of the value.
struct Row {
    std::string why, kind, data;
    boost::json::object with;
    std::string verdict, code, says;
};

inline void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.kind);
        CAPTURE(row.why);
        const Ran ran = inspect(row.kind, row.data, row.with);
        const auto answer = ran.line();
        CAPTURE(ran.out);
        CHECK(answer.at("verdict").as_string() == row.verdict);
        CHECK(answer.at("code").as_string() == row.code);
        CHECK(contains(ran.out, row.says));
        CHECK(ran.status == (row.verdict == "valid" ? 0 : row.verdict == "invalid" ? 1 : 2));
        CHECK(answer.at("kind").as_string() == row.kind);
        CHECK(answer.at("us").as_int64() >= 0);
        if (row.verdict != "valid") CHECK_FALSE(answer.at("reason").as_string().empty());
    }
}

}  // namespace onceway::tests
