#include "tests/bench/surge/answer.hpp"

#include "schemas/message/http_head.hpp"

namespace onceway::bench {

Answer read_answer(std::string_view received) {
    const auto end = message::head_end(received);
    if (!end) return {};
    const auto head = message::parse_response_head(received.substr(0, *end));
    using Kind = message::Framing::Kind;
    if (!head || (head->framing.kind != Kind::length && head->framing.kind != Kind::none))
        return {.state = Answer::State::unreadable};
    if (received.size() - *end < head->framing.length) return {};
    const auto error = message::field(head->fields, "X-Road-Error");
    return {.state = Answer::State::whole,
            .status = head->status,
            .error = std::string(error.value_or("")),
            .last = !head->keep_alive};
}

}  // namespace onceway::bench
