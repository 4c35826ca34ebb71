// DER, read strictly and written: the few constructs that certificates, OCSP and time-stamps need octet by octet.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace onceway::keys::der {

/// Identifier octets of the types we meet.
enum Tag : std::uint8_t {
    boolean = 0x01,
    integer = 0x02,
    bit_string = 0x03,
    octet_string = 0x04,
    null = 0x05,
    object_identifier = 0x06,
    enumerated = 0x0a,
    utf8_string = 0x0c,
    printable_string = 0x13,
    utc_time = 0x17,
    generalized_time = 0x18,
    sequence = 0x30,
    set = 0x31,
};
/// Context-specific tags, primitive and constructed.
constexpr std::uint8_t context(int number) { return static_cast<std::uint8_t>(0x80 | number); }
constexpr std::uint8_t context_constructed(int number) { return static_cast<std::uint8_t>(0xa0 | number); }

/// One element: what it is, what it holds, and its octets as they stand.
struct Element {
    std::uint8_t tag = 0;
    OctetsView content, whole;
};

/// Walks the elements of one level. Definite, minimal lengths only; tag numbers below 31.
class Reader {
public:
    explicit Reader(OctetsView octets) : rest_(octets) {}
    bool at_end() const { return rest_.empty(); }
    OctetsView rest() const { return rest_; }
    /// The tag of the next element, 0 at the end.
    std::uint8_t peek() const { return rest_.empty() ? 0 : static_cast<std::uint8_t>(rest_.front()); }
    /// The next element; none when it is not whole DER, or not tagged as asked.
    std::optional<Element> next();
    std::optional<Element> next(std::uint8_t tag);
    /// The next element when it has this tag; an absent optional is no error.
    std::optional<Element> optional(std::uint8_t tag);

private:
    OctetsView rest_;
};

/// The magnitude of a non-negative INTEGER without leading zeros ("" for 0); none when negative or not minimal.
std::optional<OctetsView> unsigned_integer(const Element& element);
/// A small INTEGER or ENUMERATED.
std::optional<int> small_integer(const Element& element);
/// The octets of a BIT STRING without unused bits.
std::optional<OctetsView> whole_bits(const Element& element);
/// UTCTime or GeneralizedTime in UTC; a fraction counts to the millisecond.
std::optional<Instant> time(const Element& element);
/// "1.2.840.113549.1.1.1" of the content of an OBJECT IDENTIFIER; empty when malformed.
std::string oid_text(OctetsView content);

/// One element around `content`.
Octets element(std::uint8_t tag, OctetsView content);
/// Octets of an element around `content` octets; and its tag and length, written behind `into`, whose content follows.
std::size_t size_of_element(std::size_t content);
void begin_element(Octets& into, std::uint8_t tag, std::size_t content);
/// One element around several.
Octets element(std::uint8_t tag, std::initializer_list<OctetsView> contents);
/// INTEGER of a big-endian magnitude.
Octets unsigned_integer(OctetsView magnitude);
Octets small_integer(int value, std::uint8_t tag = integer);
Octets bits(OctetsView octets);
Octets write_time(Instant at, bool with_fraction = false);

}  // namespace onceway::keys::der
