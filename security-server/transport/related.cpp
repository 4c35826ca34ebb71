#include "security-server/transport/related.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/attachments.hpp"
#include "security-server/transport/evidence.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace onceway::transport {
namespace {

constexpr std::size_t line_octets_most = 950;  // of a header; with its name and framing a line has 1000 at most

Fault too_large(std::string detail) { return fault(FaultCode::too_large, "Reading a multipart: " + std::move(detail)); }

/// Content type apart from the other headers, of which the last of a name counts. Faults: `invalid_content_type`,
/// `mime_parsing_failed`.
Result<AttachmentHead> split_head(const message::Fields& headers) {
    AttachmentHead head;
    for (const auto& [name, value] : headers) {
        if (same_ignoring_case(name, "Content-Type")) {
            head.type = value;
            continue;
        }
        std::erase_if(head.headers, [&](const auto& earlier) { return same_ignoring_case(earlier.first, name); });
        head.headers.emplace_back(name, value);
    }
    if (head.type.empty())
        return fault(FaultCode::invalid_content_type, "Reading a multipart: a part has no Content-Type.");
    // Folded over several lines it could be longer than the one line in which it travels.
    const auto fits = [](const auto& field) { return field.first.size() + field.second.size() <= line_octets_most; };
    if (head.type.size() > line_octets_most || !std::ranges::all_of(head.headers, fits))
        return fault(FaultCode::mime_parsing_failed,
                     "Reading a multipart: a part has a header of more than 950 octets.");
    auto writable = check_fields(head.headers);
    if (!writable) return fault(FaultCode::mime_parsing_failed, "Reading a multipart: " + writable.error().detail);
    return head;
}

/// Takes the leaves of a multipart, however deep they stand.
class Leaves {
public:
    virtual ~Leaves() = default;
    virtual Result<void> leaf_begins(const message::Fields& headers) = 0;
    virtual Result<void> leaf_data(OctetsView octets) = 0;
    virtual Result<void> leaf_ends() = 0;
};

/// One multipart, and whatever multipart is just being read within it.
class Level : public message::MimeSink {
public:
    Level(Leaves& leaves, std::string boundary, std::size_t depth)
        : leaves_(leaves), depth_(depth), reader_(std::move(boundary), message::MimeRules::information_system, *this) {}

    Result<void> feed(OctetsView octets) { return reader_.feed(octets); }
    Result<void> end() { return reader_.end(); }

    Result<void> part_begins(const message::Fields& headers) override {
        const auto type = message::field(headers, "Content-Type").value_or("");
        if (!same_ignoring_case(type.substr(0, type.find('/')), "multipart")) return leaves_.leaf_begins(headers);
        if (depth_ == limits::mime_depth)
            return too_large("multiparts stand within each other more than " + std::to_string(limits::mime_depth) +
                             " deep.");
        auto boundary = message::boundary_of(type);
        if (!boundary) return fault(FaultCode::mime_parsing_failed, boundary.error().detail);
        within_ = std::make_unique<Level>(leaves_, std::move(*boundary), depth_ + 1);
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        return within_ ? within_->feed(octets) : leaves_.leaf_data(octets);
    }
    Result<void> part_ends() override {
        if (!within_) return leaves_.leaf_ends();
        auto ended = within_->end();
        within_.reset();
        return ended;
    }

private:
    Leaves& leaves_;
    std::size_t depth_;
    std::unique_ptr<Level> within_;
    message::MimeReader reader_;
};

}  // namespace

struct Related::Parts : Leaves {
    Parts(std::string boundary, std::filesystem::path folder, std::shared_ptr<BodyMemory> counted)
        : spool(std::move(folder)), memory(std::move(counted)), outermost(*this, std::move(boundary), 1) {}

    Result<void> leaf_begins(const message::Fields& headers) override;
    Result<void> leaf_data(OctetsView octets) override;
    Result<void> leaf_ends() override;
    Result<void> soap_begins(AttachmentHead head);
    Result<void> attachment_begins(AttachmentHead head);

    Async<void> take(OctetsView octets);
    Async<void> read(Source& source, bool only_soap);

    std::filesystem::path spool;
    std::shared_ptr<BodyMemory> memory;
    std::shared_ptr<CountedBody> body;  // once there is an attachment
    WaitingOctets waiting;
    Octets envelope;
    CountedEnvelope counted{memory};
    RoomForHeads heads;
    bool soap_begun = false, soap_read = false, octets_ended = false;
    Message received;
    std::optional<Fault> later;  // found behind the SOAP part while only that was asked for
    Level outermost;
};

Result<void> Related::Parts::leaf_begins(const message::Fields& headers) {
    auto fits = heads.take(headers);
    if (!fits) return fits.error();
    auto head = split_head(headers);
    if (!head) return head.error();
    return soap_begun ? attachment_begins(std::move(*head)) : soap_begins(std::move(*head));
}

Result<void> Related::Parts::soap_begins(AttachmentHead head) {
    if (!is_soap_type(head.type))
        return fault(FaultCode::invalid_content_type,
                     "Reading a multipart: the first part is '" + head.type.substr(0, 80) +
                         "'; it is the SOAP message, and that is text/xml or application/xop+xml.");
    soap_begun = true;
    received.type = std::move(head.type);
    received.headers = std::move(head.headers);
    return {};
}

Result<void> Related::Parts::attachment_begins(AttachmentHead head) {
    if (received.attachments.size() == limits::mime_parts)
        return too_large("it has more than " + std::to_string(limits::mime_parts) + " attachments.");
    if (!body) body = CountedBody::make(spool, memory);
    received.attachments.push_back(std::move(head));
    return {};
}

Result<void> Related::Parts::leaf_data(OctetsView octets) {
    if (soap_read) {
        waiting.add(octets);
        return {};
    }
    if (octets.size() > limits::message_part_octets - envelope.size())
        return too_large("its SOAP part is larger than " + std::to_string(limits::message_part_octets) + " octets.");
    envelope += octets;
    return counted.grows_to(envelope.size());
}

Result<void> Related::Parts::leaf_ends() {
    if (soap_read) {
        waiting.end_part();
        return {};
    }
    soap_read = true;
    received.language = message::Language::soap;
    received.part_sha512 = keys::sha512(envelope);
    received.part = std::move(envelope);
    received.held = counted.held();
    return {};
}

Async<void> Related::Parts::take(OctetsView octets) {
    auto fed = octets.empty() ? outermost.end() : outermost.feed(octets);
    if (body) {
        auto kept = co_await waiting.move_to(*body);
        if (!kept) co_return kept.error();
    }
    if (!fed || !octets.empty()) co_return fed;
    if (!soap_read) co_return fault(FaultCode::missing_soap, "Reading a multipart: it has no part.");
    if (body) body->seal();
    if (body) received.body = CountedBody::payload(body);
    co_return Result<void>{};
}

Async<void> Related::Parts::read(Source& source, bool only_soap) {
    if (later) co_return *later;
    while (!octets_ended && !(only_soap && soap_read)) {
        auto octets = co_await source.next();
        if (!octets) co_return octets.error();
        octets_ended = octets->empty();
        auto taken = co_await take(*octets);
        if (taken) continue;
        if (!only_soap || !soap_read) co_return taken.error();
        later = taken.error();
    }
    co_return Result<void>{};
}

Related::Related(std::string boundary, std::filesystem::path spool, std::shared_ptr<BodyMemory> memory)
    : parts_(std::make_unique<Parts>(std::move(boundary), std::move(spool), std::move(memory))) {}
Related::Related(Related&&) noexcept = default;
Related::~Related() = default;

Async<void> Related::read_soap_part(Source& source) { return parts_->read(source, true); }
Async<void> Related::read_rest(Source& source) { return parts_->read(source, false); }
const Message& Related::received() const { return parts_->received; }
Message Related::take_received() { return std::move(parts_->received); }

}  // namespace onceway::transport
