// Multipart messages: a bounded reader that streams, and the framing that a writer puts between parts.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"
#include "schemas/message/http_head.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace onceway::message {

/// A media type with its parameters. `signature/bdoc-1.0/ts` is one, two slashes and all.
struct MediaType {
    std::string base;   // lower case: "multipart/mixed"
    Fields parameters;  // names lower case, values without quotes
    std::optional<std::string_view> parameter(std::string_view name) const { return field(parameters, name); }

    /// Faults: `invalid_content_type`: two equal parameters, unbalanced quote, nothing before ';'.
    static Result<MediaType> parse(std::string_view value);
};

/// The boundary of a multipart content type, 1 to 70 characters, RFC 2046. Faults: `invalid_content_type`,
/// `mime_parsing_failed`.
Result<std::string> boundary_of(std::string_view content_type);
Result<std::string> boundary_of(const MediaType& type);

/// How strictly a multipart is read. Rule: architecture.md, rulings; threats §5.7.
enum class MimeRules {
    peer,                // CRLF only, no preamble, no epilogue, end delimiter required
    information_system,  // CRLF or LF, preamble and epilogue are not looked at, end delimiter required (§2.6.2)
    configuration,       // as before; a missing end delimiter and headers that run into the delimiter pass (§2.4)
};

/// Receives the parts of one multipart as they arrive. A refusal ends the reading.
class MimeSink {
public:
    virtual ~MimeSink() = default;
    virtual Result<void> part_begins(const Fields& headers) = 0;
    virtual Result<void> part_data(OctetsView octets) = 0;
    virtual Result<void> part_ends() = 0;
};

/// Splits one multipart body. Parts of type multipart/… are given as they are; a nested reader splits them.
class MimeReader {
public:
    MimeReader(std::string boundary, MimeRules rules, MimeSink& sink);
    ~MimeReader();

    /// Takes the next octets of the body, any number. Keeps back at most boundary length + 8 octets.
    /// Faults: `mime_parsing_failed`, `too_large`, and whatever the sink refuses with.
    Result<void> feed(OctetsView octets);
    /// Says that the body has ended. Faults: `mime_parsing_failed` when the end delimiter is missing (rules: all but
    /// configuration); `io_error` when it ended inside a part's headers (`mime_parsing_failed` by the rules for
    /// information systems).
    Result<void> end();
    /// True once the end delimiter has been seen.
    bool closed() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Framing octets between parts, as a genuine writer puts them. Rule: message-transport §3.6.
class MimeWriter {
public:
    explicit MimeWriter(std::string boundary) : boundary_(std::move(boundary)) {}
    /// The delimiter, `content-type: …` and further headers, and the empty line. Call before each part's octets.
    std::string open_part(std::string_view content_type, const Fields& more = {});
    /// The same, put behind `octets`.
    void open_part(std::string& octets, std::string_view content_type, const Fields& more = {});
    /// CRLF `--boundary--` CRLF.
    std::string close() const;
    void close(std::string& octets) const;
    const std::string& boundary() const { return boundary_; }

private:
    std::string boundary_;
    bool first_ = true;
};

/// "xtop" and 30 random letters.
std::string random_boundary();

}  // namespace onceway::message
