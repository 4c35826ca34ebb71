// The quick reading of signature documents must never see what the parser does not: whatever it recognises, the parser
// reads as the same values, and canonicalises to the same octets.
#include "certs/signature/layout.hpp"
#include "certs/signature/reading.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

namespace {

using namespace onceway;

void compare(OctetsView document, bool by_chain) {
    const auto& layout = signature::SignatureLayout::of(by_chain);
    const auto texts = layout.read(document);
    if (!texts) return;
    const auto reading = signature::Reading::of(document, signature::Mode::strict);
    if (!reading) return;  // the texts between may still hold what no document may
    const auto info = reading->canonical_signed_info();
    if (!info || *info != layout.canonical_info(*texts)) std::abort();
    for (const auto& reference : reading->references()) {
        if (!reading->is_signed_properties(reference)) continue;
        const auto properties = reading->canonical_target(reference);
        if (!properties || *properties != layout.canonical_properties(*texts)) std::abort();
    }
    if (reading->signature_algorithm() != texts->algorithm) std::abort();
    if (const auto value = from_base64(texts->signature_value); value && *value != reading->value()) std::abort();
}

}  // namespace

ONCEWAY_FUZZ(signature_layout) {
    compare(input, true);
    compare(input, false);
}
