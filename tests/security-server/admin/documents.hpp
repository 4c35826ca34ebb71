// Documents that a test gives in place of a network, and counts who reads them.
#pragma once

#include "security-server/admin/proposal.hpp"
#include "tests/security-server/descriptions/samples.hpp"

#include <map>
#include <string>

namespace onceway::tests {

struct GivenDocuments {
    const identity::ServerId server{{"ZA", "GOV", "202"}, "ss1"};
    access::State now;
    std::map<std::string, std::string> documents;  // by address
    int reads = 0;
    std::string at = "2026-02-02T10:15:30.000Z";

    static descriptions::Document document(const std::string& octets) {
        return {octets, octets.starts_with('{') ? "application/json" : "text/xml"};
    }
    std::string digest_of(const std::string& url) const { return document(documents.at(url)).sha256(); }

    admin::Ground ground() {
        auto read = [this](const descriptions::Wanted& wanted) -> Result<descriptions::Content> {
            ++reads;
            const auto found = documents.find(wanted.url);
            if (found == documents.end()) return fault(FaultCode::http_error, "no document at " + wanted.url);
            return descriptions::read_content(wanted, document(found->second), {});
        };
        return {now, server, read, at};
    }
};

/// One line for each warning.
inline std::string told(const std::vector<descriptions::Warning>& warnings) {
    std::string all;
    for (const auto& warning : warnings) {
        all += warning.code + ':';
        for (const auto& one : warning.about) all += ' ' + one;
        all += '\n';
    }
    return all;
}

}  // namespace onceway::tests
