#include "certs/signature/chain_layout.hpp"

#include "certs/signature/names.hpp"
#include "schemas/message/hash_chain.hpp"

#include <fmt/format.h>

namespace onceway::signature {
namespace {

constexpr std::string_view dsig = "http://www.w3.org/2000/09/xmldsig#",
                           declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

}  // namespace

ChainLayout::ChainLayout(std::string_view hash, std::string_view ds) {
    const std::string_view first = hash.empty() ? message::hash_chain_namespace : dsig,
                           second = hash.empty() ? dsig : message::hash_chain_namespace;
    const std::string spaces = fmt::format(R"(xmlns="{}" xmlns:ns2="{}")", first, second);
    const std::string digest_end = fmt::format("</{}DigestValue>\n", ds);
    result_begin = fmt::format(
        "{}<{}HashChainResult URI=\"{}#STEP0\" {}>\n    <{}DigestMethod Algorithm=\"{}\"/>\n"
        "    <{}DigestValue>",
        declaration, hash, chain_name, spaces, ds, message::sha512_uri, ds);
    result_end = fmt::format("{}</{}HashChainResult>\n", digest_end, hash);
    begin = fmt::format("{}<{}HashChain {}>\n    <{}DefaultDigestMethod Algorithm=\"{}\"/>\n", declaration, hash,
                        spaces, hash, message::sha512_uri);
    step_begin = fmt::format("    <{}HashStep id=\"STEP", hash);
    step_named = "\">\n";
    value_begin = fmt::format("        <{}HashValue>\n            <{}DigestValue>", hash, ds);
    value_end = fmt::format("{}        </{}HashValue>\n", digest_end, hash);
    way_begin = fmt::format("        <{}StepRef URI=\"#STEP", hash);
    way_end = "\"/>\n";
    data_begin = fmt::format("        <{}DataRef URI=\"", hash);
    data_named = fmt::format("\">\n            <{}DigestValue>", ds);
    data_end = fmt::format("{}        </{}DataRef>\n", digest_end, hash);
    step_end = fmt::format("    </{}HashStep>\n", hash);
    end = fmt::format("</{}HashChain>\n", hash);
}

const std::array<ChainLayout, 2>& chain_layouts() {
    static const std::array both{ChainLayout("ns2:", ""), ChainLayout("", "ns2:")};
    return both;
}

}  // namespace onceway::signature
