#include "security-server/transport/part_order.hpp"

#include "schemas/message/mime.hpp"
#include "security-server/transport/message.hpp"

#include <array>
#include <utility>

namespace onceway::transport {
namespace {

constexpr std::array<std::pair<std::string_view, PartKind>, 10> kinds{{
    {part_type::ocsp, PartKind::ocsp},
    {part_type::rest_request, PartKind::rest_request},
    {part_type::rest_response, PartKind::rest_response},
    {part_type::rest_body, PartKind::rest_body},
    {"multipart/mixed", PartKind::multipart},
    {part_type::chain_result, PartKind::chain_result},
    {part_type::chain, PartKind::chain},
    {part_type::signature, PartKind::signature},
    {"text/xml", PartKind::xml},
    {"application/xop+xml", PartKind::xop},
}};

Fault misplaced() {
    return fault(
        FaultCode::invalid_content_type,
        "Reading a message: a part has a content type that may not stand at its place. The order is OCSP answers, "
        "message, body, hash chain result, hash chain, signature.");
}

}  // namespace

PartKind kind_of(const message::Fields& headers) {
    const auto value = message::field(headers, "content-type");
    if (!value) return PartKind::other;
    for (const auto& [name, kind] : kinds)  // as every sender writes it
        if (*value == name) return kind;
    const auto type = message::MediaType::parse(*value);
    if (!type) return PartKind::other;
    for (const auto& [name, kind] : kinds)
        if (type->base == name) return kind;
    return PartKind::other;
}

Result<Place> PartOrder::admit(PartKind kind) {
    switch (state_) {
        case State::ocsp:
            if (kind == PartKind::ocsp) return Place::ocsp;
            [[fallthrough]];
        case State::rest:
            if (kind == PartKind::rest_request || kind == PartKind::rest_response) {
                state_ = State::body;
                return Place::rest_message;
            }
            [[fallthrough]];
        case State::soap:
            if (kind != PartKind::xml && kind != PartKind::xop) return misplaced();
            soap_ = true;
            state_ = State::attachments;
            return Place::soap_message;
        case State::body:
            if (kind == PartKind::rest_body) {
                state_ = State::chain_result;
                return Place::body;
            }
            [[fallthrough]];
        case State::attachments:
            if (kind == PartKind::multipart && soap_) {
                state_ = State::chain_result;
                return Place::attachments;
            }
            [[fallthrough]];
        case State::chain_result:
            if (kind == PartKind::chain_result) {
                state_ = State::chain;
                return Place::chain_result;
            }
            [[fallthrough]];
        case State::chain:
            if (kind == PartKind::chain) {
                state_ = State::signature;
                return Place::chain;
            }
            [[fallthrough]];
        case State::signature:
            if (kind != PartKind::signature && kind != PartKind::xml) return misplaced();
            state_ = State::none;
            return kind == PartKind::signature ? Place::signature : Place::late_fault;
        case State::none:
            break;
    }
    return fault(FaultCode::invalid_message, "Reading a message: a part follows the signature.");
}

}  // namespace onceway::transport
