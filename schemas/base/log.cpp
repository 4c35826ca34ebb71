#include "schemas/base/log.hpp"

#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

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

/// The value with controls, quotes and backslashes escaped as JSON has it, and invalid UTF-8 replaced.
std::string escaped(std::string_view value) {
    const bool cut = value.size() > longest_value;
    value = value.substr(0, longest_value);
    if (cut)
        while (!value.empty() && (static_cast<unsigned char>(value.back()) & 0xc0) == 0x80) value.remove_suffix(1);
    const bool valid = is_utf8(value);
    std::string text;
    text.reserve(value.size() + 2);
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else if (octet < 0x20 || octet == 0x7f) {
            text += fmt::format("\\u{:04x}", octet);
        } else if (octet >= 0x80 && !valid) {
            text += "\xef\xbf\xbd";
        } else {
            text += c;
        }
    }
    if (cut) text += "…";
    return text;
}

bool needs_quotes(std::string_view value) {
    if (value.empty()) return true;
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet <= 0x20 || c == '"' || c == '\\' || c == '=' || octet >= 0x7f) return true;
    }
    return value.size() > longest_value;
}

std::string text_line(Level level, std::string_view event, std::initializer_list<Field> fields) {
    std::string line = fmt::format("{} {:7} {}", rfc3339(Clock::system().now()), name_of(level), event);
    for (const auto& field : fields) {
        line += fmt::format(" {}=", field.name);
        line += needs_quotes(field.value) ? '"' + escaped(field.value) + '"' : field.value;
    }
    return line += '\n';
}

std::string json_line(Level level, std::string_view event, std::initializer_list<Field> fields) {
    std::string line =
        fmt::format(R"({{"at":"{}","level":"{}","event":"{}")", rfc3339(Clock::system().now()), name_of(level), event);
    for (const auto& field : fields) line += fmt::format(R"(,"{}":"{}")", field.name, escaped(field.value));
    return line += "}\n";
}

}  // namespace

Field::Field(std::string_view name, std::int64_t number) : name(name), value(std::to_string(number)) {}
Field::Field(std::string_view name, std::uint64_t number) : name(name), value(std::to_string(number)) {}
Field::Field(std::string_view name, int number) : name(name), value(std::to_string(number)) {}

void set_up(Level level, Format format) {
    least_level = level;
    line_format = format;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (level < least_level.load(std::memory_order_relaxed)) return;
    const auto line = line_format == Format::json ? json_line(level, event, fields) : text_line(level, event, fields);
    // One write a line: lines of several threads never mix. A log that cannot be written stops nothing.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace onceway::log
