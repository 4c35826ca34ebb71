// A document read while it passes: tags and text in order, and where each tag stands. No tree is built, so what it
// costs does not depend on what the caller leaves aside.
#pragma once

#include "schemas/xml/document.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace onceway::xml {

/// A start tag. Everything in it is valid during the call only.
struct StartTag {
    std::string_view name, prefix, space;  // local name; prefix and namespace are empty when there is none
    std::size_t begin, end;                // octets of the text, from '<' to behind '>'
    std::span<const unsigned char* const> attributes_, declarations_;  // as the library gives them

    bool is(std::string_view wanted_space, std::string_view wanted) const {
        return name == wanted && space == wanted_space;
    }
    /// The value of an attribute in a namespace.
    std::optional<std::string_view> attribute(std::string_view wanted_space, std::string_view wanted) const;
    /// True when this very tag declares `prefix` (empty: the default namespace).
    bool declares(std::string_view wanted_prefix) const;
};

/// What a reader is told. Text may come in pieces; comments and processing instructions do not come at all.
class Visitor {
public:
    virtual ~Visitor() = default;
    virtual void begins(const StartTag& tag) = 0;
    virtual void text(std::string_view piece) = 0;
    /// The element last begun ends; its end tag (or its only tag) stands from `begin` to `end`.
    virtual void ends(std::size_t begin, std::size_t end) = 0;

    /// Set by a visitor that has seen enough: the walk stops and gives this fault.
    std::optional<Fault> refusal;
};

/// Bounds of a document of which only a little is kept: declarations may stand at each of many small elements.
inline constexpr Bounds passing_bounds{.namespaces = SIZE_MAX};

/// Walks through `text`, which is UTF-8 whatever its declaration says and has no byte order mark. The faults are those
/// of `Document::parse`; they may come after calls to the visitor.
Result<void> walk(OctetsView text, Visitor& visitor, const Bounds& bounds = passing_bounds);

}  // namespace onceway::xml
