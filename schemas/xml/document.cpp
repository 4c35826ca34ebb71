#include "schemas/xml/document.hpp"

#include "schemas/xml/parts.hpp"

#include <fmt/format.h>
#include <libxml/tree.h>

#include <algorithm>
#include <array>

namespace onceway::xml {
namespace {

constexpr std::string_view xml_space = "http://www.w3.org/XML/1998/namespace";

/// The element that follows in document order, or null at the end of `root`.
xmlNode* next_element(xmlNode* node, const xmlNode* root) {
    const auto first_element = [](xmlNode* from) {
        while (from != nullptr && from->type != XML_ELEMENT_NODE) from = from->next;
        return from;
    };
    if (auto* below = first_element(node->children)) return below;
    for (; node != root; node = node->parent)
        if (auto* beside = first_element(node->next)) return beside;
    return nullptr;
}

/// Every spelling under which an element may carry an id.
std::vector<std::string> ids_of(const Element& element) {
    std::vector<std::string> ids;
    const std::array carried{element.attribute("Id"), element.attribute("ID"), element.attribute("id"),
                             element.attribute(xml_space, "id")};
    for (const auto& id : carried)
        if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
    return ids;
}

}  // namespace

Document::Document(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Element Document::root() const { return Gate::element(xmlDocGetRootElement(parts_->tree.get())); }

std::vector<Element> Document::find(const std::function<bool(Element)>& wanted, std::size_t most) const {
    std::vector<Element> found;
    auto* const top = xmlDocGetRootElement(parts_->tree.get());
    for (auto* node = top; node != nullptr && found.size() < most; node = next_element(node, top))
        if (wanted(Gate::element(node))) found.push_back(Gate::element(node));
    return found;
}

std::vector<Element> Document::find(std::string_view space, std::string_view name) const {
    return find([&](const Element& element) { return element.is(space, name); });
}

void Document::Parts::index() {
    if (indexed) return;
    auto* const top = xmlDocGetRootElement(tree.get());
    for (auto* node = top; node != nullptr; node = next_element(node, top))
        for (auto& id : ids_of(Gate::element(node))) ids[std::move(id)].push_back(node);
    indexed = true;
}

std::vector<Element> Document::with_id(std::string_view id) const {
    parts_->index();
    std::vector<Element> found;
    if (const auto at = parts_->ids.find(std::string(id)); at != parts_->ids.end())
        for (auto* node : at->second) found.push_back(Gate::element(node));
    return found;
}

bool Document::has_duplicate_ids() const {
    parts_->index();
    return std::any_of(parts_->ids.begin(), parts_->ids.end(),
                       [](const auto& entry) { return entry.second.size() > 1; });
}

std::string escape(std::string_view text) {
    static constexpr std::string_view replacement = "\xef\xbf\xbd";
    std::string escaped;
    escaped.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        // The longest character first: two to four octets, when they are UTF-8 and XML can hold them.
        std::size_t size = 1;
        const auto lead = static_cast<unsigned char>(text[0]);
        if (lead >= 0x80) {
            size = lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 1;
            const auto character = text.substr(0, size);
            const bool fits = is_utf8(character) && character != "\xef\xbf\xbe" && character != "\xef\xbf\xbf";
            if (!fits) size = 1;
            escaped += fits ? character : replacement;
        } else {
            switch (text[0]) {
                case '&':
                    escaped += "&amp;";
                    break;
                case '<':
                    escaped += "&lt;";
                    break;
                case '>':
                    escaped += "&gt;";
                    break;
                case '"':
                    escaped += "&quot;";
                    break;
                case '\'':
                    escaped += "&apos;";
                    break;
                case '\r':
                    escaped += "&#13;";
                    break;
                default:
                    if (lead < 0x20 && lead != '\t' && lead != '\n') {
                        escaped += replacement;
                    } else {
                        escaped += text[0];
                    }
            }
        }
        text.remove_prefix(size);
    }
    return escaped;
}

}  // namespace onceway::xml
