// The hosts of an OpenAPI document, hidden in the text itself: the tree says where each address stands.
#include "schemas/description/openapi.hpp"
#include "schemas/description/server_url.hpp"
#include "schemas/description/tree.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace onceway::description {
namespace {

constexpr std::string_view safe_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~-%+=$,;!@()";

/// In double quotes, as JSON and YAML both read it.
std::string quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            quoted.append({'\\', c});
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            quoted += c;
    }
    return quoted + '"';
}

/// `path` in the quotes of `written`, or in double ones where they would not do.
std::string written_as(std::string_view written, std::string_view path) {
    const bool safe = path.find_first_not_of(safe_characters) == std::string_view::npos;
    if (safe && written.starts_with('\'')) return fmt::format("'{}'", path);
    const bool bare = !written.starts_with('"') && !written.starts_with('|') && !written.starts_with('>');
    if (safe && bare && path.starts_with('/') && path.find_first_of(",!@") == std::string_view::npos)
        return std::string(path);
    return quoted(path);
}

/// Finds the servers of the document, of its paths and of their operations. Each list is visited once, whatever aliases
/// lead to it.
class Servers {
public:
    explicit Servers(const Value& document) {
        visit_servers(document);
        visit_items(document.find("paths"));
        if (const auto components = document.find("components")) visit_items(components->find("pathItems"));
        visit_items(document.find("webhooks"));
    }
    /// Texts to be replaced, by their place.
    const std::map<std::size_t, Value>& urls() const { return urls_; }

private:
    bool is_new(const Value& value) { return visited_.insert(value.id()).second; }

    void visit_items(const std::optional<Value>& items) {
        if (!items || !items->is(Kind::map) || !is_new(*items)) return;
        for (std::size_t index = 0; index < items->size(); ++index) visit_item(items->item(index));
    }
    void visit_item(const Value& item) {
        if (!item.is(Kind::map) || !is_new(item)) return;
        visit_servers(item);
        for (std::size_t index = 0; index < item.size(); ++index)
            if (const auto operation = item.item(index); operation.is(Kind::map) && is_new(operation))
                visit_servers(operation);
    }
    void visit_servers(const Value& holder) {
        const auto servers = holder.find("servers");
        if (!servers || !servers->is(Kind::list) || !is_new(*servers)) return;
        for (std::size_t index = 0; index < servers->size(); ++index) {
            const auto server = servers->item(index);
            if (!server.is(Kind::map) || !is_new(server)) continue;
            const auto url = server.find("url");
            if (url && url->is(Kind::text)) urls_.emplace(url->begin(), *url);
        }
    }

    std::set<std::uint32_t> visited_;
    std::map<std::size_t, Value> urls_;
};

Result<void> check_version(const Value& document) {
    const auto version = document.find("openapi");
    if (version && version->is(Kind::text) && version->text().starts_with("3.")) return {};
    return fault(FaultCode::invalid_argument,
                 "Hiding the hosts of a description: it is no OpenAPI description of a version 3");
}

}  // namespace

Result<Octets> mask_openapi_servers(OctetsView document, Format format) {
    const auto tree = read_tree(document, format);
    if (!tree) return tree.error();
    if (auto version = check_version(tree->root()); !version) return version.error();

    Octets masked;
    masked.reserve(document.size());
    std::size_t kept = 0;
    const Servers servers(tree->root());
    for (const auto& [begin, url] : servers.urls()) {
        if (has_variables(url.text())) continue;
        const auto path = without_host(url.text());
        if (!path) continue;
        masked.append(document.substr(kept, begin - kept));
        masked += written_as(document.substr(begin, url.end() - begin), *path);
        kept = url.end();
    }
    masked.append(document.substr(kept));
    return masked;
}

}  // namespace onceway::description
