// The head check in front of every route, and chunked coding behind it.
#include "schemas/message/http_head.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(http_request) {
    const auto end = message::head_end(input);
    if (!end) return;
    const auto head = message::parse_request_head(input.substr(0, *end));
    if (!head) return;
    // What passes has one framing, and could be written again field by field.
    if (head->framing.kind == message::Framing::Kind::until_close) std::abort();
    std::string written;
    for (const auto& [name, value] : head->fields) message::append_field(written, name, value);
    message::ChunkedReader chunks;
    auto body = input.substr(*end);
    while (!body.empty()) {
        const auto step = chunks.take(body);
        if (!step || step->ended || (step->consumed == 0 && step->data.empty())) break;
        if (step->consumed > body.size()) std::abort();
        body.remove_prefix(step->consumed);
    }
}
