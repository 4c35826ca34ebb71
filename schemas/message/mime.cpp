// The multipart reader. Headers and delimiter lines are gathered in a small buffer; the octets of a part pass through
// as they came, searched at the speed of memmem and never copied but for the few that may begin a delimiter.
#include "schemas/message/mime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace onceway::message {
namespace {

Fault refused(std::string detail) { return fault(FaultCode::mime_parsing_failed, "multipart: " + std::move(detail)); }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_blank(std::string_view text) { return trimmed(text).empty(); }

constexpr std::array known_encodings{"7bit", "8bit", "binary", "quoted-printable", "base64"};

}  // namespace

struct MimeReader::Parts {
    enum class State {
        start,       // nothing yet: a delimiter, or (unless from a peer) lines that nobody reads
        delimiter,   // behind "--boundary": the rest of that line
        headers,     // of a part
        body_start,  // behind the empty line: a delimiter may stand here, unless from a peer
        body,
        epilogue,  // behind the end delimiter
    };

    Parts(std::string boundary, MimeRules how, MimeSink& to)
        : delimiter("\n--" + std::move(boundary)), rules(how), sink(to) {}

    const std::string delimiter;  // with the LF in front, as it is searched for
    const MimeRules rules;
    MimeSink& sink;
    State state = State::start;
    Octets held;  // a line that is not complete, or octets that may begin a delimiter
    Fields headers;
    std::size_t parts = 0;
    bool closed = false;
    std::optional<Fault> broken;

    bool lenient() const { return rules != MimeRules::peer; }
    bool from_configuration() const { return rules == MimeRules::configuration; }
    std::string_view dash_boundary() const { return std::string_view(delimiter).substr(1); }

    Result<void> feed(OctetsView octets);
    Result<void> end();

    Result<void> take_start(OctetsView& octets);
    Result<void> take_body_start(OctetsView& octets);
    Result<void> take_body(OctetsView& octets);
    Result<void> take_lines(OctetsView& octets);
    Result<void> line(std::string_view text);
    Result<void> delimiter_line(std::string_view text);
    Result<void> header_line(std::string_view text);
    Result<void> headers_end();
    Result<void> part_ends_at_delimiter(OctetsView last_octets, bool carriage_return);
    struct Scan;
    Scan scan(OctetsView octets) const;
    Result<void> give(OctetsView octets) { return octets.empty() ? Result<void>{} : sink.part_data(octets); }
};

Result<void> MimeReader::Parts::feed(OctetsView octets) {
    while (!octets.empty()) {
        Result<void> taken;
        switch (state) {
            case State::start:
                taken = take_start(octets);
                break;
            case State::body_start:
                taken = take_body_start(octets);
                break;
            case State::body:
                taken = take_body(octets);
                break;
            case State::delimiter:
            case State::headers:
                taken = take_lines(octets);
                break;
            case State::epilogue:
                if (!lenient()) taken = refused("octets follow the end delimiter");
                octets = {};
                break;
        }
        if (!taken) return taken;
    }
    return {};
}

/// The front of the body: "--boundary", with an empty line before it or (unless from a peer) a preamble that nobody
/// reads.
Result<void> MimeReader::Parts::take_start(OctetsView& octets) {
    if (held.empty() && octets.starts_with(dash_boundary())) {
        octets.remove_prefix(dash_boundary().size());
        state = State::delimiter;
        return {};
    }
    while (!octets.empty()) {
        held += octets.front();
        octets.remove_prefix(1);
        std::string_view line = held;
        if (!lenient() && line.starts_with("\r\n")) line.remove_prefix(2);
        if (line == dash_boundary()) {
            held.clear();
            state = State::delimiter;
            return {};
        }
        if (dash_boundary().starts_with(line) || (!lenient() && line == "\r")) continue;
        if (!lenient()) return refused("it does not begin with its delimiter");
        if (line.back() == '\n')
            held.clear();
        else
            held.resize(std::min(held.size(), delimiter.size()));  // a line that nobody reads
    }
    return {};
}

/// Behind the empty line that ends the headers. "--boundary" here means a part without octets, unless from a peer.
Result<void> MimeReader::Parts::take_body_start(OctetsView& octets) {
    while (!octets.empty()) {
        if (octets.front() != dash_boundary()[held.size()]) {
            state = State::body;
            return {};
        }
        held += octets.front();
        octets.remove_prefix(1);
        if (held.size() < dash_boundary().size()) continue;
        held.clear();
        if (!lenient()) return refused("a part has no line break before its delimiter");
        state = State::delimiter;
        return sink.part_ends();
    }
    return {};
}

/// Where the octets of a part end in `octets`, and where the delimiter does. Without a delimiter: from where on octets
/// must be held back because a delimiter, or the CR in front of it, may begin there.
struct MimeReader::Parts::Scan {
    bool found = false, carriage_return = false;
    std::size_t data_end = 0, delimiter_end = 0;
};

MimeReader::Parts::Scan MimeReader::Parts::scan(OctetsView octets) const {
    const void* found = ::memmem(octets.data(), octets.size(), delimiter.data(), delimiter.size());
    if (found) {
        const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - octets.data());
        const bool carriage_return = at > 0 && octets[at - 1] == '\r';
        return {true, carriage_return, carriage_return ? at - 1 : at, at + delimiter.size()};
    }
    auto keep = octets.size() - std::min(octets.size(), delimiter.size());
    for (; keep < octets.size(); ++keep) {
        auto tail = octets.substr(keep);
        if (tail.front() == '\r') tail.remove_prefix(1);
        if (delimiter.starts_with(tail)) break;
    }
    return {false, false, keep, 0};
}

/// Octets of a part, up to the delimiter.
Result<void> MimeReader::Parts::take_body(OctetsView& octets) {
    if (!held.empty()) {
        // What is held is decided together with as many new octets as a delimiter has.
        const auto before = held.size();
        const auto looked_at = octets.substr(0, delimiter.size() + 1);
        const Octets joined = std::exchange(held, {}).append(looked_at);
        const auto seen = scan(joined);
        if (seen.found) {
            octets.remove_prefix(seen.delimiter_end - before);
            return part_ends_at_delimiter(OctetsView(joined).substr(0, seen.data_end), seen.carriage_return);
        }
        if (seen.data_end < before) {  // only when all new octets were looked at
            held = joined.substr(seen.data_end);
            octets = {};
            return give(OctetsView(joined).substr(0, seen.data_end));
        }
        auto given = give(OctetsView(joined).substr(0, before));
        if (!given) return given;
    }
    const auto seen = scan(octets);
    const auto data = octets.substr(0, seen.data_end);
    if (seen.found) {
        octets.remove_prefix(seen.delimiter_end);
        return part_ends_at_delimiter(data, seen.carriage_return);
    }
    held = octets.substr(seen.data_end);
    octets = {};
    return give(data);
}

Result<void> MimeReader::Parts::part_ends_at_delimiter(OctetsView last_octets, bool carriage_return) {
    auto given = give(last_octets);  // first: what is wrong in them was found first, if they came in small pieces
    if (!given) return given;
    if (!carriage_return && !lenient()) return refused("a bare LF stands before a delimiter");
    state = State::delimiter;
    return sink.part_ends();
}

/// Gathers lines, of delimiters and of headers.
Result<void> MimeReader::Parts::take_lines(OctetsView& octets) {
    const auto lf = octets.find('\n');
    const auto piece = octets.substr(0, lf == OctetsView::npos ? lf : lf + 1);
    if (held.size() + piece.size() > limits::mime_header_line_octets + 2)
        return refused(fmt::format("a line has more than {} octets", limits::mime_header_line_octets));
    octets.remove_prefix(piece.size());
    if (lf == OctetsView::npos || !held.empty()) held += piece;
    if (lf == OctetsView::npos) return {};

    const Octets joined = std::exchange(held, {});
    auto text = joined.empty() ? piece : OctetsView(joined);
    text.remove_suffix(1);
    if (text.ends_with('\r'))
        text.remove_suffix(1);
    else if (!lenient())
        return refused("a line ends in a bare LF");
    if (state == State::delimiter) return delimiter_line(text);
    return header_line(text);
}

/// What stands behind "--boundary" on its line.
Result<void> MimeReader::Parts::delimiter_line(std::string_view text) {
    if (text.starts_with("--") && is_blank(text.substr(2))) {
        closed = true;
        state = State::epilogue;
        return {};
    }
    if (!is_blank(text)) return refused("a line begins like the delimiter and goes on");
    if (++parts > limits::mime_parts)
        return fault(FaultCode::too_large, fmt::format("multipart: more than {} parts", limits::mime_parts));
    headers.clear();
    state = State::headers;
    return {};
}

Result<void> MimeReader::Parts::header_line(std::string_view text) {
    if (text.empty()) return headers_end();
    if (text.starts_with(dash_boundary())) {
        if (!from_configuration()) return refused("a part's headers run into the delimiter");
        auto begun = headers_end();
        if (!begun) return begun;
        auto ended = sink.part_ends();
        if (!ended) return ended;
        return delimiter_line(text.substr(dash_boundary().size()));
    }
    if (std::any_of(text.begin(), text.end(),
                    [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }))
        return refused("a header holds a control character");
    if (text.front() == ' ' || text.front() == '\t') {
        if (headers.empty()) return refused("a part begins with a continuation line");
        headers.back().second.append(text);
        if (headers.back().second.size() > limits::mime_field_octets)
            return refused(fmt::format("a header has more than {} octets", limits::mime_field_octets));
        return {};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return refused("a header line has no name and colon");
    const auto name = text.substr(0, colon);
    if (std::any_of(name.begin(), name.end(), [](char c) { return c <= ' ' || c == 0x7f; }))
        return refused("a header name holds a blank");
    if (headers.size() == limits::mime_fields_per_part)
        return fault(FaultCode::too_large,
                     fmt::format("multipart: more than {} headers", limits::mime_fields_per_part));
    headers.emplace_back(name, text.substr(colon + 1));
    return {};
}

Result<void> MimeReader::Parts::headers_end() {
    for (auto& [name, value] : headers) {
        const auto bare = trimmed(value);
        const auto before = static_cast<std::size_t>(bare.data() - value.data());
        value.erase(before + bare.size());
        value.erase(0, before);
    }
    for (const auto* name : {"content-type", "content-transfer-encoding"})
        if (count_fields(headers, name) > 1) return refused(fmt::format("a part has two {} headers", name));
    if (const auto encoding = field(headers, "content-transfer-encoding"); encoding && !from_configuration()) {
        const bool known = std::any_of(known_encodings.begin(), known_encodings.end(),
                                       [&](const char* one) { return same_ignoring_case(*encoding, one); });
        if (!known) return refused("a part has an unknown Content-Transfer-Encoding");
    }
    state = State::body_start;
    return sink.part_begins(headers);
}

Result<void> MimeReader::Parts::end() {
    switch (state) {
        case State::start:
            return refused("it ended before its first delimiter");
        case State::epilogue:
            return {};
        case State::delimiter: {
            // The line break behind the end delimiter may be missing.
            auto text = std::string_view(held);
            if (text.ends_with('\r')) text.remove_suffix(1);
            if (text.starts_with("--") && is_blank(text.substr(2))) closed = true;
            return closed || from_configuration() ? Result<void>{} : refused("the end delimiter is missing");
        }
        case State::headers:
            if (from_configuration() && headers.empty() && held.empty())
                return {};  // a delimiter with nothing behind it
            if (rules == MimeRules::information_system) return refused("it ended inside the headers of a part");
            return fault(FaultCode::io_error, "multipart: it ended inside the headers of a part");
        case State::body_start:
        case State::body:
            break;
    }
    if (!from_configuration()) return refused("the end delimiter is missing");
    auto given = give(held);
    if (!given) return given;
    return sink.part_ends();
}

MimeReader::MimeReader(std::string boundary, MimeRules rules, MimeSink& sink)
    : parts_(std::make_unique<Parts>(std::move(boundary), rules, sink)) {}
MimeReader::~MimeReader() = default;

Result<void> MimeReader::feed(OctetsView octets) {
    if (parts_->broken) return *parts_->broken;
    auto fed = parts_->feed(octets);
    if (!fed) parts_->broken = fed.error();
    return fed;
}

Result<void> MimeReader::end() {
    if (parts_->broken) return *parts_->broken;
    return parts_->end();
}

bool MimeReader::closed() const { return parts_->closed; }

}  // namespace onceway::message
