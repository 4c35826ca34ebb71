// The one door to libyaml: its parser says what each value is and where it stood.
#include "schemas/description/shown.hpp"
#include "schemas/description/tree.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <new>

namespace onceway::description {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Tags that change nothing of what we read; any other would make another document of it.
constexpr std::array<std::string_view, 9> plain_tags{"!",
                                                     "tag:yaml.org,2002:str",
                                                     "tag:yaml.org,2002:int",
                                                     "tag:yaml.org,2002:float",
                                                     "tag:yaml.org,2002:bool",
                                                     "tag:yaml.org,2002:null",
                                                     "tag:yaml.org,2002:timestamp",
                                                     "tag:yaml.org,2002:seq",
                                                     "tag:yaml.org,2002:map"};

/// The library compares every %TAG directive with every other one; nobody needs many.
constexpr std::size_t most_directives = 16;

bool has_few_directives(OctetsView document) {
    std::size_t found = 0;
    for (auto at = document.find("%TAG"); at != OctetsView::npos && found <= most_directives;
         at = document.find("%TAG", at + 4))
        if (at == 0 || static_cast<unsigned char>(document[at - 1]) >= 0x80 || document[at - 1] == '\n' ||
            document[at - 1] == '\r')
            ++found;
    return found <= most_directives;
}

std::string_view text_of(const yaml_char_t* text) {
    return text == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(text));
}

/// An event of the parser, released with this object.
struct Event : yaml_event_t {
    Event() : yaml_event_t{} {}
    ~Event() { yaml_event_delete(this); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
};

/// The library counts characters; a document is cut by octets. Marks are asked for in the order of the document.
class Places {
public:
    explicit Places(OctetsView document) : document_(document) {}
    std::size_t octet_of(std::size_t character) {
        while (characters_ < character && octets_ < document_.size()) {
            ++octets_;
            while (octets_ < document_.size() && (static_cast<unsigned char>(document_[octets_]) & 0xC0) == 0x80)
                ++octets_;
            ++characters_;
        }
        return octets_;
    }

private:
    OctetsView document_;
    std::size_t characters_ = 0, octets_ = 0;
};

/// Length of the line break that begins at `text`, or 0; YAML 1.1 knows five.
std::size_t break_length(std::string_view text) {
    for (const std::string_view line_break : {"\r\n", "\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"})
        if (text.starts_with(line_break)) return line_break.size();
    return 0;
}
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// A scalar's own octets of those that the library calls it: without the anchor, tag and comments in front, and without
/// the line break behind the last line of a block.
TreeBuilder::Span own_octets(OctetsView document, std::size_t begin, std::size_t end) {
    const auto at_break = [&] { return break_length(document.substr(begin, end - begin)); };
    while (begin < end && (document[begin] == '&' || document[begin] == '!')) {
        while (begin < end && !is_blank(document[begin]) && at_break() == 0) ++begin;
        while (begin < end && (is_blank(document[begin]) || at_break() != 0 || document[begin] == '#')) {
            if (document[begin] == '#')
                while (begin < end && at_break() == 0) ++begin;
            else
                begin += std::max<std::size_t>(at_break(), 1);
        }
    }
    for (std::size_t back = 1; back <= 3 && begin + back <= end;) {
        const bool ends = break_length(document.substr(end - back, back)) == back;
        end -= ends ? back : 0;
        back = ends ? 1 : back + 1;
    }
    return {begin, end};
}

class Reader {
public:
    explicit Reader(OctetsView document) : document_(document), places_(document) {
        if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(document.data()),
                                     document.size());
    }
    ~Reader() { yaml_parser_delete(&parser_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    Result<Tree> read(std::size_t ahead) {
        for (;;) {
            Event event;
            if (yaml_parser_parse(&parser_, &event) == 0) return broken();
            if (event.type == YAML_STREAM_END_EVENT) break;
            if (auto taken = take(event, ahead); !taken)
                return fault(taken.error().code,
                             fmt::format("{} (line {})", taken.error().detail, event.start_mark.line + 1));
        }
        if (documents_ == 0) return refused("the document is empty");
        return std::move(builder_).finish();
    }

private:
    static Fault refused(std::string why) {
        return fault(FaultCode::invalid_argument, "Reading a description as YAML: " + std::move(why));
    }

    Fault broken() const {
        if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
        const auto said = [](const char* text) { return std::string_view(text == nullptr ? "" : text); };
        return refused(fmt::format("line {}, column {}: {} {}", parser_.problem_mark.line + 1,
                                   parser_.problem_mark.column + 1, said(parser_.problem), said(parser_.context)));
    }

    Result<void> take(const Event& event, std::size_t ahead) {
        switch (event.type) {
            case YAML_DOCUMENT_START_EVENT:
                if (++documents_ > 1) return refused("there is more than one document");
                return {};
            case YAML_SEQUENCE_START_EVENT:
                if (auto tag = check_tag(event.data.sequence_start.tag); !tag) return tag;
                return builder_.open(Kind::list, text_of(event.data.sequence_start.anchor));
            case YAML_MAPPING_START_EVENT:
                if (auto tag = check_tag(event.data.mapping_start.tag); !tag) return tag;
                return builder_.open(Kind::map, text_of(event.data.mapping_start.anchor));
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT:
                return builder_.close();
            case YAML_ALIAS_EVENT:
                return builder_.alias(text_of(event.data.alias.anchor));
            case YAML_SCALAR_EVENT:
                return scalar(event, ahead);
            default:
                return {};  // beginning and end of the stream, end of the document
        }
    }

    Result<void> scalar(const Event& event, std::size_t ahead) {
        const auto& scalar = event.data.scalar;
        if (auto tag = check_tag(scalar.tag); !tag) return tag;
        const auto begin = places_.octet_of(event.start_mark.index);
        auto span = own_octets(document_, begin, places_.octet_of(event.end_mark.index));
        span.begin += ahead;
        span.end += ahead;
        const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
        const bool bare = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nullptr;
        if (bare && text == "<<") return builder_.merge_key(span);
        const bool says_null = text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
        return builder_.scalar(bare && says_null ? Kind::nothing : Kind::text, text, span, text_of(scalar.anchor));
    }

    static Result<void> check_tag(const yaml_char_t* tag) {
        if (tag == nullptr || std::find(plain_tags.begin(), plain_tags.end(), text_of(tag)) != plain_tags.end())
            return {};
        return refused(fmt::format("the tag '{}' is not read", shown(text_of(tag))));
    }

    OctetsView document_;
    Places places_;
    yaml_parser_t parser_{};
    TreeBuilder builder_;
    int documents_ = 0;
};

}  // namespace

Result<Tree> read_yaml(OctetsView document) {
    const auto ahead = document.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    document.remove_prefix(ahead);
    if (!has_few_directives(document))
        return fault(
            FaultCode::too_large,
            fmt::format("Reading a description as YAML: too many %TAG directives (limit {})", most_directives));
    return Reader(document).read(ahead);
}

}  // namespace onceway::description
