// Signature documents, taken apart and judged.
#include "certs/signature/verify.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(signature) {
    (void)signature::outline(input);
    static const auto trust = x509::Trust::build("TEST", {});
    signature::Question question;
    question.signer = {"TEST", "GOV", "1"};
    question.parts = {{"/message.xml", Octets(64, 'x')}};
    question.signature = input;
    const auto verified = signature::verify(question, *trust, Instant{});
    if (verified) std::abort();  // nobody is trusted, so nothing may be valid
}
