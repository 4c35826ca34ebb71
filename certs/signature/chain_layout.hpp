// The two layouts in which genuine servers write hash chain documents; the first is ours. Internal to `signature`: read
// by `chain_scan`, written by `batch`.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace onceway::signature {

/// The literal texts between what varies: numbers of steps, names of parts, and digests of SHA-512 in Base64.
struct ChainLayout {
    /// `hash` and `ds` are the prefixes of the two namespaces, "ns2:" and none.
    ChainLayout(std::string_view hash, std::string_view ds);

    std::string result_begin, result_end;          // around the digest
    std::string begin, end;                        // of a chain
    std::string step_begin, step_named, step_end;  // around the number of the step and its items
    std::string value_begin, value_end;            // around the digest of a sibling
    std::string way_begin, way_end;                // around the number of the next step
    std::string data_begin, data_named, data_end;  // around the name of a part, and its digest
};

inline constexpr std::size_t chain_digest_octets = 64, chain_digest_digits = 88;

/// XML-DSig as the default namespace, then the other one.
const std::array<ChainLayout, 2>& chain_layouts();

}  // namespace onceway::signature
