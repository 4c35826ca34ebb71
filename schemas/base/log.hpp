// The technical log: events in the past tense with named fields, one line each.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace onceway::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };  // `name key=value …`, or one JSON object a line

/// A named value. Controls and quotes are escaped, invalid UTF-8 becomes U+FFFD, and what is longer than 1,024 octets
/// is cut. Rule: threats row 22. Bodies, keys, PINs and personal codes are never given to a log.
/// Views of name and text: it lives no longer than the call that it is written into.
class Field {
public:
    Field(std::string_view name, std::string_view text) : name_(name), text_(text) {}
    Field(std::string_view name, const char* text) : name_(name), text_(text) {}
    Field(std::string_view name, const std::string& text) : name_(name), text_(text) {}
    Field(std::string_view name, std::int64_t number);
    Field(std::string_view name, std::uint64_t number);
    Field(std::string_view name, int number);

    std::string_view name() const { return name_; }
    std::string_view value() const { return digits_ == 0 ? text_ : std::string_view(number_.data(), digits_); }

private:
    std::string_view name_, text_;
    std::array<char, 20> number_;  // and no terminator: 20 digits of 2^64, or a sign and 19
    std::size_t digits_ = 0;
};

/// Writes lines of `level` and above to stderr, in `format`. Called once, in `main`; the default is text from info.
void set_up(Level level, Format format);

/// Writes one event. `event` is dotted and in the past tense: "message.refused". Safe from any thread.
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}

}  // namespace onceway::log
