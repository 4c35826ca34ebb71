// The head of an HTTP/1.1 message: read strictly, in front of every route, and written by us.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onceway::message {

/// Header fields in the order received, repetitions kept, names in the spelling received.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// The first value of the field `name`, ignoring case; none when there is no such field.
std::optional<std::string_view> field(const Fields& fields, std::string_view name);
std::size_t count_fields(const Fields& fields, std::string_view name);

/// How the end of a body is found.
struct Framing {
    enum class Kind { none, length, chunked, until_close };
    Kind kind = Kind::none;
    std::uint64_t length = 0;  // octets, when kind is length
};

struct RequestHead {
    std::string method;
    std::string target;
    Fields fields;
    Framing framing;
    bool keep_alive = true;
    bool expects_continue = false;
    int minor_version = 1;  // 0: HTTP/1.0, which cannot read chunked coding
};

struct ResponseHead {
    int status = 0;
    std::string reason;
    Fields fields;
    Framing framing;
    bool keep_alive = true;
};

/// What a listener or a client may deviate from the strictest reading.
struct HeadRules {
    std::size_t octets = limits::http_head_octets;
    std::size_t fields = limits::http_head_fields;
    /// A field named `X-Road-…` twice is refused: information systems only. Rule: architecture.md, rulings.
    bool refuse_repeated_x_road = false;
    /// An answer without length or chunking ends with the connection (genuine provider servers do so).
    bool until_close_allowed = true;
    /// The answer belongs to a HEAD request, so no body follows whatever the head says.
    bool answers_head = false;
};

/// Position just behind the empty line that ends a head in `octets`, or none when it has not arrived yet.
/// A line end is CRLF; a bare LF or CR makes `parse_…` refuse.
std::optional<std::size_t> head_end(OctetsView octets);

/// Parses a whole request head, the empty line included. Rule: threats §5.3, head check 1 to 5, row 9.
/// Faults: `bad_request`, with what was found in `detail`; `too_large` for head or field count above the rules.
Result<RequestHead> parse_request_head(OctetsView octets, const HeadRules& rules = {});

/// Parses a whole response head. Status 100 to 999; a reason may be empty. Faults: `http_error`, `too_large`.
Result<ResponseHead> parse_response_head(OctetsView octets, const HeadRules& rules = {});

/// Appends one field; a name that is no token, or a value with CR, LF or NUL, is a bug of ours and throws.
void append_field(std::string& head, std::string_view name, std::string_view value);

/// Reads chunked coding from a buffer as it fills. Extensions are summed and capped; a trailer is refused.
class ChunkedReader {
public:
    /// Consumes from `octets` what it can. Appends nothing: `data` is a view into `octets` of decoded body octets.
    struct Step {
        std::size_t consumed = 0;
        OctetsView data;
        bool ended = false;
    };
    /// Faults: `bad_request`. Rule: threats row 10.
    Result<Step> take(OctetsView octets);

private:
    enum class State { size, data, data_end, last_line, done } state_ = State::size;
    std::uint64_t left_ = 0;
    std::size_t extension_octets_ = 0;
};

}  // namespace onceway::message
