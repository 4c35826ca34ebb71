// Who may call which service: the matching of rights, in the form in which the call will be made.
#pragma once

#include "certs/x509/trust.hpp"
#include "schemas/base/result.hpp"
#include "security-server/access/state.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace onceway::access {

/// A service path split and decoded once, for matching; the raw path is what is forwarded, and after these refusals it
/// has only one reading. Refused: dot segments (plain, decoded, decoded twice, before path parameters), `..` anywhere,
/// empty inner segments, `%2F`, `%5C`, `%00`, controls, invalid UTF-8, incomplete escapes, and whatever must be escaped
/// in a path (`?`, `#`, `\`, blanks, octets of 0x80 and above). Faults: `access_denied`. Rule: threats row 8.
class ServicePath {
public:
    static Result<ServicePath> read(std::string_view raw);
    const std::string& raw() const { return raw_; }
    const std::string& decoded() const { return decoded_; }  // for matching; no segment holds a '/'

private:
    std::string raw_, decoded_;
};

/// Pattern language of message-transport §5.2: `*` within a segment (taking all it can), `**` across, `\*` and `\\`
/// literal. Takes at most pattern times path steps, whatever the two hold.
bool path_matches(std::string_view pattern, std::string_view decoded_path);
/// Method `*`, or equal ignoring case.
bool method_matches(std::string_view pattern, std::string_view method);

/// True when `subject`, as `owner` uses it in its rights, means exactly `caller`. Rule: message-transport §5.2.
bool means(const Subject& subject, const identity::ClientId& caller, const Client& owner, const x509::Trust& trust);

/// The first right of `owner` that opens `service_code` for `caller`; nullptr: none. The right is the endpoint that
/// operational monitoring reports.
const Right* right_for(const Client& owner, const identity::ClientId& caller, std::string_view service_code,
                       std::string_view method, const ServicePath& path, const x509::Trust& trust);

/// True when a right of `owner` opens `service_code` for `caller`.
bool may_call(const Client& owner, const identity::ClientId& caller, std::string_view service_code,
              std::string_view method, const ServicePath& path, const x509::Trust& trust);

}  // namespace onceway::access
