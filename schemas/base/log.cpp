#include "schemas/base/log.hpp"

#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <iterator>

namespace onceway::log {
namespace {

constexpr std::size_t longest_value = 1'024;
std::atomic<Level> least_level{Level::info};
std::atomic<Format> line_format{Format::text};

constexpr std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "error";
}

/// Where a thread puts its lines together; kept between them.
constexpr std::size_t kept_octets = 16 * 1024;
std::string& empty_line() {
    thread_local std::string line;
    if (line.capacity() > kept_octets) line = {};
    line.clear();
    return line;
}

/// Appends the value with controls, quotes and backslashes escaped as JSON has it, and invalid UTF-8 replaced.
void append_escaped(std::string& line, std::string_view value) {
    const bool cut = value.size() > longest_value;
    value = value.substr(0, longest_value);
    if (cut)
        while (!value.empty() && (static_cast<unsigned char>(value.back()) & 0xc0) == 0x80) value.remove_suffix(1);
    const bool valid = is_utf8(value);
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (octet < 0x20 || octet == 0x7f) {
            fmt::format_to(std::back_inserter(line), "\\u{:04x}", octet);
        } else if (octet >= 0x80 && !valid) {
            line += "\xef\xbf\xbd";
        } else {
            line += c;
        }
    }
    if (cut) line += "…";
}

/// What stands for itself, in a line of text and within the quotes of JSON.
bool is_plain(std::string_view value) {
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet <= 0x20 || c == '"' || c == '\\' || octet >= 0x7f) return false;
    }
    return value.size() <= longest_value;
}

void append_text(std::string& line, Level level, std::string_view event, std::initializer_list<Field> fields) {
    append_rfc3339(line, Clock::system().now());
    line.append(1, ' ').append(name_of(level)).append(8 - name_of(level).size(), ' ').append(event);
    for (const auto& field : fields) {
        const auto value = field.value();
        line.append(1, ' ').append(field.name()).append(1, '=');
        if (!value.empty() && is_plain(value) && value.find('=') == std::string_view::npos) {
            line.append(value);
            continue;
        }
        line += '"';
        append_escaped(line, value);
        line += '"';
    }
    line += '\n';
}

void append_json(std::string& line, Level level, std::string_view event, std::initializer_list<Field> fields) {
    line.append(R"({"at":")");
    append_rfc3339(line, Clock::system().now());
    line.append(R"(","level":")").append(name_of(level)).append(R"(","event":")").append(event).append(1, '"');
    for (const auto& field : fields) {
        line.append(R"(,")").append(field.name()).append(R"(":")");
        if (is_plain(field.value()))
            line.append(field.value());
        else
            append_escaped(line, field.value());
        line += '"';
    }
    line += "}\n";
}

template <class Number>
std::size_t write_digits(std::array<char, 20>& room, Number number) {
    return static_cast<std::size_t>(std::to_chars(room.data(), room.data() + room.size(), number).ptr - room.data());
}

}  // namespace

Field::Field(std::string_view name, std::int64_t number) : name_(name), digits_(write_digits(number_, number)) {}
Field::Field(std::string_view name, std::uint64_t number) : name_(name), digits_(write_digits(number_, number)) {}
Field::Field(std::string_view name, int number) : name_(name), digits_(write_digits(number_, number)) {}

void set_up(Level level, Format format) {
    least_level = level;
    line_format = format;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (level < least_level.load(std::memory_order_relaxed)) return;
    auto& line = empty_line();
    if (line_format.load(std::memory_order_relaxed) == Format::json)
        append_json(line, level, event, fields);
    else
        append_text(line, level, event, fields);
    // One write a line: lines of several threads never mix. A log that cannot be written stops nothing.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace onceway::log
