// The addresses of a WSDL, hidden in the text itself: a parser says that the document is sound, and what is sound can
// be walked tag by tag with a scanner that knows no more than the parser has already checked.
#include "schemas/description/bounded_xml.hpp"
#include "schemas/description/wsdl.hpp"

namespace onceway::description {
namespace {

constexpr std::string_view blanks = " \t\r\n";

struct Attribute {
    std::string_view name, value;  // as written, in the document
};

/// A start tag of a well-formed document.
struct StartTag {
    std::string_view name;
    std::vector<Attribute> attributes;
    bool empty = false;   // "<a/>"
    std::size_t end = 0;  // position behind '>'
};

StartTag start_tag_at(OctetsView text, std::size_t begin) {
    StartTag tag;
    auto at = text.find_first_of(" \t\r\n/>", begin + 1);
    tag.name = text.substr(begin + 1, at - begin - 1);
    for (at = text.find_first_not_of(blanks, at); text[at] != '/' && text[at] != '>';) {
        const auto name_end = text.find_first_of(" \t\r\n=", at);
        const auto open = text.find_first_of("\"'", name_end);
        const auto close = text.find(text[open], open + 1);
        tag.attributes.push_back({text.substr(at, name_end - at), text.substr(open + 1, close - open - 1)});
        at = text.find_first_not_of(blanks, close + 1);
    }
    tag.empty = text[at] == '/';
    tag.end = text.find('>', at) + 1;
    return tag;
}

/// True when an attribute's value, references resolved, is `expected`, which is ASCII.
bool spells(std::string_view value, std::string_view expected) {
    while (!value.empty() && !expected.empty()) {
        unsigned long character = static_cast<unsigned char>(value[0]);
        std::size_t length = 1;
        if (value.starts_with("&#")) {
            const bool hex = value.starts_with("&#x");
            length = value.find(';') + 1;
            character = std::strtoul(std::string(value.substr(hex ? 3 : 2, length)).c_str(), nullptr, hex ? 16 : 10);
        }
        if (character != static_cast<unsigned char>(expected[0])) return false;
        value.remove_prefix(length);
        expected.remove_prefix(1);
    }
    return value.empty() && expected.empty();
}

/// Which prefixes mean the namespace of SOAP 1.1 addresses where the scanner stands.
class Scopes {
public:
    void enter(const StartTag& tag) {
        begins_.push_back(declared_.size());
        for (const auto& [name, value] : tag.attributes) {
            if (name == "xmlns") declared_.push_back({"", spells(value, soap11_space)});
            if (name.starts_with("xmlns:")) declared_.push_back({name.substr(6), spells(value, soap11_space)});
        }
    }
    void leave() {
        declared_.resize(begins_.back());
        begins_.pop_back();
    }
    bool is_address(std::string_view qualified) const {
        const auto colon = qualified.find(':');
        const auto prefix = colon == std::string_view::npos ? "" : qualified.substr(0, colon);
        if (qualified.substr(colon == std::string_view::npos ? 0 : colon + 1) != "address") return false;
        for (auto declared = declared_.rbegin(); declared != declared_.rend(); ++declared)
            if (declared->prefix == prefix) return declared->meant;
        return false;
    }

private:
    struct Declared {
        std::string_view prefix;
        bool meant;
    };
    std::vector<Declared> declared_;
    std::vector<std::size_t> begins_;  // of each open element
};

/// The values of `location` to be replaced, in the order of the document.
std::vector<std::string_view> locations(OctetsView text) {
    std::vector<std::string_view> found;
    Scopes scopes;
    for (auto at = text.find('<'); at != OctetsView::npos; at = text.find('<', at)) {
        const auto rest = text.substr(at);
        if (rest.starts_with("<!--")) {
            at = text.find("-->", at + 4) + 3;
        } else if (rest.starts_with("<![CDATA[")) {
            at = text.find("]]>", at + 9) + 3;
        } else if (rest.starts_with("<?")) {
            at = text.find("?>", at + 2) + 2;
        } else if (rest.starts_with("</")) {
            scopes.leave();
            at += 2;
        } else {
            const auto tag = start_tag_at(text, at);
            scopes.enter(tag);
            if (scopes.is_address(tag.name))
                for (const auto& [name, value] : tag.attributes)
                    if (name == "location") found.push_back(value);
            if (tag.empty) scopes.leave();
            at = tag.end;
        }
    }
    return found;
}

}  // namespace

Result<Octets> mask_wsdl_addresses(OctetsView document) {
    if (const auto sound = parse_wsdl(document); !sound) return sound.error();
    Octets masked;
    masked.reserve(document.size());
    const char* kept = document.data();
    for (const auto& value : locations(document)) {
        masked.append(kept, value.data());
        masked += hidden_address;
        kept = value.data() + value.size();
    }
    masked.append(kept, document.data() + document.size());
    return masked;
}

}  // namespace onceway::description
