// An OpenAPI document in both formats: its endpoints, and the same document with its hosts hidden, which must offer the
// same. The first octet chooses the format; the rest is the document.
#include "schemas/description/openapi.hpp"
#include "schemas/description/server_url.hpp"
#include "schemas/description/tree.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

namespace {

using namespace onceway;
using description::Format;
using description::Kind;

/// True when no server of the document itself names a host, but those with variables.
bool hides_hosts(const description::Value& root) {
    const auto servers = root.find("servers");
    if (!servers || !servers->is(Kind::list)) return true;
    for (std::size_t i = 0; i < servers->size(); ++i) {
        const auto url = servers->item(i).find("url");
        if (!url || description::has_variables(url->text())) continue;
        // The path of what had a host may look like one again ("x://h//b"); it is not the one that was there.
        if (description::without_host(url->text()) && !url->text().starts_with("//") &&
            url->text().find(':') == std::string_view::npos)
            return false;
    }
    return true;
}

void check(OctetsView document, Format format) {
    const auto read = description::read_openapi(document, format);
    if (!read && read.error().detail.empty()) std::abort();
    const auto masked = description::mask_openapi_servers(document, format);
    if (read && !masked) std::abort();
    if (read) static_cast<void>(description::resolve_server_url("https://host/a/b.yaml", read->url));
    if (!masked) return;

    const auto tree = description::read_tree(*masked, format);
    if (!tree || !hides_hosts(tree->root())) std::abort();
    const auto after = description::read_openapi(*masked, format);
    if (!read) return;
    if (!after || after->title != read->title || after->endpoints != read->endpoints ||
        after->warnings.size() != read->warnings.size())
        std::abort();
}

}  // namespace

ONCEWAY_FUZZ(openapi) {
    if (input.empty()) return;
    check(input.substr(1), input[0] == 'j' ? Format::json : Format::yaml);
}
