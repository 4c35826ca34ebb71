// The one door to libxml2, with canonicalisation behind it.
#include "schemas/xml/document.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(xml) {
    const auto document = xml::Document::parse(input, xml::canonical_bounds);
    if (!document) return;
    const auto canonical = document->canonical(document->root(), xml::C14n::inclusive);
    if (!canonical) return;
    const auto again = xml::Document::parse(*canonical);
    if (!again) return;  // the canonical form may exceed a bound that the input did not
    const auto twice = again->canonical(again->root(), xml::C14n::inclusive);
    if (!twice || *twice != *canonical) std::abort();
}
