// The quick way through a hash chain: where it says yes, the parser's way must agree; and what we build must pass both.
#include "certs/signature/chain_scan.hpp"
#include "certs/signature/tree.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

namespace {

using namespace onceway;

const std::vector<signature::SignedPart> parts{{"/message.xml", Octets(64, 'x')}, {"/attachment1", Octets(64, 'y')}};

bool parser_agrees(OctetsView result, OctetsView chain) {
    return signature::check_chain(result, chain, "/sig-hashchain.xml", parts, {"/message.xml", "/attachment1"},
                                  signature::Mode::strict)
        .has_value();
}

/// A tree of as many messages as the first octet says, whose own place the second one says.
void check_own(unsigned char count, unsigned char place) {
    std::vector<std::vector<Octets>> inputs(count % 40 + 1, {Octets(64, 'z')});
    const std::size_t own = place % inputs.size();
    inputs[own] = {parts[0].sha512, parts[1].sha512};
    const auto tree = signature::build_tree(inputs);
    const auto result = message::write_hash_chain_result(tree.result);
    const auto chain = message::write_hash_chain(tree.chains[own]);
    const auto digest = signature::read_chain_result(result);
    if (!digest || !signature::leads_to(*digest, chain, parts) || !parser_agrees(result, chain)) std::abort();
}

}  // namespace

ONCEWAY_FUZZ(chain_scan) {
    if (input.size() == 2) check_own(static_cast<unsigned char>(input[0]), static_cast<unsigned char>(input[1]));
    const auto cut = input.find('\0');
    const auto result = input.substr(0, cut);
    const auto digest = signature::read_chain_result(result);
    if (const auto read = message::parse_hash_chain_result(result); digest && read && read->digest != *digest)
        std::abort();
    if (cut == OctetsView::npos || !digest) return;
    const auto chain = input.substr(cut + 1);
    if (signature::leads_to(*digest, chain, parts) && !parser_agrees(result, chain)) std::abort();
}
