#include "schemas/xml/parts.hpp"

#include <fmt/format.h>
#include <libxml/tree.h>

#include <algorithm>

namespace onceway::xml {
namespace {

constexpr std::string_view instance_space = "http://www.w3.org/2001/XMLSchema-instance";

const xmlNode* at(void* node) { return static_cast<const xmlNode*>(node); }
std::string_view view(const xmlChar* text) {
    return text != nullptr ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view{};
}

std::string value_of(const xmlAttr& attribute) {
    struct Frees {
        void operator()(xmlChar* text) const noexcept { xmlFree(text); }
    };
    const std::unique_ptr<xmlChar, Frees> text(xmlNodeListGetString(attribute.doc, attribute.children, 1));
    return std::string(view(text.get()));
}

void gather(const xmlNode* node, std::string& text) {
    for (const auto* child = node->children; child != nullptr; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) text += view(child->content);
        if (child->type == XML_ELEMENT_NODE) gather(child, text);  // the depth of a document is bounded
    }
}

constexpr std::string_view name_of(xmlElementType type) {
    switch (type) {
        case XML_ELEMENT_NODE:
            return "an element";
        case XML_COMMENT_NODE:
            return "a comment";
        case XML_CDATA_SECTION_NODE:
            return "a CDATA section";
        case XML_PI_NODE:
            return "a processing instruction";
        default:
            return "something else";
    }
}

}  // namespace

std::string_view Element::name() const { return view(at(node_)->name); }
std::string_view Element::space() const {
    return at(node_)->ns != nullptr ? view(at(node_)->ns->href) : std::string_view{};
}
std::string_view Element::prefix() const {
    return at(node_)->ns != nullptr ? view(at(node_)->ns->prefix) : std::string_view{};
}

std::string Element::qualified_name() const {
    return prefix().empty() ? std::string(name()) : fmt::format("{}:{}", prefix(), name());
}

bool Element::is(std::string_view wanted_space, std::string_view wanted_name) const {
    return name() == wanted_name && space() == wanted_space;
}

std::optional<std::string> Element::attribute(std::string_view wanted) const { return attribute("", wanted); }

std::optional<std::string> Element::attribute(std::string_view wanted_space, std::string_view wanted) const {
    for (const auto* found = at(node_)->properties; found != nullptr; found = found->next) {
        const auto space = found->ns != nullptr ? view(found->ns->href) : std::string_view{};
        if (view(found->name) == wanted && space == wanted_space) return value_of(*found);
    }
    return std::nullopt;
}

bool Element::has_only_attributes(std::initializer_list<std::string_view> names) const {
    for (const auto* found = at(node_)->properties; found != nullptr; found = found->next) {
        const auto space = found->ns != nullptr ? view(found->ns->href) : std::string_view{};
        if (space == instance_space) continue;
        const auto full =
            space.empty() ? std::string(view(found->name)) : fmt::format("{{{}}}{}", space, view(found->name));
        if (std::find(names.begin(), names.end(), full) == names.end()) return false;
    }
    return true;
}

std::optional<Element> Element::parent() const {
    auto* above = at(node_)->parent;
    if (above == nullptr || above->type != XML_ELEMENT_NODE) return std::nullopt;
    return Element(above);
}

std::vector<Element> Element::children() const {
    std::vector<Element> found;
    for (auto* child = at(node_)->children; child != nullptr; child = child->next)
        if (child->type == XML_ELEMENT_NODE) found.push_back(Element(child));
    return found;
}

std::optional<Element> Element::child(std::string_view wanted_space, std::string_view wanted_name) const {
    for (auto* child = at(node_)->children; child != nullptr; child = child->next)
        if (child->type == XML_ELEMENT_NODE && Element(child).is(wanted_space, wanted_name)) return Element(child);
    return std::nullopt;
}

std::vector<Element> Element::children(std::string_view wanted_space, std::string_view wanted_name) const {
    std::vector<Element> found;
    for (const auto& child : children())
        if (child.is(wanted_space, wanted_name)) found.push_back(child);
    return found;
}

bool Element::first_node_is_element() const {
    return at(node_)->children != nullptr && at(node_)->children->type == XML_ELEMENT_NODE;
}

bool Element::holds_only_elements() const {
    for (const auto* child = at(node_)->children; child != nullptr; child = child->next) {
        const bool text = child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE;
        if (text && view(child->content).find_first_not_of(" \t\r\n") != std::string_view::npos) return false;
    }
    return true;
}

Result<std::string> Element::text() const {
    std::string text;
    for (const auto* child = at(node_)->children; child != nullptr; child = child->next) {
        if (child->type != XML_TEXT_NODE)
            return fault(FaultCode::invalid_xml, fmt::format("Reading XML: '{}' holds {} where only text may stand",
                                                             qualified_name(), name_of(child->type)));
        text += view(child->content);
    }
    return text;
}

std::string Element::loose_text() const {
    std::string text;
    gather(at(node_), text);
    return text;
}

}  // namespace onceway::xml
