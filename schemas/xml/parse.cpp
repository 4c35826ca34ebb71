// From octets to a tree: the bounds before the library, the bounds inside it, and what must hold afterwards.
#include "schemas/xml/parts.hpp"
#include "schemas/xml/prescan.hpp"
#include "schemas/xml/watch.hpp"

#include <libxml/SAX2.h>
#include <libxml/parserInternals.h>

#include <cstdint>
#include <utility>

namespace onceway::xml {
namespace {

Watch& watch_of(void* context) { return *static_cast<Watch*>(static_cast<xmlParserCtxt*>(context)->_private); }

void element_begins(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* space, int declarations,
                    const xmlChar** declared, int attributes, int defaulted, const xmlChar** values) {
    if (watch_of(context).element_begins(static_cast<xmlParserCtxt*>(context), declarations, attributes))
        xmlSAX2StartElementNs(context, name, prefix, space, declarations, declared, attributes, defaulted, values);
}

void element_ends(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* space) {
    watch_of(context).element_ends();
    xmlSAX2EndElementNs(context, name, prefix, space);
}

void doctype_found(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    watch_of(context).refuse(static_cast<xmlParserCtxt*>(context), doctype_refused());
}

}  // namespace

Result<Document> Document::parse(OctetsView octets, const Bounds& bounds) {
    // 1. What would be expensive or read differently never reaches the library.
    auto checked = prescan(octets, bounds);
    if (!checked) return std::move(checked).error();
    if (checked->size() > INT32_MAX) return too_much("the document has too many octets", INT32_MAX);

    // 2. The library reads, and is stopped at the first thing beyond the bounds.
    make_ready();
    Context context(xmlNewParserCtxt());
    if (!context) throw std::bad_alloc();
    Watch watch(bounds);
    context->_private = &watch;
    context->sax->internalSubset = doctype_found;
    context->sax->externalSubset = doctype_found;
    context->sax->startElementNs = element_begins;
    context->sax->endElementNs = element_ends;
    auto parts = std::make_unique<Parts>();
    constexpr int quietly =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES | XML_PARSE_IGNORE_ENC;
    xmlCtxtUseOptions(context.get(), quietly);
    const Octets text(*checked);
    try {
        give(context.get(), text);
        xmlParseDocument(context.get());
        parts->tree.reset(std::exchange(context->myDoc, nullptr));
    } catch (const std::bad_alloc&) {
        static_cast<void>(context.release());  // the library was cut short: what it holds cannot be told from rubble
        throw;
    }

    // 3. A tree alone says neither that the document is well-formed nor that it is XML 1.0.
    if (auto fine = judge(*context, watch); !fine) return std::move(fine).error();
    if (!parts->tree || xmlDocGetRootElement(parts->tree.get()) == nullptr)
        return fault(FaultCode::invalid_xml, "Reading XML: there is no root element");
    return Document(std::move(parts));
}

}  // namespace onceway::xml
