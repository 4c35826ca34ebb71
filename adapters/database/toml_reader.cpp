#include "adapters/database/toml_reader.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

namespace onceway::database {
namespace {

const toml::table* as_table(const void* table) { return static_cast<const toml::table*>(table); }

std::size_t line_of(const toml::node& node) { return node.source().begin.line; }

}  // namespace

struct TomlReader::Shared {
    toml::table file;
    std::vector<std::string> complaints;
};

TomlReader::TomlReader(std::shared_ptr<Shared> shared, const void* table, std::string where)
    : shared_(std::move(shared)), table_(table), where_(std::move(where)) {}

Result<TomlReader> TomlReader::open(std::string_view text) {
    auto shared = std::make_shared<Shared>();
    try {
        shared->file = toml::parse(text);
    } catch (const toml::parse_error& error) {
        return fault(FaultCode::invalid_argument, fmt::format("line {}, column {}: {}", error.source().begin.line,
                                                              error.source().begin.column, error.description()));
    }
    const auto* table = &shared->file;
    return TomlReader(std::move(shared), table, "");
}

bool TomlReader::has(std::string_view key) const { return table_ && as_table(table_)->contains(key); }

std::vector<std::string> TomlReader::keys() const {
    std::vector<std::pair<toml::source_position, std::string>> found;
    if (table_)
        for (const auto& [key, node] : *as_table(table_)) found.emplace_back(key.source().begin, key.str());
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> keys;
    for (auto& [position, key] : found) keys.push_back(std::move(key));
    return keys;
}

std::string TomlReader::text(std::string_view key, std::string otherwise) {
    asked_.emplace(key);
    if (!has(key)) return otherwise;
    const auto value = (*as_table(table_))[key].value_exact<std::string>();
    if (!value) complain(key, "must be a string in quotes");
    return value.value_or(otherwise);
}

std::string TomlReader::required_text(std::string_view key) {
    if (!has(key)) complain(key, "is missing");
    auto value = text(key);
    if (has(key) && value.empty()) complain(key, "must not be empty");
    return value;
}

std::int64_t TomlReader::number(std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most) {
    asked_.emplace(key);
    if (!has(key)) return otherwise;
    const auto value = (*as_table(table_))[key].value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most) return *value;
    complain(key, fmt::format("must be a whole number from {} to {}", least, most));
    return otherwise;
}

bool TomlReader::flag(std::string_view key, bool otherwise) {
    asked_.emplace(key);
    if (!has(key)) return otherwise;
    const auto value = (*as_table(table_))[key].value_exact<bool>();
    if (!value) complain(key, "must be true or false");
    return value.value_or(otherwise);
}

TomlReader TomlReader::table(std::string_view key) {
    asked_.emplace(key);
    const toml::table* found = has(key) ? (*as_table(table_))[key].as_table() : nullptr;
    if (has(key) && !found) complain(key, "must be a table");
    return TomlReader(shared_, found, fmt::format("{}{}.", where_, key));
}

std::vector<TomlReader> TomlReader::tables(std::string_view key) {
    asked_.emplace(key);
    std::vector<TomlReader> found;
    if (!has(key)) return found;
    const auto* array = (*as_table(table_))[key].as_array();
    if (!array || !array->is_homogeneous<toml::table>()) {
        complain(key, "must be a list of tables");
        return found;
    }
    for (const auto& node : *array)
        found.push_back(TomlReader(shared_, node.as_table(), fmt::format("{}{}[{}].", where_, key, found.size() + 1)));
    return found;
}

void TomlReader::complain(std::string_view key, std::string_view what) {
    const auto* node = has(key) ? (*as_table(table_))[key].node() : static_cast<const toml::node*>(as_table(table_));
    const auto line = node ? fmt::format("line {}: ", line_of(*node)) : std::string();
    shared_->complaints.push_back(fmt::format("{}{}{}: {}", line, where_, key, what));
}

void TomlReader::nothing_else() {
    for (const auto& key : keys())
        if (!asked_.contains(key)) complain(key, "is not known here");
}

Result<void> TomlReader::finish() const {
    if (shared_->complaints.empty()) return {};
    return fault(FaultCode::invalid_argument, fmt::format("{}", fmt::join(shared_->complaints, "\n")));
}

}  // namespace onceway::database
