// Absolute http and https addresses, read strictly.
#pragma once

#include "schemas/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace onceway::channel {

struct Url {
    bool tls = false;
    std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
    std::uint16_t port = 0;
    std::string target;  // path and query, beginning with '/'

    /// Only http and https, no user information, no fragment, port 1 to 65535, host not in an odd numeric form.
    /// Faults: `service_malformed_url`. Rule: threats row 19.
    static Result<Url> parse(std::string_view text);
    std::string authority() const;  // for the Host field; the default port is left out
    std::string text() const;
};

}  // namespace onceway::channel
