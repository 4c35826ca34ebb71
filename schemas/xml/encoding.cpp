#include "schemas/xml/encoding.hpp"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace onceway::xml {
namespace {

constexpr std::string_view little_mark = "\xff\xfe";
constexpr std::string_view big_mark = "\xfe\xff";

Fault refused(std::string_view why) { return fault(FaultCode::invalid_xml, fmt::format("Reading XML: {}", why)); }

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// The way from one encoding to UTF-8.
class Converter {
public:
    explicit Converter(const char* from) : handle_(::iconv_open("UTF-8", from)) {}
    ~Converter() {
        if (known()) ::iconv_close(handle_);
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;

    bool known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT(performance-no-int-to-ptr)

    /// All of `octets`, or where the first one stands that has no meaning.
    std::optional<std::size_t> convert(OctetsView octets, Octets& text) {
        std::array<char, 8192> piece{};
        auto* from = const_cast<char*>(octets.data());  // iconv's signature; it only reads
        auto left = octets.size();
        while (left > 0) {
            auto* to = piece.data();
            auto room = piece.size();
            const bool whole = ::iconv(handle_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
            text.append(piece.data(), piece.size() - room);
            if (!whole && errno != E2BIG) return octets.size() - left;
        }
        return std::nullopt;
    }

private:
    iconv_t handle_;
};

Result<Octets> converted(OctetsView octets, const std::string& name) {
    Converter converter(name.c_str());
    if (!converter.known()) return refused(fmt::format("this system cannot convert '{}' to UTF-8", name));
    Octets text;
    text.reserve(octets.size() + octets.size() / 4);
    if (const auto at = converter.convert(octets, text))
        return refused(fmt::format("octet {} has no meaning in {}", *at, name));
    return text;
}

/// The number that ends `name` after `front`, when it lies between `least` and `most`.
std::optional<int> numbered(std::string_view name, std::string_view front, int least, int most) {
    if (name.size() <= front.size() || !same_ignoring_case(name.substr(0, front.size()), front)) return std::nullopt;
    name.remove_prefix(front.size());
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size() || name[0] == '0') return std::nullopt;
    return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

/// What iconv calls an encoding of one octet a character that we read; empty for every other name.
std::string one_octet_encoding(std::string_view name) {
    if (const auto part = numbered(name, "ISO-8859-", 1, 16); part && *part != 12)
        return fmt::format("ISO-8859-{}", *part);
    if (const auto page = numbered(name, "windows-", 1250, 1258)) return fmt::format("CP{}", *page);
    return {};
}

Result<Utf8Text> marked_utf8(OctetsView document, std::string_view charset) {
    if (!charset.empty() && !same_ignoring_case(charset, "UTF-8"))
        return refused(fmt::format("a UTF-8 byte order mark stands in front, and the content type says '{}'",
                                   charset.substr(0, 40)));
    document.remove_prefix(utf8_mark.size());
    const auto declared = declared_encoding(document);
    if (!declared.empty() && !same_ignoring_case(declared, "UTF-8"))
        return refused(fmt::format("a UTF-8 byte order mark stands in front, and the declaration says '{}'",
                                   declared.substr(0, 40)));
    return Utf8Text{document, {}, true};
}

Result<Utf8Text> marked_utf16(OctetsView document, std::string_view charset, std::string_view order) {
    const auto full = fmt::format("UTF-16{}", order);
    const auto fits = [&](std::string_view name) {
        return name.empty() || same_ignoring_case(name, "UTF-16") || same_ignoring_case(name, full);
    };
    if (!fits(charset))
        return refused(fmt::format("a byte order mark of {} stands in front, and the content type says '{}'", full,
                                   charset.substr(0, 40)));
    auto text = converted(document.substr(2), full);
    if (!text) return std::move(text).error();
    const auto declared = declared_encoding(*text);
    if (!fits(declared))
        return refused(fmt::format("a byte order mark of {} stands in front, and the declaration says '{}'", full,
                                   declared.substr(0, 40)));
    return Utf8Text{document, std::move(*text), false};
}

/// Without a mark the declaration decides.
Result<Utf8Text> declared_text(OctetsView document) {
    if (document.substr(0, 4).find('\0') != OctetsView::npos)
        return refused("the document is no UTF-8; UTF-16 is read with a byte order mark only, UTF-32 never");
    const auto declared = declared_encoding(document);
    if (declared.empty() || same_ignoring_case(declared, "UTF-8")) return Utf8Text{document, {}, false};
    if (same_ignoring_case(declared, "US-ASCII")) {
        for (std::size_t i = 0; i < document.size(); ++i)
            if (static_cast<unsigned char>(document[i]) >= 0x80)
                return refused(fmt::format("octet {} has no meaning in US-ASCII", i));
        return Utf8Text{document, {}, false};
    }
    const auto name = one_octet_encoding(declared);
    if (name.empty())
        return refused(
            fmt::format("the encoding is declared as '{}'; UTF-8, UTF-16 with a byte order mark, ISO-8859 "
                        "and Windows-125x are read",
                        declared.substr(0, 40)));
    auto text = converted(document, name);
    if (!text) return std::move(text).error();
    return Utf8Text{document, std::move(*text), false};
}

/// The value of a pseudo-attribute of the XML declaration; empty when it is absent. The parser checks the syntax.
std::string_view pseudo_attribute(std::string_view declaration, std::string_view name) {
    for (auto at = declaration.find(name); at != std::string_view::npos; at = declaration.find(name, at + 1)) {
        if (at == 0 || !is_blank(declaration[at - 1])) continue;
        auto rest = declaration.substr(at + name.size());
        while (!rest.empty() && (is_blank(rest[0]) || rest[0] == '=')) rest.remove_prefix(1);
        if (rest.empty()) return {};
        const auto end = rest.find(rest[0], 1);
        if (end != std::string_view::npos) return rest.substr(1, end - 1);
    }
    return {};
}

}  // namespace

bool is_known_charset(std::string_view name) {
    if (same_ignoring_case(name, "UTF-8")) return true;
    constexpr std::size_t longest = 40;
    const auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("-_.:+").find(c) != std::string_view::npos;
    };
    if (name.empty() || name.size() > longest || !std::ranges::all_of(name, fits)) return false;
    return Converter(std::string(name).c_str()).known();
}

std::string_view declared_encoding(std::string_view text) {
    if (!text.starts_with("<?xml") || text.size() < 6 || !is_blank(text[5])) return {};
    const auto end = text.find("?>");
    if (end == std::string_view::npos) return {};
    return pseudo_attribute(text.substr(5, end - 5), "encoding");
}

namespace {

Result<Utf8Text> read_as_marked(OctetsView document, std::string_view charset) {
    if (document.starts_with(utf8_mark)) return marked_utf8(document, charset);
    if (document.starts_with(little_mark)) return marked_utf16(document, charset, "LE");
    if (document.starts_with(big_mark)) return marked_utf16(document, charset, "BE");
    return declared_text(document);
}

}  // namespace

Result<Utf8Text> as_utf8(OctetsView document, std::string_view charset) {
    auto read = read_as_marked(document, charset);
    if (read && read->text().starts_with(utf8_mark)) return refused("a second byte order mark stands behind the first");
    return read;
}

}  // namespace onceway::xml
