// The canonical form of a part of a document, in the context of the whole.
#include "schemas/xml/parts.hpp"

#include <fmt/format.h>
#include <libxml/c14n.h>
#include <libxml/tree.h>
#include <libxml/xmlIO.h>

namespace onceway::xml {
namespace {

struct ClosesBuffer {
    void operator()(xmlOutputBuffer* buffer) const noexcept { xmlOutputBufferClose(buffer); }
};

/// True for the chosen element and everything below it. Attributes and namespaces go with the element that carries
/// them.
int lies_within(void* chosen, xmlNodePtr node, xmlNodePtr parent) {
    const xmlNode* at = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE ? parent : node;
    for (; at != nullptr && at->type != XML_DOCUMENT_NODE; at = at->parent)
        if (at == chosen) return 1;
    return 0;
}

}  // namespace

Result<Octets> Document::canonical(Element element, C14n algorithm) const {
    make_ready();
    forget_complaint();
    const std::unique_ptr<xmlOutputBuffer, ClosesBuffer> buffer(xmlAllocOutputBuffer(nullptr));
    if (!buffer) throw std::bad_alloc();
    const auto mode = algorithm == C14n::inclusive ? XML_C14N_1_0 : XML_C14N_EXCLUSIVE_1_0;
    const int outcome =
        xmlC14NExecute(parts_->tree.get(), lies_within, Gate::node(element), mode, nullptr, 0, buffer.get());
    // Into a buffer of this kind success is 0. An empty form would verify against the digest of nothing.
    const auto size = xmlOutputBufferGetSize(buffer.get());
    if (outcome < 0 || size == 0)
        return fault(FaultCode::invalid_xml, fmt::format("Canonicalising '{}': {}", element.qualified_name(),
                                                         complaint().empty() ? "the result is empty" : complaint()));
    return Octets(reinterpret_cast<const char*>(xmlOutputBufferGetContent(buffer.get())), size);
}

}  // namespace onceway::xml
