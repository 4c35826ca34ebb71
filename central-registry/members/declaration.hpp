// One table of the state file, read key by key; the first thing wrong is kept with its line.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::central {

/// The file being read, and the first thing wrong in it. Readers go on with empty values; the caller asks once.
struct Reading {
    std::filesystem::path file;
    std::optional<Fault> first;
    void say(const toml::node* where, std::string_view why);
};

struct TextOrTable;

class Declaration {
public:
    Declaration(const toml::table& table, std::string name, Reading& reading)
        : table_(table), name_(std::move(name)), reading_(reading) {}

    std::string text(std::string_view key);  // required
    std::optional<std::string> optional_text(std::string_view key);
    std::optional<std::int64_t> number(std::string_view key);
    bool flag(std::string_view key);                       // false when absent
    std::vector<std::string> texts(std::string_view key);  // empty when absent
    std::optional<Declaration> table(std::string_view key);
    std::vector<Declaration> tables(std::string_view key);  // [[key]], or an array of inline tables
    /// Every key with its text, as in [classes].
    std::vector<std::pair<std::string, std::string>> entries();

    /// The certificate in the file that `key` names, PEM or DER, relative to the state file; as DER.
    Octets certificate(std::string_view key);
    std::optional<Octets> optional_certificate(std::string_view key);
    std::vector<Octets> certificates(std::string_view key);

    /// The array at `key`, whose elements are texts or tables.
    std::vector<TextOrTable> texts_or_tables(std::string_view key);

    /// A key that nobody asked for is refused: it is a spelling mistake more often than not.
    void end();
    void say(std::string_view why) { reading_.say(&table_, name_ + ": " + std::string(why)); }

private:
    const toml::node* take(std::string_view key);
    Octets certificate_at(const std::string& path, const toml::node* where);
    const toml::table& table_;
    std::string name_;
    Reading& reading_;
    std::set<std::string, std::less<>> asked_;
};

/// An element that is either a text or a table.
struct TextOrTable {
    std::optional<std::string> text;
    std::optional<Declaration> table;
};

}  // namespace onceway::central
