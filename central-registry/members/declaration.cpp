#include "central-registry/members/declaration.hpp"

#include "certs/x509/certificate.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

namespace onceway::central {
namespace {

constexpr std::size_t largest_certificate_file = 256 * 1024;

}  // namespace

void Reading::say(const toml::node* where, std::string_view why) {
    if (first) return;
    const auto line = where != nullptr ? where->source().begin.line : 0;
    first =
        fault(FaultCode::invalid_argument, line > 0 ? fmt::format("Reading {}, line {}: {}", file.string(), line, why)
                                                    : fmt::format("Reading {}: {}", file.string(), why));
}

const toml::node* Declaration::take(std::string_view key) {
    asked_.emplace(key);
    return table_.get(key);
}

std::string Declaration::text(std::string_view key) {
    auto found = optional_text(key);
    if (!found) say(fmt::format("'{}' is missing", key));
    return found.value_or("");
}

std::optional<std::string> Declaration::optional_text(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return std::nullopt;
    const auto* text = node->as_string();
    if (text == nullptr) reading_.say(node, fmt::format("{}: '{}' must be a text in quotes", name_, key));
    return text != nullptr ? text->get() : std::string{};
}

std::optional<std::int64_t> Declaration::number(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return std::nullopt;
    const auto* number = node->as_integer();
    if (number == nullptr) reading_.say(node, fmt::format("{}: '{}' must be a whole number", name_, key));
    return number != nullptr ? number->get() : 0;
}

bool Declaration::flag(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return false;
    const auto* flag = node->as_boolean();
    if (flag == nullptr) reading_.say(node, fmt::format("{}: '{}' must be true or false", name_, key));
    return flag != nullptr && flag->get();
}

std::vector<TextOrTable> Declaration::texts_or_tables(std::string_view key) {
    std::vector<TextOrTable> found;
    const auto* node = take(key);
    if (node == nullptr) return found;
    const auto* list = node->as_array();
    if (list == nullptr) {
        reading_.say(node, fmt::format("{}: '{}' must be a list", name_, key));
        return found;
    }
    for (const auto& item : *list) {
        if (const auto* text = item.as_string()) {
            found.push_back({text->get(), std::nullopt});
        } else if (const auto* table = item.as_table()) {
            found.push_back({std::nullopt, Declaration(*table, fmt::format("{}.{}", name_, key), reading_)});
        } else {
            reading_.say(&item, fmt::format("{}: '{}' holds something that is neither text nor table", name_, key));
        }
    }
    return found;
}

std::vector<std::string> Declaration::texts(std::string_view key) {
    std::vector<std::string> found;
    for (auto& item : texts_or_tables(key)) {
        if (item.text)
            found.push_back(std::move(*item.text));
        else
            say(fmt::format("'{}' must hold texts only", key));
    }
    return found;
}

std::vector<Declaration> Declaration::tables(std::string_view key) {
    std::vector<Declaration> found;
    for (auto& item : texts_or_tables(key)) {
        if (item.table)
            found.push_back(std::move(*item.table));
        else
            say(fmt::format("'{}' must hold tables only", key));
    }
    return found;
}

std::optional<Declaration> Declaration::table(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* found = node->as_table()) return Declaration(*found, std::string(key), reading_);
    reading_.say(node, fmt::format("{}: '{}' must be a table", name_, key));
    return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> Declaration::entries() {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& [key, node] : table_) all.emplace_back(key.str(), text(key.str()));
    return all;
}

Octets Declaration::certificate_at(const std::string& path, const toml::node* where) {
    const auto file = reading_.file.parent_path() / path;
    auto octets = store::read_whole(file, largest_certificate_file);
    if (!octets) {
        reading_.say(where, fmt::format("{}: {}", name_, octets.error().detail));
        return {};
    }
    auto certificate = x509::Certificate::from_pem_or_der(*octets);
    if (certificate) return certificate->der();
    reading_.say(where,
                 fmt::format("{}: {} holds no certificate: {}", name_, file.string(), certificate.error().detail));
    return {};
}

std::optional<Octets> Declaration::optional_certificate(std::string_view key) {
    const auto path = optional_text(key);
    if (!path) return std::nullopt;
    return certificate_at(*path, table_.get(key));
}

Octets Declaration::certificate(std::string_view key) {
    const auto path = text(key);
    return path.empty() ? Octets{} : certificate_at(path, table_.get(key));
}

std::vector<Octets> Declaration::certificates(std::string_view key) {
    std::vector<Octets> found;
    for (const auto& path : texts(key)) found.push_back(certificate_at(path, table_.get(key)));
    return found;
}

void Declaration::end() {
    for (const auto& [key, node] : table_)
        if (!asked_.contains(key.str())) reading_.say(&node, fmt::format("{}: nobody knows '{}'", name_, key.str()));
}

}  // namespace onceway::central
