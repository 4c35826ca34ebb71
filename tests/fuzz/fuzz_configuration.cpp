// Signed directories, anchors and parameters of a global configuration.
#include "schemas/registry/documents.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(configuration) {
    (void)registry::read_directory(input);
    if (const auto anchor = registry::read_anchor(input)) {
        const auto again = registry::read_anchor(registry::write_anchor(*anchor));
        if (!again || again->instance != anchor->instance) std::abort();
    }
    for (const int version : {2, 6}) {
        (void)registry::read_shared_parameters(input, version);
        (void)registry::read_private_parameters(input, version);
    }
    registry::OptionalParameters optional;
    (void)registry::read_fetch_interval(input, optional);
    (void)registry::read_next_update(input, optional);
}
