// A look at the octets of a document before the library sees one of them.
#pragma once

#include "schemas/xml/document.hpp"

namespace onceway::xml {

/// Refuses what would cost the library too much, or would make it read another document than the one we mean: size,
/// length and attributes of each start tag, DOCTYPE, octets that are no UTF-8, a declaration of another encoding.
/// Gives the octets without a byte order mark. Faults: `invalid_xml`, `too_large`. Rule: threats §5.1, row 3.
Result<OctetsView> prescan(OctetsView octets, const Bounds& bounds);
/// The same for text that is UTF-8 whatever its declaration says, and has no byte order mark.
Result<void> prescan_text(OctetsView text, const Bounds& bounds);

}  // namespace onceway::xml
