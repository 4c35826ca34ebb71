// Request targets of the small doors: OCSP answers of our certificates, signed documents, published configuration, an
// adapter's paths.
#include "adapters/kit/path_pattern.hpp"
#include "adapters/kit/query.hpp"
#include "central-registry/publish/route.hpp"
#include "security-server/admin/ocsp_port.hpp"
#include "security-server/metadata/form.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(request_targets) {
    if (const auto asked = admin::read_ocsp_target(input)) {
        if (asked->empty() || asked->size() > 16) std::abort();
        for (const auto& digest : *asked)
            if (digest.size() != 20) std::abort();
    }
    const std::filesystem::path file = central::file_for(input);
    if (file.is_absolute()) std::abort();
    for (const auto& part : file)
        if (part == "..") std::abort();  // nothing outside the folder is ever named

    (void)metadata::Query::of(input).value("queryId");
    const auto text = Octets(input);
    const auto written = "/x?name=" + metadata::form_encoded(text);
    if (metadata::Query::of(written).value("name") != text) std::abort();
    if (const auto query = kit::read_query(input); query && query->size() > 100) std::abort();
    static const auto pattern = kit::PathPattern::parse("/persons/{id}/children/{number}").value();
    if (const auto fits = pattern.match(input); fits && fits->has_value() && (**fits).size() != 2) std::abort();
    (void)kit::PathPattern::parse(input);
}
