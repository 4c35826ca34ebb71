#include "schemas/xml/parts.hpp"

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include <string.h>
#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>

namespace onceway::xml {
namespace {

using Texts = std::vector<std::pair<std::string, Octets>>;

thread_local const Texts* allowed_texts = nullptr;
thread_local std::string last_complaint;

std::string_view last_segment(std::string_view location) { return location.substr(location.rfind('/') + 1); }

const Octets* allowed_text(std::string_view location) {
    if (allowed_texts == nullptr) return nullptr;
    for (const auto& [name, text] : *allowed_texts)
        if (name == location) return &text;
    for (const auto& [name, text] : *allowed_texts)
        if (last_segment(name) == last_segment(location)) return &text;
    return nullptr;
}

/// The loader of the whole process: serves what this thread has allowed, and nothing else. It opens no file and no
/// connection, whatever a document asks for.
xmlParserInputPtr serve_allowed(const char* url, const char*, xmlParserCtxtPtr context) {
    const auto* text = url != nullptr ? allowed_text(url) : nullptr;
    if (text == nullptr) return nullptr;
    auto* buffer = xmlParserInputBufferCreateMem(text->data(), static_cast<int>(text->size()), XML_CHAR_ENCODING_NONE);
    if (buffer == nullptr) return nullptr;
    auto* input = xmlNewIOInputStream(context, buffer, XML_CHAR_ENCODING_NONE);
    if (input == nullptr) {
        xmlFreeParserInputBuffer(buffer);
        return nullptr;
    }
    input->filename = reinterpret_cast<const char*>(xmlStrdup(reinterpret_cast<const xmlChar*>(url)));
    return input;
}

/// Memory for the library. It does not look everywhere whether there was any, so what cannot be had is thrown past it,
/// as it is everywhere in our own code.
void* there(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void* allocated(std::size_t size) { return there(std::malloc(std::max<std::size_t>(size, 1))); }
void* allocated_anew(void* memory, std::size_t size) {
    return there(std::realloc(memory, std::max<std::size_t>(size, 1)));
}
char* allocated_copy(const char* text) { return static_cast<char*>(there(::strdup(text))); }

void keep_structured(void*, xmlErrorPtr error) {
    if (error->level >= XML_ERR_ERROR) keep_complaint(error->message, error->line);
}

}  // namespace

void FreesTree::operator()(_xmlDoc* tree) const noexcept { xmlFreeDoc(tree); }

void make_ready() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (xmlMemSetup(std::free, allocated, allocated_anew, allocated_copy) != 0) throw std::bad_alloc();
        xmlInitParser();
        xmlSetExternalEntityLoader(serve_allowed);
    });
    thread_local bool listening = false;
    if (!listening) xmlSetStructuredErrorFunc(nullptr, keep_structured);
    listening = true;
}

const std::string& complaint() { return last_complaint; }
void forget_complaint() { last_complaint.clear(); }

void keep_complaint(const char* text, int line) {
    if (!last_complaint.empty()) return;  // the first one tells the cause
    std::string_view said = text != nullptr ? text : "no reason given";
    while (!said.empty() && said.back() == '\n') said.remove_suffix(1);
    last_complaint = fmt::format("{} (line {})", said.substr(0, 300), line);
}

AllowedTexts::AllowedTexts(const Texts& texts) { allowed_texts = &texts; }
AllowedTexts::~AllowedTexts() { allowed_texts = nullptr; }

}  // namespace onceway::xml
