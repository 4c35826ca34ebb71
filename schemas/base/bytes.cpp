#include "schemas/base/bytes.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace onceway {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum : std::uint8_t { not_a_digit = 0xff, white_space = 0xfe };

constexpr auto base64_values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(not_a_digit);
    for (std::size_t i = 0; i < base64_digits.size(); ++i)
        table[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::uint8_t>(i);
    for (unsigned char blank : {' ', '\t', '\r', '\n'}) table[blank] = white_space;
    return table;
}();

char* put_group(std::uint32_t group, char* to) {
    *to++ = static_cast<char>(group >> 16);
    *to++ = static_cast<char>(group >> 8);
    *to++ = static_cast<char>(group);
    return to;
}

/// Decodes groups of four digits from `at` on, as long as there is nothing but digits.
char* decode_whole_groups(std::string_view text, std::size_t& at, char* to) {
    const auto value = [&](std::size_t i) { return std::uint32_t{base64_values[static_cast<unsigned char>(text[i])]}; };
    for (; at + 4 <= text.size(); at += 4) {
        const auto a = value(at), b = value(at + 1), c = value(at + 2), d = value(at + 3);
        if ((a | b | c | d) > 63) break;
        to = put_group(a << 18 | b << 12 | c << 6 | d, to);
    }
    return to;
}

Result<Octets> decode_base64(std::string_view text, bool spaced) {
    Octets octets(text.size() / 4 * 3 + 3, '\0');
    char* to = octets.data();
    std::uint32_t group = 0;
    int digits = 0, padding = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (digits + padding == 0) to = decode_whole_groups(text, i, to);
        if (i == text.size()) break;
        const char c = text[i];
        const auto value = base64_values[static_cast<unsigned char>(c)];
        if (value == white_space && spaced) continue;
        if (c == '=' && digits + padding < 4 && digits >= 2) {
            ++padding;
            continue;
        }
        if (value >= white_space || padding > 0)
            return fault(FaultCode::invalid_argument, "Base64 holds a character that does not belong there");
        group = group << 6 | value;
        if (++digits == 4) {
            to = put_group(group, to);
            group = 0;
            digits = 0;
        }
    }
    octets.resize(static_cast<std::size_t>(to - octets.data()));
    if (digits == 0 && padding == 0) return octets;
    if (digits < 2 || digits + padding != 4)
        return fault(FaultCode::invalid_argument, "Base64 ends in the middle of a group");
    group <<= 6 * padding;
    if (group & ((1u << (8 * padding)) - 1))
        return fault(FaultCode::invalid_argument, "Base64 ends in bits that are not zero");
    octets += static_cast<char>(group >> 16);
    if (padding == 1) octets += static_cast<char>(group >> 8);
    return octets;
}

void ask_for_random(void* room, std::size_t size) {
    auto* at = static_cast<char*>(room);
    while (size > 0) {
        const auto got = ::getrandom(at, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) throw std::system_error(errno, std::generic_category(), "getrandom");
        at += got;
        size -= static_cast<std::size_t>(got);
    }
}

/// Identifiers and boundaries, of which every message needs some: the system is asked for many octets at a time, and
/// none is used twice.
void fill_random(void* room, std::size_t size) {
    struct Pool {
        std::array<char, 512> octets;
        std::size_t used = sizeof octets;
    };
    thread_local Pool pool;
    if (pool.used + size > pool.octets.size()) {
        ask_for_random(pool.octets.data(), pool.octets.size());
        pool.used = 0;
    }
    std::memcpy(room, pool.octets.data() + pool.used, size);
    pool.used += size;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string to_hex(OctetsView octets) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const unsigned char octet : octets) {
        text += digits[octet >> 4];
        text += digits[octet & 15];
    }
    return text;
}

Result<Octets> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return fault(FaultCode::invalid_argument, "hexadecimal has an odd number of digits");
    Octets octets;
    octets.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return fault(FaultCode::invalid_argument, "hexadecimal holds another character");
        octets += static_cast<char>(high << 4 | low);
    }
    return octets;
}

std::string to_base64(OctetsView octets) {
    std::string text((octets.size() + 2) / 3 * 4, '=');
    char* to = text.data();
    std::size_t i = 0;
    const auto octet = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(octets[at])}; };
    const auto put = [&](std::uint32_t six_bits) { *to++ = base64_digits[six_bits & 63]; };
    for (; i + 3 <= octets.size(); i += 3) {
        const auto group = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
        put(group >> 18);
        put(group >> 12);
        put(group >> 6);
        put(group);
    }
    if (const auto left = octets.size() - i; left > 0) {
        const auto group = octet(i) << 16 | (left == 2 ? octet(i + 1) << 8 : 0);
        put(group >> 18);
        put(group >> 12);
        if (left == 2) put(group >> 6);
    }
    return text;
}

Result<Octets> from_base64(std::string_view text) { return decode_base64(text, false); }
Result<Octets> from_spaced_base64(std::string_view text) { return decode_base64(text, true); }

std::string random_uuid() {
    std::array<unsigned char, 16> octets;
    fill_random(octets.data(), octets.size());
    octets[6] = static_cast<unsigned char>((octets[6] & 0x0f) | 0x40);
    octets[8] = static_cast<unsigned char>((octets[8] & 0x3f) | 0x80);
    std::string text = to_hex({reinterpret_cast<const char*>(octets.data()), octets.size()});
    for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
    return text;
}

std::string random_letters(std::size_t count) {
    static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string text;
    text.reserve(count);
    std::array<unsigned char, 48> pool;
    while (text.size() < count) {
        fill_random(pool.data(), pool.size());
        for (const auto octet : pool)
            if (octet < 208 && text.size() < count) text += letters[octet % 52];  // 208 = 4 × 52: no letter is favoured
    }
    return text;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

std::string to_lower(std::string_view text) {
    std::string lowered(text);
    for (auto& c : lowered) c = lower(c);
    return lowered;
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        if (std::uint64_t eight = 0; text.size() - i >= sizeof eight) {  // most text is ASCII
            std::memcpy(&eight, text.data() + i, sizeof eight);
            if ((eight & 0x8080808080808080) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t more = 0;
        std::uint32_t point = 0, least = 0;
        if (lead < 0x80) {
            ++i;
            continue;
        } else if (lead >> 5 == 0x6) {
            more = 1, point = lead & 0x1f, least = 0x80;
        } else if (lead >> 4 == 0xe) {
            more = 2, point = lead & 0x0f, least = 0x800;
        } else if (lead >> 3 == 0x1e) {
            more = 3, point = lead & 0x07, least = 0x10000;
        } else {
            return false;
        }
        if (text.size() - i <= more) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if (next >> 6 != 2) return false;
            point = point << 6 | (next & 0x3f);
        }
        if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
        i += more + 1;
    }
    return true;
}

}  // namespace onceway
