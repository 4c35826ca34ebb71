// What an operator declares to the adapter: endpoints, parameters with their patterns, columns.
#include "adapters/database/declaration.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(declaration) {
    const auto declaration = database::read_declaration(input, "/nowhere");
    if (!declaration) {
        if (declaration.error().detail.empty()) std::abort();
        return;
    }
    // What passes can be served: each path fits its own text with something in place of its parameters.
    for (const auto& endpoint : declaration->endpoints) {
        std::string path = endpoint.path.text();
        for (const auto& name : endpoint.path.names()) path.replace(path.find("{" + name + "}"), name.size() + 2, "x");
        const auto fits = endpoint.path.match(path);
        if (!fits || !fits->has_value()) std::abort();
    }
}
