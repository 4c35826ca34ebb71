#include "schemas/message/hash_chain.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/xml/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace onceway::message {
namespace {

using xml::Element;

constexpr std::string_view signature_space = "http://www.w3.org/2000/09/xmldsig#";

Fault malformed(std::string_view why) {
    return fault(FaultCode::malformed_hash_chain, fmt::format("Reading a hash chain: {}", why));
}

/// The document, once its root is `name` and holds nothing but elements.
Result<xml::Document> open(OctetsView octets, std::string_view name) {
    auto document = xml::Document::parse(octets, xml::canonical_bounds);
    if (!document) return malformed(document.error().detail);
    const auto root = document->root();
    if (!root.is(hash_chain_namespace, name)) return malformed(fmt::format("the root element is no {}", name));
    return document;
}

Result<std::string> required_attribute(const Element& element, std::string_view name) {
    auto value = element.attribute(name);
    if (!value || value->empty()) return malformed(fmt::format("{} has no attribute {}", element.name(), name));
    return *value;
}

/// A DigestMethod or DefaultDigestMethod: an Algorithm and nothing else.
Result<std::string> algorithm_of(const Element& element) {
    if (!element.has_only_attributes({"Algorithm"}) || !element.children().empty() || !element.holds_only_elements())
        return malformed(fmt::format("{} holds something besides Algorithm", element.name()));
    return required_attribute(element, "Algorithm");
}

Result<Octets> digest_of(const Element& element) {
    if (!element.has_only_attributes({})) return malformed("DigestValue has an attribute");
    auto text = element.text();
    if (!text) return malformed(text.error().detail);
    auto digest = from_spaced_base64(*text);
    if (!digest) return malformed(digest.error().detail);
    if (digest->empty()) return malformed("a DigestValue is empty");
    return digest;
}

Result<void> check_transforms(const Element& transforms) {
    const auto inner = transforms.children();
    if (inner.empty() || !transforms.holds_only_elements() || !transforms.has_only_attributes({}))
        return malformed("Transforms holds no Transform");
    for (const auto& transform : inner)
        if (!transform.is(signature_space, "Transform") || !transform.attribute("Algorithm"))
            return malformed("Transforms holds something besides a Transform with Algorithm");
    return {};
}

/// Takes the children of an element one after another, as a sequence in a schema does.
class Sequence {
public:
    explicit Sequence(const Element& element) : children_(element.children()) {}
    std::optional<Element> take(std::string_view space, std::string_view name) {
        if (next_ == children_.size() || !children_[next_].is(space, name)) return std::nullopt;
        return children_[next_++];
    }
    bool at_end() const { return next_ == children_.size(); }

private:
    std::vector<Element> children_;
    std::size_t next_ = 0;
};

std::optional<HashItem::Kind> kind_of(const Element& element) {
    if (element.is(hash_chain_namespace, "HashValue")) return HashItem::Kind::value;
    if (element.is(hash_chain_namespace, "StepRef")) return HashItem::Kind::step;
    if (element.is(hash_chain_namespace, "DataRef")) return HashItem::Kind::data;
    return std::nullopt;
}

Result<HashItem> read_item(const Element& element, const std::string& default_method) {
    const auto kind = kind_of(element);
    if (!kind) return malformed(fmt::format("a HashStep holds '{}'", element.qualified_name()));
    HashItem item{*kind, default_method, {}, {}, false};
    if (!element.holds_only_elements()) return malformed(fmt::format("{} holds text", element.name()));
    if (!(item.kind == HashItem::Kind::value ? element.has_only_attributes({}) : element.has_only_attributes({"URI"})))
        return malformed(fmt::format("{} has an unknown attribute", element.name()));
    if (item.kind != HashItem::Kind::value) {
        auto uri = required_attribute(element, "URI");
        if (!uri) return std::move(uri).error();
        item.uri = std::move(*uri);
    }
    Sequence children(element);
    if (const auto own = children.take(signature_space, "DigestMethod")) {
        auto method = algorithm_of(*own);
        if (!method) return std::move(method).error();
        item.method = std::move(*method);
    }
    if (item.kind != HashItem::Kind::step) {
        if (const auto transforms = children.take(signature_space, "Transforms")) {
            if (auto checked = check_transforms(*transforms); !checked) return checked.error();
            item.has_transforms = true;
        }
        const auto value = children.take(signature_space, "DigestValue");
        if (!value) return malformed(fmt::format("{} has no DigestValue where it belongs", element.name()));
        auto digest = digest_of(*value);
        if (!digest) return std::move(digest).error();
        item.digest = std::move(*digest);
    }
    if (!children.at_end())
        return malformed(fmt::format("{} holds an element that does not belong there", element.name()));
    return item;
}

/// Good enough for an XML ID: a name without colon.
bool is_name(std::string_view id) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    };
    const auto further = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    return !id.empty() && letter(id[0]) && std::all_of(id.begin(), id.end(), further);
}

Result<HashStep> read_step(const Element& element, const std::string& default_method) {
    if (!element.is(hash_chain_namespace, "HashStep"))
        return malformed(fmt::format("HashChain holds '{}'", element.qualified_name()));
    if (!element.has_only_attributes({"id"}) || !element.holds_only_elements())
        return malformed("a HashStep holds text or an unknown attribute");
    auto id = required_attribute(element, "id");
    if (!id) return std::move(id).error();
    if (!is_name(*id)) return malformed("the id of a HashStep is no XML name");
    HashStep step{std::move(*id), {}};
    for (const auto& child : element.children()) {
        auto item = read_item(child, default_method);
        if (!item) return std::move(item).error();
        step.items.push_back(std::move(*item));
    }
    return step;
}

std::string document_begin(std::string_view name, std::string_view attributes) {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
        "<ns2:{}{} xmlns=\"{}\" xmlns:ns2=\"{}\">\n",
        name, attributes, signature_space, hash_chain_namespace);
}

void append_item(std::string& text, const HashItem& item, std::string_view default_method) {
    const auto indent = [](int levels) { return std::string(static_cast<std::size_t>(levels) * 4, ' '); };
    const auto own_method = item.method == default_method ? std::string{}
                                                          : fmt::format("{}<DigestMethod Algorithm=\"{}\"/>\n",
                                                                        indent(3), xml::escape(item.method));
    if (item.kind == HashItem::Kind::step) {
        const auto open = fmt::format("{}<ns2:StepRef URI=\"{}\"", indent(2), xml::escape(item.uri));
        text += own_method.empty() ? open + "/>\n" : open + ">\n" + own_method + indent(2) + "</ns2:StepRef>\n";
        return;
    }
    const std::string_view name = item.kind == HashItem::Kind::value ? "HashValue" : "DataRef";
    const auto uri =
        item.kind == HashItem::Kind::data ? fmt::format(" URI=\"{}\"", xml::escape(item.uri)) : std::string{};
    text += fmt::format("{0}<ns2:{1}{2}>\n{3}{4}<DigestValue>{5}</DigestValue>\n{0}</ns2:{1}>\n", indent(2), name, uri,
                        own_method, indent(3), to_base64(item.digest));
}

}  // namespace

const HashStep* HashChain::find(std::string_view id) const {
    const auto at = std::find_if(steps.begin(), steps.end(), [&](const HashStep& step) { return step.id == id; });
    return at == steps.end() ? nullptr : &*at;
}

Result<HashChain> parse_hash_chain(OctetsView octets) {
    auto document = open(octets, "HashChain");
    if (!document) return std::move(document).error();
    const auto root = document->root();
    if (!root.has_only_attributes({}) || !root.holds_only_elements())
        return malformed("HashChain holds text or an unknown attribute");
    auto children = root.children();
    std::string default_method;
    if (!children.empty() && children.front().is(hash_chain_namespace, "DefaultDigestMethod")) {
        auto method = algorithm_of(children.front());
        if (!method) return std::move(method).error();
        default_method = std::move(*method);
        children.erase(children.begin());
    }
    if (children.size() > limits::hash_chain_steps) return malformed("there are too many steps");
    HashChain chain;
    std::unordered_set<std::string> ids;
    for (const auto& child : children) {
        auto step = read_step(child, default_method);
        if (!step) return std::move(step).error();
        if (!ids.insert(step->id).second) return malformed(fmt::format("two steps have the id '{}'", step->id));
        chain.steps.push_back(std::move(*step));
    }
    return chain;
}

Result<HashChainResult> parse_hash_chain_result(OctetsView octets) {
    auto document = open(octets, "HashChainResult");
    if (!document) return std::move(document).error();
    const auto root = document->root();
    if (!root.has_only_attributes({"URI"}) || !root.holds_only_elements())
        return malformed("HashChainResult holds text or an unknown attribute");
    auto uri = required_attribute(root, "URI");
    if (!uri) return std::move(uri).error();
    Sequence children(root);
    const auto method = children.take(signature_space, "DigestMethod");
    const auto value = children.take(signature_space, "DigestValue");
    if (!method || !value || !children.at_end())
        return malformed("HashChainResult must hold one DigestMethod and one DigestValue");
    auto algorithm = algorithm_of(*method);
    if (!algorithm) return std::move(algorithm).error();
    auto digest = digest_of(*value);
    if (!digest) return std::move(digest).error();
    return HashChainResult{std::move(*algorithm), std::move(*digest), std::move(*uri)};
}

Octets write_hash_chain(const HashChain& chain) {
    std::string default_method;
    for (const auto& step : chain.steps)
        if (default_method.empty() && !step.items.empty()) default_method = step.items.front().method;
    std::string text = document_begin("HashChain", "");
    if (!default_method.empty())
        text += fmt::format("    <ns2:DefaultDigestMethod Algorithm=\"{}\"/>\n", xml::escape(default_method));
    for (const auto& step : chain.steps) {
        text += fmt::format("    <ns2:HashStep id=\"{}\">\n", xml::escape(step.id));
        for (const auto& item : step.items) append_item(text, item, default_method);
        text += "    </ns2:HashStep>\n";
    }
    return text + "</ns2:HashChain>\n";
}

Octets write_hash_chain_result(const HashChainResult& result) {
    return document_begin("HashChainResult", fmt::format(" URI=\"{}\"", xml::escape(result.uri))) +
           fmt::format("    <DigestMethod Algorithm=\"{}\"/>\n    <DigestValue>{}</DigestValue>\n",
                       xml::escape(result.method), to_base64(result.digest)) +
           "</ns2:HashChainResult>\n";
}

}  // namespace onceway::message
