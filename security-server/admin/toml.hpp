// TOML files read key by key: every value is checked where it is asked for, and what nobody asked for is refused.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::admin {

/// One table of a TOML file. A wrong value is remembered, not returned: readers take what they get, and the file's
/// first fault comes out of `finish`. Tables are cheap handles on one shared file.
class TomlTable {
public:
    /// Reads a whole file. `name` stands in front of every complaint; `code` is the code of all its faults.
    static Result<TomlTable> parse(std::string_view text, std::string name, FaultCode code);

    bool has(std::string_view key) const;
    bool holds_false(std::string_view key) const;  // the word `false`, where otherwise a text may stand
    std::string text(std::string_view key, std::string otherwise = {});
    std::string required_text(std::string_view key);
    std::int64_t number(std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most);
    bool flag(std::string_view key, bool otherwise);
    std::vector<std::string> texts(std::string_view key);  // an array of strings; empty when absent
    TomlTable table(std::string_view key);                 // an empty one when absent
    std::vector<TomlTable> tables(std::string_view key);   // [[key]]; empty when absent

    /// One of a few words; anything else is refused with all of them.
    template <class T>
    T choice(std::string_view key, T otherwise, std::initializer_list<std::pair<std::string_view, T>> words) {
        if (!has(key)) return (note(key), otherwise);
        const auto given = text(key);
        std::string all;
        for (const auto& [word, value] : words) {
            if (word == given) return value;
            all += (all.empty() ? "\"" : ", \"") + std::string(word) + '"';
        }
        refuse(key, "must be one of " + all);
        return otherwise;
    }

    /// Complains about the value of `key` in the words of the reader; the line is added.
    void refuse(std::string_view key, std::string_view reason);

    /// The first complaint about any table of this file, unknown keys included. Call last.
    Result<void> finish() const;

private:
    struct File;
    struct Node;
    TomlTable(std::shared_ptr<File> file, Node* node) : file_(std::move(file)), node_(node) {}
    void note(std::string_view key);

    std::shared_ptr<File> file_;
    Node* node_;
};

/// The word of `known` that `word` was probably meant to be; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// A TOML string with everything escaped that must be.
std::string toml_quoted(std::string_view text);

}  // namespace onceway::admin
