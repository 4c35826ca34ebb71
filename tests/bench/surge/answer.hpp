// One HTTP answer in what was received so far: only what a load needs to know of it.
#pragma once

#include <string>
#include <string_view>

namespace onceway::bench {

struct Answer {
    enum class State { unfinished, whole, unreadable } state = State::unfinished;
    int status = 0;
    std::string error;  // the fault's code, as X-Road-Error says it; empty when nothing does
    bool last = false;  // the server closes after it
};

/// `received` begins with the answer. A body has a length; an answer without one is unreadable.
Answer read_answer(std::string_view received);

}  // namespace onceway::bench
