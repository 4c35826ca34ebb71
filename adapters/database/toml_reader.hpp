// TOML tables read key by key. Complaints are gathered, so that an operator sees all of them at once.
#pragma once

#include "schemas/base/result.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onceway::database {

/// One table. A wrong value gives a default and a complaint; all complaints of a file come out of `finish`.
class TomlReader {
public:
    /// Faults: `invalid_argument` with line and column, when the text is no TOML.
    static Result<TomlReader> open(std::string_view text);

    bool has(std::string_view key) const;
    /// The keys in the order in which they stand in the file.
    std::vector<std::string> keys() const;
    std::string text(std::string_view key, std::string otherwise = {});
    std::string required_text(std::string_view key);
    std::int64_t number(std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most);
    bool flag(std::string_view key, bool otherwise);
    TomlReader table(std::string_view key);                // an empty one when absent
    std::vector<TomlReader> tables(std::string_view key);  // an array of tables; empty when absent

    /// One of the words; the first when absent.
    template <class T>
    T choice(std::string_view key, std::initializer_list<std::pair<std::string_view, T>> words) {
        const auto given = text(key, std::string(words.begin()->first));
        std::string all;
        for (const auto& [word, value] : words) {
            if (word == given) return value;
            all += (all.empty() ? "\"" : ", \"") + std::string(word) + '"';
        }
        complain(key, "must be one of " + all);
        return words.begin()->second;
    }

    void complain(std::string_view key, std::string_view what);
    /// Complains about every key that nobody asked for.
    void nothing_else();
    /// Faults: `invalid_argument` with all complaints, one a line.
    Result<void> finish() const;

private:
    struct Shared;
    TomlReader(std::shared_ptr<Shared> shared, const void* table, std::string where);

    std::shared_ptr<Shared> shared_;
    const void* table_;  // of the TOML library; null: absent
    std::string where_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace onceway::database
