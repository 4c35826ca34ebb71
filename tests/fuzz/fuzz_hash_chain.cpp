// Hash chain documents, and the evaluation of a chain against its result.
#include "certs/signature/verify.hpp"
#include "schemas/message/hash_chain.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(hash_chain) {
    if (const auto chain = message::parse_hash_chain(input)) {
        const auto again = message::parse_hash_chain(message::write_hash_chain(*chain));
        if (!again || again->steps.size() != chain->steps.size()) std::abort();
    }
    (void)message::parse_hash_chain_result(input);
    const auto cut = input.find('\0');
    if (cut == OctetsView::npos) return;
    const std::vector<signature::SignedPart> parts{{"/message.xml", Octets(64, 'x')},
                                                   {"/attachment1", Octets(64, 'y')}};
    (void)signature::check_chain(input.substr(0, cut), input.substr(cut + 1), "/sig-hashchain.xml", parts,
                                 {"/message.xml", "/attachment1"}, signature::Mode::strict);
}
