#include "schemas/description/openapi.hpp"

#include "schemas/description/paths.hpp"
#include "schemas/description/shown.hpp"
#include "schemas/description/tree.hpp"

#include <fmt/format.h>

namespace onceway::description {
namespace {

Fault refused(std::string why) {
    return fault(FaultCode::invalid_argument, "Reading an OpenAPI description: " + std::move(why));
}

Fault wrong_kind(std::string_view what, const Value& found, Kind wanted) {
    return refused(fmt::format("'{}' is {} where {} is needed", what, name_of(found.kind()), name_of(wanted)));
}

/// "3.0." and digits, or exactly "3.1.0": what genuine servers take. Rule: server-services §2.4.
bool is_read(std::string_view version) {
    if (version == "3.1.0") return true;
    return version.starts_with("3.0.") && version.size() > 4 && version.size() < 10 &&
           version.find_first_not_of("0123456789", 4) == std::string_view::npos;
}

Result<std::string> version_of(const Value& document) {
    if (!document.is(Kind::map)) return wrong_kind("the document", document, Kind::map);
    if (document.find("swagger")) return refused("the document is of Swagger 2.0; only OpenAPI 3.0 and 3.1.0 are read");
    const auto version = document.find("openapi");
    if (!version)
        return refused("there is no 'openapi' that says which version it has; this is no OpenAPI description");
    if (!version->is(Kind::text)) return wrong_kind("openapi", *version, Kind::text);
    return std::string(version->text());
}

std::string title_of(const Value& document, Warnings& warnings) {
    const auto info = document.find("info");
    const auto title = info ? info->find("title") : std::nullopt;
    if (title && title->is(Kind::text)) return without_controls(title->text());
    warnings.add("There is no title (info.title).");
    return {};
}

/// The first server is the service; a document without servers means the place where it lies.
Result<std::string> first_server(const Value& document, Warnings& warnings) {
    const auto servers = document.find("servers");
    if (!servers || servers->is(Kind::nothing)) return std::string("/");
    if (!servers->is(Kind::list)) return wrong_kind("servers", *servers, Kind::list);
    if (servers->size() == 0) return std::string("/");
    const auto server = servers->item(0);
    if (!server.is(Kind::map)) return wrong_kind("servers[0]", server, Kind::map);
    const auto url = server.find("url");
    if (!url) return refused("'servers[0]' has no 'url'");
    if (!url->is(Kind::text)) return wrong_kind("servers[0].url", *url, Kind::text);
    const auto variables = server.find("variables");
    for (const auto name : variables_in(url->text()))
        if (!variables || !variables->find(name))
            warnings.add(
                fmt::format("The variable '{}' of the first server is not declared in 'variables'.", shown(name)));
    return std::string(url->text());
}

}  // namespace

Result<OpenApi> read_openapi(OctetsView document, Format format) {
    // 1. The document as a tree, and its version.
    const auto tree = read_tree(document, format);
    if (!tree) return tree.error();
    const auto root = tree->root();
    auto version = version_of(root);
    if (!version) return version.error();
    if (!is_read(*version))
        return refused(fmt::format("the version is '{}'; only 3.0.x and 3.1.0 are read", shown(*version)));

    // 2. What the service is called, and where it is.
    OpenApi read;
    Warnings warnings;
    read.title = title_of(root, warnings);
    auto url = first_server(root, warnings);
    if (!url) return url.error();

    // 3. What it offers.
    const auto paths = root.find("paths");
    if (!paths && !version->starts_with("3.1")) warnings.add("There are no paths.");
    if (paths && !paths->is(Kind::map)) return wrong_kind("paths", *paths, Kind::map);
    if (paths) {
        auto endpoints = read_paths(root, *paths, warnings);
        if (!endpoints) return endpoints.error();
        read.endpoints = std::move(*endpoints);
    }
    read.version = std::move(*version);
    read.url = std::move(*url);
    read.warnings = std::move(warnings).take();
    return read;
}

}  // namespace onceway::description
