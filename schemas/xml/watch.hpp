// What is counted while the library reads, and when it is stopped. For the two readers of this folder only.
#pragma once

#include "schemas/xml/document.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

struct _xmlParserCtxt;

namespace onceway::xml {

struct FreesContext {
    void operator()(_xmlParserCtxt* context) const noexcept;
};
using Context = std::unique_ptr<_xmlParserCtxt, FreesContext>;

Fault too_much(std::string_view what, std::uint64_t limit);

/// The bounds of one document, and how much of them is used.
struct Watch {
    explicit Watch(const Bounds& given) : bounds(given) {}

    const Bounds& bounds;
    std::vector<std::size_t> declared_at;  // declarations of each open element
    std::size_t declared = 0;              // in the whole document
    std::size_t in_scope = 0;
    std::uint64_t work = 0;
    std::optional<Fault> refusal;

    /// An element begins. False, and the library stops, when a bound is exceeded.
    bool element_begins(_xmlParserCtxt* context, int declarations, int attributes);
    void element_ends();
    void refuse(_xmlParserCtxt* context, Fault why);
};

/// Hands `text` to the library as it lies there, which reads up to the NUL that a string has behind its end. Read this
/// way a document may have more than ten million octets without the option that switches off the library's own bounds.
void give(_xmlParserCtxt* context, const Octets& text);

/// The refusal of a document type declaration, wherever one is found.
Fault doctype_refused();
/// What is left to check when the library is done: well-formed, namespaces included, and XML 1.0.
Result<void> judge(const _xmlParserCtxt& context, const Watch& watch);

}  // namespace onceway::xml
