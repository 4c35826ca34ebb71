// Whether two SOAP answers say the same, where one was written by a genuine server: it writes the whole envelope anew,
// while we leave the provider's octets as they are. Rule: message-transport §3.9.1.
#pragma once

#include "schemas/message/soap.hpp"
#include "schemas/xml/document.hpp"
#include "security-server/transport/message.hpp"
#include "tests/support/certificates.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace onceway::replay {

/// The header elements, and the Body as one more, each as exclusive canonical octets. A character reference to a tab in
/// an attribute counts as a blank: a genuine server loses it.
inline std::vector<std::string> canonical_elements(OctetsView envelope) {
    const auto parsed = xml::Document::parse(envelope);
    if (!parsed) return {"unreadable: " + parsed.error().detail};
    std::vector<std::string> elements;
    const auto keep = [&](const xml::Element& element) {
        auto octets = tests::must(parsed->canonical(element, xml::C14n::exclusive));
        for (auto at = octets.find("&#x9;"); at != Octets::npos; at = octets.find("&#x9;")) octets.replace(at, 5, " ");
        elements.push_back(std::move(octets));
    };
    for (const auto& header : parsed->root().children(message::soap_space, "Header"))
        for (const auto& element : header.children()) keep(element);
    for (const auto& body : parsed->root().children(message::soap_space, "Body")) keep(body);
    return elements;
}

inline bool same_envelope(OctetsView ours, OctetsView theirs) {
    return canonical_elements(ours) == canonical_elements(theirs);
}

/// Content type and headers of the SOAP part and of each attachment.
inline bool same_heads(const transport::Message& ours, const transport::Message& theirs) {
    const auto same = [](const auto& one, const auto& other) {
        auto sorted = one.headers, others = other.headers;  // a genuine server keeps no order
        std::ranges::sort(sorted);
        std::ranges::sort(others);
        return one.type == other.type && sorted == others;
    };
    return same(ours, theirs) && std::ranges::equal(ours.attachments, theirs.attachments, same);
}

}  // namespace onceway::replay
