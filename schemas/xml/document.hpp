// The one bounded door to libxml2: parse a document under limits, walk it, canonicalise a part of it.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::xml {

/// What a document may be at most.
struct Bounds {
    std::size_t octets = limits::message_part_octets;
    std::size_t depth = limits::xml_depth;
    std::size_t start_tag_octets = limits::xml_start_tag_octets;
    std::size_t namespaces = 1'000;  // declarations in the whole document
    std::size_t attributes_per_element = 2'500;
    /// A UTF-8 byte order mark in front passes: editors and information systems write one. It never passes in a
    /// document whose octets or canonical form somebody signed.
    bool byte_order_mark = true;
};
/// The bounds of a document that will be canonicalised: signatures and hash chains. Rule: threats §4.
inline constexpr Bounds canonical_bounds{limits::canonical_document_octets, limits::xml_depth,
                                         limits::xml_start_tag_octets,      limits::canonical_namespaces,
                                         limits::canonical_attributes,      false};
/// The bounds of a global configuration part.
inline constexpr Bounds configuration_bounds{limits::configuration_part_octets};

/// An element of a Document, valid as long as the document lives. Cheap to copy.
class Element {
public:
    std::string_view name() const;       // local name
    std::string_view space() const;      // namespace URI; empty when there is none
    std::string_view prefix() const;     // as written; empty for the default namespace
    std::string qualified_name() const;  // "ds:Signature"
    bool is(std::string_view space, std::string_view name) const;

    /// The value of an attribute without namespace, or of one in `space`.
    std::optional<std::string> attribute(std::string_view name) const;
    std::optional<std::string> attribute(std::string_view space, std::string_view name) const;

    /// True when every attribute is one of `names` ("URI", or "{namespace}name"), or belongs to XML Schema's instance
    /// namespace.
    bool has_only_attributes(std::initializer_list<std::string_view> names) const;

    std::optional<Element> parent() const;
    std::vector<Element> children() const;                                              // element children, in order
    std::optional<Element> child(std::string_view space, std::string_view name) const;  // the first such child
    std::vector<Element> children(std::string_view space, std::string_view name) const;
    /// True when the very first child node of this element is an element (no white space, comment or text before it).
    bool first_node_is_element() const;
    /// True when nothing but white space, comments and processing instructions stands around the child elements.
    bool holds_only_elements() const;

    /// The character data of an element that holds nothing but text; an element with a child element, comment, CDATA
    /// section or processing instruction is refused. Faults: `invalid_xml`. Rule: threats §5.1.
    Result<std::string> text() const;
    /// All character data below, concatenated; for values that nothing depends on.
    std::string loose_text() const;

    bool operator==(const Element&) const = default;

private:
    friend class Document;
    friend struct Gate;
    explicit Element(void* node) : node_(node) {}
    void* node_;
};

enum class C14n { inclusive, exclusive };  // Canonical XML 1.0 and Exclusive 1.0, both without comments

/// A parsed document. One thread at a time.
class Document {
public:
    /// Parses `octets`, which must be UTF-8 XML 1.0 without DOCTYPE. Nothing outside the octets is ever read.
    /// Faults: `invalid_xml` with what was found; `too_large` when a bound is exceeded. Rule: threats §5.1, rows 2
    /// and 3.
    static Result<Document> parse(OctetsView octets, const Bounds& bounds = {});

    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

    Element root() const;
    /// All elements in document order for which `wanted` holds, at most `most` of them.
    std::vector<Element> find(const std::function<bool(Element)>& wanted, std::size_t most = SIZE_MAX) const;
    std::vector<Element> find(std::string_view space, std::string_view name) const;

    /// Elements whose attribute `Id`, `ID`, `id` or `xml:id` equals `id`. More than one means that the document is to
    /// be refused. Rule: threats row 1.
    std::vector<Element> with_id(std::string_view id) const;
    /// True when two elements of the document carry the same id.
    bool has_duplicate_ids() const;

    /// The canonical octets of `element` and what is below it, in the context of the whole document.
    /// Faults: `invalid_xml`, when libxml2 gives none. Rule: threats row 4.
    Result<Octets> canonical(Element element, C14n algorithm) const;

private:
    struct Parts;
    explicit Document(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
    friend class Schema;
};

/// A compiled XML Schema.
class Schema {
public:
    /// Compiles a schema held in memory; `imports` gives the text for each schemaLocation that it names; nothing else
    /// is ever opened. Faults: `invalid_xml`.
    static Result<Schema> compile(OctetsView xsd, const std::vector<std::pair<std::string, Octets>>& imports = {});
    /// Compiles the schema file at `path` with what lies beside it; for tests.
    static Result<Schema> compile_file(const std::string& path);

    Schema(Schema&&) noexcept;
    Schema& operator=(Schema&&) noexcept;
    ~Schema();

    /// Faults: `invalid_xml` with the first complaint. Safe from several threads.
    Result<void> validate(const Document& document) const;

private:
    struct Parts;
    explicit Schema(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Escapes text for element content or a double-quoted attribute: & < > " and ', CR as a character reference. What XML
/// cannot hold (control characters, U+FFFE, U+FFFF, octets that are no UTF-8) becomes U+FFFD.
std::string escape(std::string_view text);

}  // namespace onceway::xml
