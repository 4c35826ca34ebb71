// The technical log: events in the past tense with named fields, one line each.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace onceway::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };  // `name key=value …`, or one JSON object a line

/// A named value. Controls and quotes are escaped, invalid UTF-8 becomes U+FFFD, and what is longer than 1,024 octets
/// is cut. Rule: threats row 22. Bodies, keys, PINs and personal codes are never given to a log.
struct Field {
    std::string_view name;
    std::string value;

    Field(std::string_view name, std::string_view value) : name(name), value(value) {}
    Field(std::string_view name, const char* value) : name(name), value(value) {}
    Field(std::string_view name, const std::string& value) : name(name), value(value) {}
    Field(std::string_view name, std::int64_t number);
    Field(std::string_view name, std::uint64_t number);
    Field(std::string_view name, int number);
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
