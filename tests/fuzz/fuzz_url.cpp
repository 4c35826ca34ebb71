// Addresses of services and trust services.
#include "certs/channel/url.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(url) {
    const auto url = channel::Url::parse(input);
    if (!url) return;
    const auto again = channel::Url::parse(url->text());
    if (!again || again->host != url->host || again->port != url->port || again->target != url->target) std::abort();
}
