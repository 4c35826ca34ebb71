// From octets to a tree: the bounds before the library, the bounds inside it, and what must hold afterwards.
#include "schemas/xml/parts.hpp"
#include "schemas/xml/prescan.hpp"

#include <fmt/format.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <cstdint>

namespace onceway::xml {
namespace {

struct FreesContext {
    void operator()(xmlParserCtxt* context) const noexcept { xmlFreeParserCtxt(context); }
};
using Context = std::unique_ptr<xmlParserCtxt, FreesContext>;

/// The library looks a prefix up by walking the declarations in scope. The steps of all elements together may not reach
/// this, which is some hundred milliseconds.
constexpr std::uint64_t most_namespace_work = 50'000'000;

/// What is counted while the library reads.
struct Count {
    const Bounds& bounds;
    std::vector<std::size_t> declared_at;  // declarations of each open element
    std::size_t declared = 0;              // in the whole document
    std::size_t in_scope = 0;
    std::uint64_t work = 0;
    std::optional<Fault> refusal;

    void refuse(xmlParserCtxt* context, Fault why) {
        if (!refusal) refusal = std::move(why);
        xmlStopParser(context);
    }
};

Count& count_of(void* context) { return *static_cast<Count*>(static_cast<xmlParserCtxt*>(context)->_private); }

Fault too_much(std::string_view what, std::uint64_t limit) {
    return fault(FaultCode::too_large, fmt::format("Reading XML: {} (limit {})", what, limit));
}

void element_begins(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* space, int declarations,
                    const xmlChar** declared, int attributes, int defaulted, const xmlChar** values) {
    auto& count = count_of(context);
    auto* parser = static_cast<xmlParserCtxt*>(context);
    const auto here = static_cast<std::size_t>(declarations);
    count.declared_at.push_back(here);
    count.declared += here;
    count.in_scope += here;
    count.work += count.in_scope;
    const auto& bounds = count.bounds;
    if (count.declared_at.size() > bounds.depth)
        return count.refuse(parser, too_much("elements lie too deep", bounds.depth));
    if (count.declared > bounds.namespaces)
        return count.refuse(parser, too_much("too many namespace declarations", bounds.namespaces));
    if (count.work > most_namespace_work)
        return count.refuse(parser, too_much("too many elements below many namespaces", most_namespace_work));
    if (static_cast<std::size_t>(attributes) > bounds.attributes_per_element)
        return count.refuse(parser, too_much("an element has too many attributes", bounds.attributes_per_element));
    xmlSAX2StartElementNs(context, name, prefix, space, declarations, declared, attributes, defaulted, values);
}

void element_ends(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* space) {
    auto& count = count_of(context);
    if (!count.declared_at.empty()) {
        count.in_scope -= count.declared_at.back();
        count.declared_at.pop_back();
    }
    xmlSAX2EndElementNs(context, name, prefix, space);
}

void doctype_found(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    count_of(context).refuse(
        static_cast<xmlParserCtxt*>(context),
        fault(FaultCode::invalid_xml, "Reading XML: a document type declaration (DOCTYPE) is never accepted"));
}

Fault malformed(const xmlParserCtxt& context) {
    forget_complaint();
    keep_complaint(context.lastError.message, context.lastError.line);
    return fault(FaultCode::invalid_xml, fmt::format("Reading XML: {}", complaint()));
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
    Count count{bounds, {}, 0, 0, 0, {}};
    context->_private = &count;
    context->sax->internalSubset = doctype_found;
    context->sax->externalSubset = doctype_found;
    context->sax->startElementNs = element_begins;
    context->sax->endElementNs = element_ends;
    auto parts = std::make_unique<Parts>();
    constexpr int quietly = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES;
    try {
        parts->tree.reset(xmlCtxtReadMemory(context.get(), checked->data(), static_cast<int>(checked->size()), nullptr,
                                            "UTF-8", quietly));
    } catch (const std::bad_alloc&) {
        static_cast<void>(context.release());  // the library was cut short: what it holds cannot be told from rubble
        throw;
    }

    // 3. Well-formed, namespaces included, and XML 1.0: a tree alone says none of these.
    if (count.refusal) return std::move(*count.refusal);
    if (!parts->tree || context->wellFormed == 0 || context->nsWellFormed == 0 ||
        context->lastError.level >= XML_ERR_ERROR)
        return malformed(*context);
    const auto* version = reinterpret_cast<const char*>(parts->tree->version);
    if (version == nullptr || std::string_view(version) != "1.0")
        return fault(FaultCode::invalid_xml, "Reading XML: only version 1.0 is read");
    if (xmlDocGetRootElement(parts->tree.get()) == nullptr)
        return fault(FaultCode::invalid_xml, "Reading XML: there is no root element");
    return Document(std::move(parts));
}

}  // namespace onceway::xml
