// The one order in which the parts of a message may come. Rule: message-transport §3.7.2.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/message/http_head.hpp"

#include <string_view>

namespace onceway::transport {

/// What a part is by its content type.
enum class PartKind {
    ocsp,
    rest_request,
    rest_response,
    rest_body,
    multipart,
    chain_result,
    chain,
    signature,
    xml,
    xop,
    other
};

/// By the headers of a part; without a content type it is `other`.
PartKind kind_of(const message::Fields& headers);

/// What a part means at the place where it came.
enum class Place { ocsp, rest_message, soap_message, body, attachments, chain_result, chain, signature, late_fault };

/// Walks through the parts of one message.
class PartOrder {
public:
    /// The meaning of the next part. Faults: `invalid_content_type` for a part at the wrong place, `invalid_message`
    /// for one behind the signature.
    Result<Place> admit(PartKind kind);

private:
    enum class State { ocsp, rest, soap, body, attachments, chain_result, chain, signature, none } state_ = State::ocsp;
    bool soap_ = false;
};

}  // namespace onceway::transport
