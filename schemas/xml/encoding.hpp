// The encodings in which information systems write XML, and the way from each of them to UTF-8.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace onceway::xml {

inline constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

/// A document in UTF-8: the octets as they came, without a byte order mark, or new ones. Keep the octets that came.
struct Utf8Text {
    OctetsView given;                 // as it came, without a mark
    std::optional<Octets> converted;  // set when the document was not written in UTF-8
    bool mark = false;                // a UTF-8 mark stood in front

    OctetsView text() const { return converted ? OctetsView(*converted) : given; }
};

/// Reads `document` as its byte order mark says, else as its XML declaration says, else as UTF-8. A mark, the
/// declaration and `charset` (of a media type; empty when there is none) may not contradict the mark; without a mark,
/// `charset` means nothing. UTF-8, US-ASCII, UTF-16 with a mark, ISO-8859-1 to 16 and Windows-1250 to 1258 are read.
/// Faults: `invalid_xml`. Rule: message-transport §2.6.3.
Result<Utf8Text> as_utf8(OctetsView document, std::string_view charset = {});

/// True when this system knows a character encoding by that name, whether or not we read XML in it.
bool is_known_charset(std::string_view name);

/// The encoding that the XML declaration of `text` names, a view into it; empty when there is none.
std::string_view declared_encoding(std::string_view text);

}  // namespace onceway::xml
