// Multiparts for tests of readers: parts by type and octets, framed as a genuine writer does.
#pragma once

#include "schemas/message/mime.hpp"
#include "security-server/transport/message.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onceway::tests {

inline constexpr std::string_view boundary = "xtopAbCd";
using Part = std::pair<std::string_view, std::string>;

inline std::string multipart(const std::vector<Part>& parts) {
    message::MimeWriter writer{std::string(boundary)};
    std::string octets;
    for (const auto& [type, content] : parts) octets += writer.open_part(type) + content;
    return octets + writer.close();
}

inline const std::string request_part =
    "POST\r\n/r1/ZA/GOV/202/roads/permit/v1?x=1\r\nX-Road-Client:ZA/GOV/101/tax\r\nX-Road-Id:id-1\r\n"
    "x-road-request-id:7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11\r\n";
inline const std::string response_part =
    "200\r\nOK\r\nContent-Type:text/plain\r\nx-road-id:id-1\r\nx-road-client:ZA/GOV/101/tax\r\n"
    "x-road-service:ZA/GOV/202/roads/permit\r\nx-road-request-id:7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11\r\n"
    "x-road-request-hash:AAAA\r\n";
/// The outermost shape of an OCSP response: status tryLater, nothing else.
inline const std::string ocsp_part{"\x30\x03\x0a\x01\x03", 5};

inline std::vector<Part> request_parts() {
    namespace type = transport::part_type;
    return {{type::ocsp, ocsp_part},          {type::ocsp, ocsp_part},           {type::rest_request, request_part},
            {type::rest_body, "body\r\n"},    {type::chain_result, "<result/>"}, {type::chain, "<chain/>"},
            {type::signature, "<signature/>"}};
}

}  // namespace onceway::tests
