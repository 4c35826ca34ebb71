#include "schemas/xml/watch.hpp"

#include "schemas/xml/parts.hpp"

#include <fmt/format.h>
#include <libxml/parserInternals.h>

#include <new>

namespace onceway::xml {
namespace {

/// The library looks a prefix up by walking the declarations in scope. The steps of all elements together may not reach
/// this, which is some hundred milliseconds.
constexpr std::uint64_t most_namespace_work = 50'000'000;

Fault malformed(const xmlParserCtxt& context) {
    forget_complaint();
    keep_complaint(context.lastError.message, context.lastError.line);
    return fault(FaultCode::invalid_xml, fmt::format("Reading XML: {}", complaint()));
}

}  // namespace

void FreesContext::operator()(xmlParserCtxt* context) const noexcept { xmlFreeParserCtxt(context); }

Fault too_much(std::string_view what, std::uint64_t limit) {
    return fault(FaultCode::too_large, fmt::format("Reading XML: {} (limit {})", what, limit));
}

void Watch::refuse(xmlParserCtxt* context, Fault why) {
    if (!refusal) refusal = std::move(why);
    xmlStopParser(context);
}

bool Watch::element_begins(xmlParserCtxt* context, int declarations, int attributes) {
    const auto here = static_cast<std::size_t>(declarations);
    declared_at.push_back(here);
    declared += here;
    in_scope += here;
    work += in_scope;
    if (declared_at.size() > bounds.depth)
        refuse(context, too_much("elements lie too deep", bounds.depth));
    else if (declared > bounds.namespaces)
        refuse(context, too_much("too many namespace declarations", bounds.namespaces));
    else if (work > most_namespace_work)
        refuse(context, too_much("too many elements below many namespaces", most_namespace_work));
    else if (static_cast<std::size_t>(attributes) > bounds.attributes_per_element)
        refuse(context, too_much("an element has too many attributes", bounds.attributes_per_element));
    return !refusal;
}

void Watch::element_ends() {
    if (declared_at.empty()) return;
    in_scope -= declared_at.back();
    declared_at.pop_back();
}

void give(xmlParserCtxt* context, const Octets& text) {
    auto* input = xmlNewInputStream(context);
    if (input == nullptr) throw std::bad_alloc();
    input->base = input->cur = reinterpret_cast<const xmlChar*>(text.c_str());
    input->end = input->base + text.size();
    input->length = static_cast<int>(text.size());
    if (inputPush(context, input) < 0) throw std::bad_alloc();
}

Fault doctype_refused() {
    return fault(FaultCode::invalid_xml, "Reading XML: a document type declaration (DOCTYPE) is never accepted");
}

Result<void> judge(const xmlParserCtxt& context, const Watch& watch) {
    if (watch.refusal) return *watch.refusal;
    if (context.wellFormed == 0 || context.nsWellFormed == 0 || context.lastError.level >= XML_ERR_ERROR)
        return malformed(context);
    const auto* version = reinterpret_cast<const char*>(context.version);
    if (version == nullptr || std::string_view(version) != "1.0")
        return fault(FaultCode::invalid_xml, "Reading XML: only version 1.0 is read");
    return {};
}

}  // namespace onceway::xml
