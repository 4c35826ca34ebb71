#include "security-server/transport/evidence.hpp"

#include <algorithm>

namespace onceway::transport {
namespace {

bool is_token(std::string_view name) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view value) {
    return std::ranges::none_of(value, [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return (octet < 0x20 && c != '\t') || octet == 0x7f;
    });
}

}  // namespace

records::Record record_of(records::Side side, records::Direction direction, const message::Facts& facts,
                          std::string_view request_id, const Message& message, Instant at, std::string_view outcome) {
    records::Record record{.side = side,
                           .direction = direction,
                           .client = facts.client,
                           .service = facts.service,
                           .message_id = facts.id,
                           .request_id = std::string(request_id),
                           .outcome = std::string(outcome),
                           .language = facts.language,
                           .message = message.part,
                           .body = message.body,
                           .seal = message.seal,
                           .at = at};
    return record;
}

Result<void> check_fields(const message::Fields& fields) {
    for (const auto& [name, value] : fields) {
        if (!is_token(name))
            return fault(FaultCode::internal_error, "A message part holds a header whose name is not one of HTTP's.");
        if (!is_field_value(value))
            return fault(FaultCode::internal_error,
                         "The header '" + name + "' of a message part holds a control character.");
    }
    return {};
}

}  // namespace onceway::transport
