// How the readers of this folder walk a document: as strict as its schema, remembering the first thing that is wrong.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/identity/identifiers.hpp"
#include "schemas/registry/documents.hpp"
#include "schemas/xml/document.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::registry {

inline constexpr std::string_view configuration_space = "http://x-road.eu/xsd/xroad.xsd";
inline constexpr std::string_view identifiers_space = "http://x-road.eu/xsd/identifiers";

/// The first thing wrong in a document. Readers go on with empty values, and their caller asks once, at the end.
class Refusal {
public:
    /// `document` as people call it: "the shared parameters".
    Refusal(FaultCode code, std::string_view document) : code_(code), document_(document) {}
    void say(const xml::Element& where, std::string_view why);
    void say(std::string_view why);
    explicit operator bool() const { return first_.has_value(); }
    const Fault& fault() const { return *first_; }

private:
    FaultCode code_;
    std::string document_;
    std::optional<Fault> first_;
};

/// The values of simple elements. White space is kept in text and ignored around everything else, as in XML Schema.
std::string read_text(const xml::Element& element, Refusal& refusal);
Octets read_octets(const xml::Element& element, Refusal& refusal);
bool read_boolean(const xml::Element& element, Refusal& refusal);
std::int64_t read_integer(const xml::Element& element, Refusal& refusal);
/// Text that must be one of `allowed`.
std::string read_choice(const xml::Element& element, std::initializer_list<std::string_view> allowed, Refusal& refusal);
/// A certificate: DER, or PEM inside the Base64, of which the first certificate counts. Rule: global-configuration
/// §3.2.
Octets read_certificate(const xml::Element& element, Refusal& refusal);

/// The children of an element, taken in the order that its schema gives. Call `end` after the last one.
class Sequence {
public:
    /// Refuses text beside the children, and attributes other than `attributes`. Children lie in `space`.
    Sequence(const xml::Element& element, Refusal& refusal, std::initializer_list<std::string_view> attributes = {},
             std::string_view space = {});

    std::optional<xml::Element> optional(std::string_view name);
    std::optional<xml::Element> required(std::string_view name);  // none only when it was refused
    std::vector<xml::Element> any_number(std::string_view name);
    std::vector<xml::Element> one_or_more(std::string_view name);

    std::string text(std::string_view name);  // of a required child
    std::optional<std::string> optional_text(std::string_view name);

    /// Nothing may follow, unless `wildcard` says that elements of a later release are ignored.
    void end(bool wildcard = false);

private:
    void say_missing(std::string_view name);
    xml::Element element_;
    Refusal& refusal_;
    std::string space_;
    std::vector<xml::Element> children_;
    std::size_t next_ = 0;
};

/// Parses a part of the configuration and checks its root. Faults: `malformed_global_conf`, or `code`.
Result<xml::Document> open_part(OctetsView document, std::string_view root, Refusal& refusal, FaultCode code);

/// A member or subsystem with qualified children and `objectType`; none when the two do not fit each other, which
/// leaves open who is meant. Rule: global-configuration §3.1.
std::optional<identity::ClientId> read_client(const xml::Element& element, Refusal& refusal);
/// The content of an anchor, at the root of its own document or inside private parameters.
Anchor read_anchor_content(const xml::Element& element, Refusal& refusal);

}  // namespace onceway::registry
