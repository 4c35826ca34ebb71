// What a handler answers, and how it says no.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/message/http_head.hpp"

#include <string>
#include <string_view>

namespace onceway::kit {

struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    Octets body;
    message::Fields fields;  // further ones; no framing
};

/// An error: `{"type": "adapter.TYPE", "message": …, "detail": …}`, the members in which a security server tells its
/// own errors, so that a caller needs one reader for both. `message` is for people, `detail` for the next step.
Answer refusal(int status, std::string_view type, std::string_view message, std::string_view detail = {});

/// The reason phrase of a status, "Unknown" when there is none.
std::string_view reason_of(int status);

/// A JSON string with its quotes. Invalid UTF-8 is a bug of the caller and becomes U+FFFD.
std::string json_string(std::string_view text);

}  // namespace onceway::kit
