// Chunked transfer coding, read octet by octet where it matters and by the block where it does not.
#include "schemas/message/http_head.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::message {
namespace {

Fault refused(std::string detail) { return fault(FaultCode::bad_request, "chunked coding: " + std::move(detail)); }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The size of a chunk and the octets of its extensions, from its line without CRLF.
struct ChunkLine {
    std::uint64_t size = 0;
    std::size_t extension_octets = 0;
};
Result<ChunkLine> read_chunk_line(OctetsView line) {
    ChunkLine read;
    std::size_t digits = 0;
    for (; digits < line.size() && hex_digit(line[digits]) >= 0; ++digits) {
        if (digits == 15) return refused("a chunk size has more than 15 digits");
        read.size = read.size << 4 | static_cast<unsigned>(hex_digit(line[digits]));
    }
    if (digits == 0) return refused("a chunk has no size");
    const auto extension = line.substr(digits);
    if (!extension.empty() && extension.front() != ';') return refused("a chunk size is followed by other characters");
    for (const char c : extension)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f)
            return refused("a chunk extension holds a control character");
    read.extension_octets = extension.size();
    return read;
}

/// Where the CRLF of the line at the front of `octets` begins; none when it has not arrived.
Result<std::optional<std::size_t>> line_end(OctetsView octets) {
    const auto seen = octets.substr(0, limits::chunk_line_octets);
    const auto lf = seen.find('\n');
    if (lf == OctetsView::npos) {
        if (seen.size() == limits::chunk_line_octets) return refused("a chunk line does not end");
        return std::optional<std::size_t>{};
    }
    if (lf == 0 || seen[lf - 1] != '\r') return refused("a chunk line ends in a bare LF");
    return std::optional<std::size_t>{lf - 1};
}

}  // namespace

Result<ChunkedReader::Step> ChunkedReader::take(OctetsView octets) {
    Step step;
    while (true) {
        const auto rest = octets.substr(step.consumed);
        switch (state_) {
            case State::size: {
                auto end = line_end(rest);
                if (!end) return end.error();
                if (!*end) return step;
                auto line = read_chunk_line(rest.substr(0, **end));
                if (!line) return line.error();
                extension_octets_ += line->extension_octets;
                if (extension_octets_ > limits::chunk_extension_octets)
                    return refused(fmt::format("extensions exceed {} octets", limits::chunk_extension_octets));
                step.consumed += **end + 2;
                left_ = line->size;
                state_ = left_ == 0 ? State::last_line : State::data;
                break;
            }
            case State::data: {
                if (rest.empty()) return step;
                step.data = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size())));
                step.consumed += step.data.size();
                left_ -= step.data.size();
                if (left_ == 0) state_ = State::data_end;
                return step;
            }
            case State::data_end:
            case State::last_line: {
                if (rest.size() < 2 && (rest.empty() || rest == "\r")) return step;
                if (!rest.starts_with("\r\n"))
                    return refused(state_ == State::last_line ? "a trailer follows the last chunk"
                                                              : "a chunk is longer than its size says");
                step.consumed += 2;
                step.ended = state_ == State::last_line;
                state_ = step.ended ? State::done : State::size;
                if (step.ended) return step;
                break;
            }
            case State::done:
                step.ended = true;
                return step;
        }
    }
}

}  // namespace onceway::message
