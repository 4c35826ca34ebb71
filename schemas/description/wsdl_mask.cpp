// The addresses of a WSDL, hidden in the text itself: a walk says where each address element stands.
#include "schemas/description/bounded_xml.hpp"
#include "schemas/description/wsdl.hpp"
#include "schemas/xml/encoding.hpp"
#include "schemas/xml/walk.hpp"

namespace onceway::description {
namespace {

/// The value of the attribute `location` of a start tag, as written; nothing when there is none. The walk tells of a
/// tag before it refuses it, so the tag may be malformed: then any answer will do, because nothing comes of it.
std::optional<std::string_view> location_in(std::string_view tag) {
    constexpr std::string_view blanks = " \t\r\n";
    constexpr auto none = std::string_view::npos;
    for (auto at = tag.find_first_of(" \t\r\n/>");;) {
        at = tag.find_first_not_of(blanks, at);
        if (at == none || tag[at] == '/' || tag[at] == '>') return std::nullopt;
        const auto name_end = tag.find_first_of(" \t\r\n=", at);
        const auto open = tag.find_first_of("\"'", name_end);
        const auto close = open == none ? none : tag.find(tag[open], open + 1);
        if (close == none) return std::nullopt;
        if (tag.substr(at, name_end - at) == "location") return tag.substr(open + 1, close - open - 1);
        at = close + 1;
    }
}

/// Copies a text and puts the hidden address in place of each location.
class Masking final : public xml::Visitor {
public:
    explicit Masking(OctetsView text) : text_(text), kept_(text) { masked_.reserve(text.size()); }

    void begins(const xml::StartTag& tag) override {
        if (!tag.is(soap11_space, "address")) return;
        const auto value = location_in(text_.substr(tag.begin, tag.end - tag.begin));
        if (!value) return;
        const auto before = static_cast<std::size_t>(value->data() - kept_.data());
        masked_.append(kept_.substr(0, before)).append(hidden_address);
        kept_.remove_prefix(before + value->size());
    }
    void text(std::string_view) override {}
    void ends(std::size_t, std::size_t) override {}

    Octets take() && { return std::move(masked_.append(kept_)); }

private:
    OctetsView text_, kept_;  // the whole; what is not copied yet
    Octets masked_;
};

}  // namespace

Result<Octets> mask_wsdl_addresses(OctetsView document) {
    const auto read = wsdl_text(document);
    if (!read) return read.error();
    Masking masking(read->text());
    if (auto walked = xml::walk(read->text(), masking, wsdl_bounds()); !walked) return walked.error();
    auto masked = std::move(masking).take();
    if (read->mark && !read->rewritten) masked.insert(0, xml::utf8_mark);
    return masked;
}

}  // namespace onceway::description
