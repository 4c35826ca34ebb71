// The head of an answer from a peer, a provider, a responder.
#include "schemas/message/http_head.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(http_response) {
    const auto end = message::head_end(input);
    if (!end) return;
    if (*end > input.size()) std::abort();
    const auto head = message::parse_response_head(input.substr(0, *end));
    if (head && (head->status < 100 || head->status > 999)) std::abort();
}
