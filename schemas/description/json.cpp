// JSON, parsed by Boost.JSON: its parser says what each value is, and the n-th text that it reports is the n-th string
// of the document, which is how each text's place is known.
#include "schemas/description/tree.hpp"

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>

namespace onceway::description {
namespace {

namespace json = boost::json;

/// The strings of a sound JSON document, one after the other: outside of them no quotation mark can stand.
class Strings {
public:
    explicit Strings(OctetsView document) : document_(document) {}
    TreeBuilder::Span next() {
        const auto begin = document_.find('"', at_);
        auto close = begin + 1;
        while (document_[close] != '"') close += document_[close] == '\\' ? 2 : 1;
        at_ = close + 1;
        return {begin, at_};
    }

private:
    OctetsView document_;
    std::size_t at_ = 0;
};

/// What Boost.JSON calls while it parses. Each answers whether to go on.
struct Handler {
    static constexpr std::size_t max_object_size = SIZE_MAX, max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX, max_string_size = SIZE_MAX;

    explicit Handler(OctetsView document) : strings(document) {}

    bool went(Result<void> step, json::error_code& error) {
        if (step) return true;
        refusal = std::move(step.error());
        error = json::error::exception;  // any: the refusal says it
        return false;
    }
    bool text(json::string_view last, json::error_code& error) {
        begun.append(last.data(), last.size());
        const bool goes_on = went(builder.scalar(Kind::text, begun, strings.next()), error);
        begun.clear();
        return goes_on;
    }
    bool part(json::string_view part) {
        begun.append(part.data(), part.size());
        return true;
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& error) { return went(builder.open(Kind::map), error); }
    bool on_object_end(std::size_t, json::error_code& error) { return went(builder.close(), error); }
    bool on_array_begin(json::error_code& error) { return went(builder.open(Kind::list), error); }
    bool on_array_end(std::size_t, json::error_code& error) { return went(builder.close(), error); }
    bool on_key_part(json::string_view text, std::size_t, json::error_code&) { return part(text); }
    bool on_key(json::string_view last, std::size_t, json::error_code& error) { return text(last, error); }
    bool on_string_part(json::string_view text, std::size_t, json::error_code&) { return part(text); }
    bool on_string(json::string_view last, std::size_t, json::error_code& error) { return text(last, error); }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, json::error_code& error) { return plain(Kind::number, error); }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) { return plain(Kind::number, error); }
    bool on_double(double, json::string_view, json::error_code& error) { return plain(Kind::number, error); }
    bool on_bool(bool, json::error_code& error) { return plain(Kind::truth, error); }
    bool on_null(json::error_code& error) { return plain(Kind::nothing, error); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    bool plain(Kind kind, json::error_code& error) { return went(builder.scalar(kind, {}, {}), error); }

    Strings strings;
    TreeBuilder builder;
    std::string begun;  // of a text that comes in pieces
    std::optional<Fault> refusal;
};

}  // namespace

Result<Tree> read_json(OctetsView document) {
    json::parse_options options;
    options.max_depth = most_depth + 1;  // the builder counts, and says so
    json::basic_parser<Handler> parser(options, document);
    json::error_code error;
    const auto read = parser.write_some(false, document.data(), document.size(), error);
    if (parser.handler().refusal) return *parser.handler().refusal;
    if (!error && read < document.size()) error = json::error::extra_data;
    if (error) {
        const auto line = 1 + std::count(document.begin(), document.begin() + static_cast<std::ptrdiff_t>(read), '\n');
        return fault(FaultCode::invalid_argument,
                     fmt::format("Reading a description as JSON: line {}: {}", line, error.message()));
    }
    return std::move(parser.handler().builder).finish();
}

}  // namespace onceway::description
