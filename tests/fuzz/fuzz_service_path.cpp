// Service paths and the patterns they are matched with.
#include "security-server/access/rights.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(service_path) {
    const auto cut = input.find('\n');
    const auto pattern = cut == OctetsView::npos ? OctetsView("/a/*") : input.substr(0, cut);
    const auto raw = cut == OctetsView::npos ? input : input.substr(cut + 1);
    const auto path = access::ServicePath::read(raw);
    if (!path) return;
    if (path->raw() != raw || path->decoded().find("/../") != std::string::npos) std::abort();
    (void)access::path_matches(pattern, path->decoded());
    if (!access::path_matches("**", path->decoded())) std::abort();
}
