// The small codes: Base64, hexadecimal, times, UTF-8.
#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(text) {
    if (const auto octets = from_base64(input); octets && to_base64(*octets) != input) std::abort();
    if (const auto octets = from_spaced_base64(input); octets && !from_base64(to_base64(*octets))) std::abort();
    if (from_base64(to_base64(input)).value() != input) std::abort();
    if (from_hex(to_hex(input)).value() != input) std::abort();
    if (const auto at = parse_rfc3339(input); at && parse_rfc3339(rfc3339(*at)).value() != *at) std::abort();
    (void)is_utf8(input);
}
