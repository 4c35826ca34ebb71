// Signed configurations for tests: valid by default, and altered in the one way that a test is about.
#pragma once

#include "certs/channel/client.hpp"
#include "certs/keys/digest.hpp"
#include "security-server/registry-view/verification.hpp"
#include "tests/support/certificates.hpp"

#include <map>
#include <string>
#include <vector>

namespace onceway::tests {

inline constexpr std::string_view sha512_uri = "http://www.w3.org/2001/04/xmlenc#sha512";

/// A configuration-signing certificate; by default expired long ago, as a configuration proxy's is.
const Identity& configuration_signer(int number = 0);

/// One content part of a directory, header lines as they are written.
struct PartText {
    std::string identifier, octets, location;
    std::string instance = "'TEST'";  // with its quotes
    std::string content_type = "application/octet-stream", encoding = "base64";
    std::string digest_uri{sha512_uri};
    keys::Digest digest = keys::Digest::sha512;
    std::string left_out;  // a header name that is not written
};

/// A signed directory in the form of global-configuration §2.4, or nearly.
struct DirectoryText {
    std::string expires = "2026-02-02T10:25:30Z";  // ten minutes after test_time()
    std::string version = "6";                     // empty: no field
    std::vector<PartText> parts;
    std::string eol = "\r\n";
    bool blank_line_after_head = false, lower_case = false;
    int signer = 0;
    std::string algorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512";
    std::string hash_uri{sha512_uri};
    keys::Digest hash = keys::Digest::sha512;
    bool proxy_form = false;  // bare LF after the outer header, unquoted hash-algorithm-id

    std::string name(std::string_view field) const;
    std::string field(std::string_view field, std::string_view value) const;
    std::string part(const PartText& part) const;
    std::string signed_octets() const;

    /// The whole body over `content`, which is what was signed unless the test says otherwise.
    std::string body_of(const std::string& content, std::string_view charset = "UTF-8") const;
    std::string body() const;

    std::map<std::string, Octets> files() const;
};

registry::SharedParameters plain_shared(std::string instance = "TEST");
registry::PrivateParameters plain_private(std::string instance = "TEST");

/// Private and shared parameters of one instance.
DirectoryText plain_directory(const std::string& instance = "TEST");

registry_view::Source plain_source(const std::string& instance = "TEST");
registry::Anchor plain_anchor(std::string url = "http://registry.test/internalconf");

}  // namespace onceway::tests
