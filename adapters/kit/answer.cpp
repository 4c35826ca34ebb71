#include "adapters/kit/answer.hpp"

#include <fmt/format.h>

namespace onceway::kit {

std::string json_string(std::string_view text) {
    const bool valid = is_utf8(text);
    std::string out = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out.append(1, '\\').append(1, c);
        else if (octet < 0x20 || octet == 0x7f)
            out += fmt::format("\\u{:04x}", octet);
        else if (octet >= 0x80 && !valid)
            out += "\xef\xbf\xbd";
        else
            out += c;
    }
    return out += '"';
}

Answer refusal(int status, std::string_view type, std::string_view message, std::string_view detail) {
    Answer answer;
    answer.status = status;
    answer.body = fmt::format(R"({{"type":{},"message":{},"detail":{}}})", json_string("adapter." + std::string(type)),
                              json_string(message), json_string(detail));
    return answer;
}

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return "Unknown";
    }
}

}  // namespace onceway::kit
