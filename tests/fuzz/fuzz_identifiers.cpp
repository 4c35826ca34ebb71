// Identifiers from a URL and from headers; what passes survives being written and read again.
#include "schemas/identity/identifiers.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(identifiers) {
    if (const auto client = identity::ClientId::from_header(input)) {
        const auto again = identity::ClientId::from_header(client->url());
        if (!again || *again != *client) std::abort();
    }
    if (const auto service = identity::ServiceId::from_header(input)) {
        const auto again = identity::ServiceId::from_header(service->url());
        if (!again || *again != *service) std::abort();
    }
    if (const auto server = identity::ServerId::from_header(input)) {
        const auto again = identity::ServerId::from_header(server->url());
        if (!again || *again != *server) std::abort();
    }
    if (const auto target = identity::RestTarget::parse(input))
        if (!target->path.empty() && target->path.front() != '/') std::abort();
    (void)identity::check_represented_party(input);
}
