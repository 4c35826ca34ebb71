#include "certs/keys/der.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace onceway::keys::der {
namespace {

constexpr std::size_t highest_length_octets = 4;

std::optional<int> two_digits(OctetsView text, std::size_t at) {
    if (at + 2 > text.size()) return {};
    const char tens = text[at], ones = text[at + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return {};
    return (tens - '0') * 10 + (ones - '0');
}

// ".5Z" has 500 milliseconds; none when what stands there is no fraction that ends in 'Z'.
std::optional<int> milliseconds_of(OctetsView fraction) {
    if (fraction == "Z") return 0;
    if (fraction.size() < 3 || fraction.front() != '.' || fraction.back() != 'Z') return {};
    int value = 0, weight = 100;
    for (const char digit : fraction.substr(1, fraction.size() - 2)) {
        if (digit < '0' || digit > '9') return {};
        value += (digit - '0') * weight;
        weight /= 10;
    }
    return value;
}

}  // namespace

std::optional<Element> Reader::next() {
    if (rest_.size() < 2 || (peek() & 0x1f) == 0x1f) return {};
    Element found;
    found.tag = peek();
    std::size_t header = 2;
    std::size_t length = static_cast<std::uint8_t>(rest_[1]);
    if (length >= 0x80) {
        const std::size_t count = length & 0x7f;
        if (count == 0 || count > highest_length_octets || rest_.size() < 2 + count) return {};
        length = 0;
        for (std::size_t i = 0; i < count; ++i) length = length << 8 | static_cast<std::uint8_t>(rest_[2 + i]);
        if (length < 0x80 || (count > 1 && length >> 8 * (count - 1) == 0)) return {};
        header += count;
    }
    if (length > rest_.size() - header) return {};
    found.content = rest_.substr(header, length);
    found.whole = rest_.substr(0, header + length);
    rest_.remove_prefix(header + length);
    return found;
}

std::optional<Element> Reader::next(std::uint8_t tag) {
    if (peek() != tag) return {};
    return next();
}

std::optional<Element> Reader::optional(std::uint8_t tag) { return next(tag); }

std::optional<OctetsView> unsigned_integer(const Element& element) {
    OctetsView value = element.content;
    if (value.empty() || (static_cast<std::uint8_t>(value[0]) & 0x80)) return {};
    if (value[0] != 0) return value;
    value.remove_prefix(1);
    if (!value.empty() && !(static_cast<std::uint8_t>(value[0]) & 0x80)) return {};
    return value;
}

std::optional<int> small_integer(const Element& element) {
    const auto value = unsigned_integer(element);
    if (!value || value->size() > 2) return {};
    int number = 0;
    for (const char octet : *value) number = number << 8 | static_cast<std::uint8_t>(octet);
    return number;
}

std::optional<OctetsView> whole_bits(const Element& element) {
    if (element.content.empty() || element.content[0] != 0) return {};
    return element.content.substr(1);
}

std::optional<Instant> time(const Element& element) {
    OctetsView text = element.content;
    const std::size_t year_digits = element.tag == generalized_time ? 4 : 2;
    if (element.tag != generalized_time && element.tag != utc_time) return {};
    std::array<int, 7> fields{};  // century, year, month, day, hour, minute, second
    std::size_t at = 0, field = year_digits == 4 ? 0 : 1;
    for (; field < fields.size(); ++field, at += 2) {
        const auto value = two_digits(text, at);
        if (!value) return {};
        fields[field] = *value;
    }
    if (year_digits == 2) fields[0] = fields[1] < 50 ? 20 : 19;
    const auto fraction = milliseconds_of(text.substr(at));
    if (!fraction || (year_digits == 2 && text.size() != at + 1)) return {};
    const std::chrono::year_month_day day{std::chrono::year(fields[0] * 100 + fields[1]), std::chrono::month(fields[2]),
                                          std::chrono::day(fields[3])};
    if (!day.ok() || fields[4] > 23 || fields[5] > 59 || fields[6] > 59) return {};
    return Instant(std::chrono::sys_days(day)) + std::chrono::hours(fields[4]) + std::chrono::minutes(fields[5]) +
           std::chrono::seconds(fields[6]) + std::chrono::milliseconds(*fraction);
}

std::string oid_text(OctetsView content) {
    if (content.empty() || (static_cast<std::uint8_t>(content.back()) & 0x80)) return {};
    std::string text;
    std::uint64_t arc = 0;
    bool first = true;
    for (const char c : content) {
        const auto octet = static_cast<std::uint8_t>(c);
        if ((arc == 0 && octet == 0x80) || arc >> 56) return {};
        arc = arc << 7 | (octet & 0x7f);
        if (octet & 0x80) continue;
        if (first) {
            const std::uint64_t top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
            text = fmt::format("{}.{}", top, arc - top * 40);
            first = false;
        } else {
            text += fmt::format(".{}", arc);
        }
        arc = 0;
    }
    return text;
}

std::size_t size_of_element(std::size_t content) {
    std::size_t head = 2;
    for (auto rest = content; content >= 0x80 && rest > 0; rest >>= 8) ++head;
    return head + content;
}

void begin_element(Octets& into, std::uint8_t tag, std::size_t content) {
    into += static_cast<char>(tag);
    const auto count = static_cast<int>(size_of_element(content) - content) - 2;
    if (count > 0) into += static_cast<char>(0x80 | count);
    for (int i = std::max(count, 1); i-- > 0;) into += static_cast<char>(content >> 8 * i);
}

Octets element(std::uint8_t tag, OctetsView content) {
    Octets whole;
    whole.reserve(size_of_element(content.size()));
    begin_element(whole, tag, content.size());
    return whole.append(content);
}

Octets element(std::uint8_t tag, std::initializer_list<OctetsView> contents) {
    Octets together;
    for (const OctetsView content : contents) together.append(content);
    return element(tag, together);
}

Octets unsigned_integer(OctetsView magnitude) {
    while (!magnitude.empty() && magnitude.front() == 0) magnitude.remove_prefix(1);
    Octets content(magnitude);
    if (content.empty() || (static_cast<std::uint8_t>(content[0]) & 0x80)) content.insert(0, 1, '\0');
    return element(integer, content);
}

Octets small_integer(int value, std::uint8_t tag) {
    Octets whole = unsigned_integer(Octets{static_cast<char>(value >> 8), static_cast<char>(value)});
    whole[0] = static_cast<char>(tag);
    return whole;
}

Octets bits(OctetsView octets) { return element(bit_string, {OctetsView("\0", 1), octets}); }

Octets write_time(Instant at, bool with_fraction) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(at - day);
    std::string text = fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto fraction = clock.subseconds().count(); with_fraction && fraction != 0) {
        text += fmt::format(".{:03}", fraction);
        while (text.back() == '0') text.pop_back();
    }
    return element(generalized_time, text + 'Z');
}

}  // namespace onceway::keys::der
