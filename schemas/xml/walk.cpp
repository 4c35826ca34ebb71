#include "schemas/xml/walk.hpp"

#include "schemas/xml/parts.hpp"
#include "schemas/xml/prescan.hpp"
#include "schemas/xml/watch.hpp"

#include <libxml/parserInternals.h>

#include <cstdint>

namespace onceway::xml {
namespace {

std::string_view view(const xmlChar* text) {
    return text != nullptr ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view{};
}

/// Documents up to this size are copied to the same place each time.
constexpr std::size_t kept_octets = 64 * 1024;

/// One walk: between the library's calls and the visitor's.
struct Walk {
    Walk(OctetsView given, Visitor& told, const Bounds& bounds) : text(given), visitor(told), watch(bounds) {}

    OctetsView text;
    Visitor& visitor;
    Watch watch;
};

xmlParserCtxt* parser(void* context) { return static_cast<xmlParserCtxt*>(context); }
Walk& walk_of(void* context) { return *static_cast<Walk*>(parser(context)->_private); }

/// How many octets the library has taken. It converts nothing, so these are octets of the text.
std::size_t taken(void* context) {
    const auto* input = parser(context)->input;
    return input->consumed + static_cast<std::size_t>(input->cur - input->base);
}

void stop_if_refused(void* context, Walk& walk) {
    if (walk.visitor.refusal) walk.watch.refuse(parser(context), *walk.visitor.refusal);
}

void element_begins(void* context, const xmlChar* name, const xmlChar* prefix, const xmlChar* space, int declarations,
                    const xmlChar** declared, int attributes, int, const xmlChar** values) {
    auto& walk = walk_of(context);
    if (!walk.watch.element_begins(parser(context), declarations, attributes)) return;
    // The library stands before '>' or '/>'. No value holds '<', so the next one backwards begins this tag.
    const auto at = taken(context);
    const auto end = at + (walk.text.substr(at, 1) == "/" ? 2 : 1);
    const StartTag tag{view(name),
                       view(prefix),
                       view(space),
                       walk.text.rfind('<', at),
                       end,
                       {values, static_cast<std::size_t>(attributes) * 5},
                       {declared, static_cast<std::size_t>(declarations) * 2}};
    walk.visitor.begins(tag);
    stop_if_refused(context, walk);
}

void element_ends(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    auto& walk = walk_of(context);
    walk.watch.element_ends();
    const auto end = taken(context);  // behind '>'
    walk.visitor.ends(walk.text.rfind('<', end - 1), end);
    stop_if_refused(context, walk);
}

void text_found(void* context, const xmlChar* text, int size) {
    auto& walk = walk_of(context);
    walk.visitor.text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
    stop_if_refused(context, walk);
}

void doctype_found(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    walk_of(context).watch.refuse(parser(context), doctype_refused());
}

/// The calls that we want, and no others: none of the library's own, which would build a tree.
void listen(xmlSAXHandler& calls) {
    calls = {};
    calls.initialized = XML_SAX2_MAGIC;
    calls.internalSubset = doctype_found;
    calls.externalSubset = doctype_found;
    calls.startElementNs = element_begins;
    calls.endElementNs = element_ends;
    calls.characters = text_found;
    calls.ignorableWhitespace = text_found;
    calls.cdataBlock = text_found;
}

/// The library's side of one thread: made once, because it costs as much to make as a small document to read.
class Reader {
public:
    /// Reads `text` and reports to `walk`.
    Result<void> read(const Octets& text, Walk& walk) {
        if (!context_) begin_anew();
        context_->_private = &walk;
        listen(*context_->sax);
        xmlCtxtUseOptions(context_.get(), options);
        try {
            give(context_.get(), text);
            xmlParseDocument(context_.get());
        } catch (...) {
            static_cast<void>(context_.release());  // cut short: what the library holds cannot be told from rubble
            throw;
        }
        auto judged = judge(*context_, walk.watch);
        if (text.size() > kept_octets || has_grown())
            context_.reset();
        else
            xmlCtxtReset(context_.get());  // the text is gone before the next one comes
        return judged;
    }

    Octets& room() { return room_; }

private:
    static constexpr int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES | XML_PARSE_IGNORE_ENC;
    // Names of elements, attributes and namespaces, from all documents so far.
    static constexpr int most_names = 2'000;
    static constexpr std::size_t most_name_octets = 64 * 1024;

    bool has_grown() const {
        return xmlDictSize(context_->dict) > most_names || xmlDictGetUsage(context_->dict) > most_name_octets;
    }

    void begin_anew() {
        context_.reset(xmlNewParserCtxt());
        if (!context_) throw std::bad_alloc();
    }

    Context context_;
    Octets room_;  // for small documents
};

Reader& reader_of_this_thread() {
    make_ready();
    thread_local Reader reader;
    return reader;
}

}  // namespace

std::optional<std::string_view> StartTag::attribute(std::string_view wanted_space, std::string_view wanted) const {
    for (std::size_t i = 0; i + 4 < attributes_.size(); i += 5) {
        if (view(attributes_[i]) != wanted || view(attributes_[i + 2]) != wanted_space) continue;
        const auto* begin = reinterpret_cast<const char*>(attributes_[i + 3]);
        const auto* end = reinterpret_cast<const char*>(attributes_[i + 4]);
        return std::string_view(begin, static_cast<std::size_t>(end - begin));
    }
    return std::nullopt;
}

bool StartTag::declares(std::string_view wanted_prefix) const {
    for (std::size_t i = 0; i + 1 < declarations_.size(); i += 2)
        if (view(declarations_[i]) == wanted_prefix) return true;
    return false;
}

Result<void> walk(OctetsView text, Visitor& visitor, const Bounds& bounds) {
    if (auto fine = prescan_text(text, bounds); !fine) return fine;
    if (text.size() > INT32_MAX) return too_much("the document has too many octets", INT32_MAX);
    auto& reader = reader_of_this_thread();
    Walk walk(text, visitor, bounds);
    if (text.size() > kept_octets) return reader.read(Octets(text), walk);
    reader.room().assign(text);
    return reader.read(reader.room(), walk);
}

}  // namespace onceway::xml
