// Feeds foreign input to the server's own readers and says what they made of it.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "security-server/audit/with.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace onceway::audit {

/// `valid`: the server would take the input as authentic and well-formed, and act on `value`. `unknown`: the question
/// itself could not be understood.
struct Answer {
    std::string verdict;       // valid, invalid, unknown
    std::string code, reason;  // empty when valid
    boost::json::value value;  // null unless the kind has something to say
};

/// One kind of input and who reads it. Its values are described in docs/auditors/inspect.md.
struct Kind {
    std::string_view name, reads;
    Result<boost::json::value> (*inspect)(OctetsView data, With& with);
};
const std::vector<Kind>& kinds();
const Kind* find_kind(std::string_view name);

/// Never throws: what an inspector throws is an answer as well.
Answer inspect(const Kind& kind, OctetsView data, With with);

/// The answer as one JSON object: id, kind, verdict, code, reason, value, us.
boost::json::object to_json(const Answer& answer, const boost::json::value& id, std::string_view kind,
                            std::int64_t microseconds);

/// Text from outside as JSON may hold it: what is no UTF-8 becomes U+FFFD.
std::string json_text(std::string_view text);

// The inspectors, by what they read.
Result<boost::json::value> inspect_http_head(OctetsView data, With& with);
Result<boost::json::value> inspect_mime(OctetsView data, With& with);
Result<boost::json::value> inspect_xml(OctetsView data, With& with);
Result<boost::json::value> inspect_soap(OctetsView data, With& with);
Result<boost::json::value> inspect_wsdl(OctetsView data, With& with);
Result<boost::json::value> inspect_openapi(OctetsView data, With& with);
Result<boost::json::value> inspect_identifier(OctetsView data, With& with);
Result<boost::json::value> inspect_service_path(OctetsView data, With& with);
Result<boost::json::value> inspect_certificate_path(OctetsView data, With& with);
Result<boost::json::value> inspect_ocsp(OctetsView data, With& with);
Result<boost::json::value> inspect_timestamp(OctetsView data, With& with);
Result<boost::json::value> inspect_container(OctetsView data, With& with);
Result<boost::json::value> inspect_configuration(OctetsView data, With& with);
Result<boost::json::value> inspect_signature_value(OctetsView data, With& with);

}  // namespace onceway::audit
