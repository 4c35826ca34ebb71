#include "security-server/admin/toml.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <optional>
#include <set>

namespace onceway::admin {

struct TomlTable::Node {
    const toml::table* table;  // null: absent
    std::string where;         // "listen", "client 2"; empty for the top
    std::set<std::string, std::less<>> asked;
};

struct TomlTable::File {
    std::string name;
    FaultCode code;
    toml::table top;
    std::deque<Node> nodes;  // stable addresses
    std::optional<Fault> first;

    void complain(std::uint32_t line, std::string_view what) {
        const bool ended = what.ends_with('.') || what.ends_with('?');
        if (!first) first = fault(code, fmt::format("Reading {}: line {}: {}{}", name, line, what, ended ? "" : "."));
    }
};

namespace {

/// Edits (one letter added, removed or replaced) that lead from one word to the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string in_place(std::string_view where, std::string_view key) {
    return where.empty() ? fmt::format("'{}'", key) : fmt::format("'{}' in [{}]", key, where);
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    const auto best = std::ranges::min_element(known, {}, [&](const auto& other) { return distance(word, other); });
    if (best == known.end()) return {};
    return distance(word, *best) <= std::max<std::size_t>(2, word.size() / 3) ? *best : std::string{};
}

std::string toml_quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (quoted += '\\') += c;
        else if (c == '\n')
            quoted += "\\n";
        else if (octet < 0x20 || octet == 0x7f)
            quoted += fmt::format("\\u{:04X}", octet);
        else
            quoted += c;
    }
    return quoted += '"';
}

Result<TomlTable> TomlTable::parse(std::string_view text, std::string name, FaultCode code) {
    auto file = std::make_shared<File>();
    file->name = std::move(name);
    file->code = code;
    try {
        file->top = toml::parse(text);
    } catch (const toml::parse_error& error) {
        return fault(
            code, fmt::format("Reading {}: line {}: {}.", file->name, error.source().begin.line, error.description()));
    }
    auto& node = file->nodes.emplace_back(Node{&file->top, {}, {}});
    return TomlTable(std::move(file), &node);
}

void TomlTable::note(std::string_view key) { node_->asked.emplace(key); }

bool TomlTable::has(std::string_view key) const { return node_->table && node_->table->contains(key); }

bool TomlTable::holds_false(std::string_view key) const {
    const auto* found = has(key) ? node_->table->get(key)->as_boolean() : nullptr;
    return found && !found->get();
}

void TomlTable::refuse(std::string_view key, std::string_view reason) {
    note(key);
    std::uint32_t line = 1;
    if (node_->table) line = node_->table->source().begin.line;
    if (has(key)) line = node_->table->get(key)->source().begin.line;
    file_->complain(line, in_place(node_->where, key) + ' ' + std::string(reason));
}

std::string TomlTable::text(std::string_view key, std::string otherwise) {
    note(key);
    if (!has(key)) return otherwise;
    if (const auto* found = node_->table->get(key)->as_string()) return found->get();
    refuse(key, "must be text in quotes");
    return otherwise;
}

std::string TomlTable::required_text(std::string_view key) {
    auto found = text(key);
    if (found.empty()) refuse(key, "is needed and cannot be empty");
    return found;
}

std::int64_t TomlTable::number(std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most) {
    note(key);
    if (!has(key)) return otherwise;
    const auto* found = node_->table->get(key)->as_integer();
    if (found && found->get() >= least && found->get() <= most) return found->get();
    refuse(key, fmt::format("must be a whole number from {} to {}", least, most));
    return otherwise;
}

bool TomlTable::flag(std::string_view key, bool otherwise) {
    note(key);
    if (!has(key)) return otherwise;
    if (const auto* found = node_->table->get(key)->as_boolean()) return found->get();
    refuse(key, "must be true or false");
    return otherwise;
}

std::vector<std::string> TomlTable::texts(std::string_view key) {
    note(key);
    std::vector<std::string> found;
    if (!has(key)) return found;
    const auto* array = node_->table->get(key)->as_array();
    if (!array || !std::ranges::all_of(*array, [](const auto& entry) { return entry.is_string(); })) {
        refuse(key, "must be a list of texts: [\"…\", \"…\"]");
        return found;
    }
    for (const auto& entry : *array) found.push_back(entry.as_string()->get());
    return found;
}

TomlTable TomlTable::table(std::string_view key) {
    note(key);
    const toml::table* found = has(key) ? node_->table->get(key)->as_table() : nullptr;
    if (has(key) && !found) refuse(key, fmt::format("must be a table: [{}]", key));
    return {file_, &file_->nodes.emplace_back(Node{found, std::string(key), {}})};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
    note(key);
    std::vector<TomlTable> found;
    if (!has(key)) return found;
    const auto* array = node_->table->get(key)->as_array();
    const bool right = array && std::ranges::all_of(*array, [](const auto& entry) { return entry.is_table(); });
    if (!right) {
        refuse(key, fmt::format("must be a list of tables: [[{}]]", key));
        return found;
    }
    for (const auto& entry : *array)
        found.push_back(
            {file_, &file_->nodes.emplace_back(Node{
                        entry.as_table(),
                        fmt::format("{}{}{} {}", node_->where, node_->where.empty() ? "" : ", ", key, found.size() + 1),
                        {}})});
    return found;
}

Result<void> TomlTable::finish() const {
    if (file_->first) return *file_->first;
    for (const auto& node : file_->nodes) {
        if (!node.table) continue;
        for (const auto& [key, value] : *node.table) {
            if (node.asked.contains(key.str())) continue;
            const std::vector<std::string> known(node.asked.begin(), node.asked.end());
            const auto meant = nearest(key.str(), known);
            const auto advice = meant.empty() ? fmt::format("known are {}", fmt::join(known, ", "))
                                              : fmt::format("did you mean '{}'?", meant);
            file_->complain(key.source().begin.line, in_place(node.where, key.str()) + " is not known: " + advice);
            return *file_->first;
        }
    }
    return {};
}

}  // namespace onceway::admin
