// RFC 3161 queries, responses and tokens.
#include "certs/timestamp/timestamp.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(timestamp) {
    (void)timestamp::read_query(input);
    const auto question = timestamp::Question::asked(Octets(64, 'x'), std::nullopt);
    if (question.judge(input, {})) std::abort();  // no authority is trusted
    if (timestamp::judge_token(input, "data", {}, true)) std::abort();
}
