// What a recorded message says of itself: a REST part, or a SOAP envelope with its header.
#include "certs/container/message_facts.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(message_facts) {
    const auto facts = container::read_message_facts(input);
    if (!facts) return;
    if (facts->kind != "rest" && facts->kind != "soap") std::abort();
    if (facts->direction != "request" && facts->direction != "response") std::abort();
    if (facts->kind == "rest" && !facts->signer()) std::abort();
}
