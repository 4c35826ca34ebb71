#include "security-server/transport/incoming.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/attachments.hpp"
#include "security-server/transport/ocsp_form.hpp"
#include "security-server/transport/part_order.hpp"

namespace onceway::transport {
namespace {

constexpr std::size_t ocsp_parts_most = 16;  // a chain has at most four certificates

struct Bound {
    std::string_view name;
    std::size_t octets;
};
Bound bound_of(Place place) {
    switch (place) {
        case Place::ocsp:
            return {"OCSP", limits::ocsp_answer_octets};
        case Place::rest_message:
            return {"REST message", limits::rest_part_octets};
        case Place::soap_message:
        case Place::attachments:
        case Place::body:
            return {"message", limits::message_part_octets};
        default:
            return {"signature, hash chain or fault", limits::canonical_document_octets};
    }
}

Fault of_other_direction() {
    return fault(FaultCode::internal_error,
                 "Reading a message: a REST request stands where an answer is due, or the reverse.");
}

/// Content type apart from the other headers of a part.
AttachmentHead split_head(const message::Fields& headers) {
    AttachmentHead head;
    for (const auto& [name, value] : headers) {
        if (same_ignoring_case(name, "content-type"))
            head.type = value;
        else
            head.headers.emplace_back(name, value);
    }
    return head;
}

}  // namespace

Result<std::string> message_boundary(std::string_view content_type) {
    const auto type = message::MediaType::parse(content_type);
    if (!type) return fault(FaultCode::invalid_content_type, type.error().detail);
    if (type->base != "multipart/mixed")
        return fault(FaultCode::invalid_content_type,
                     "A message between servers is multipart/mixed; this one is '" + type->base + "'.");
    auto boundary = message::boundary_of(*type);
    if (!boundary) return fault(FaultCode::invalid_content_type, boundary.error().detail);
    return boundary;
}

namespace {

/// The multipart within the multipart: attachments, one behind another. Rule: message-transport §3.6, §3.9.
class Attachments : public message::MimeSink {
public:
    Attachments(std::string boundary, WaitingOctets& waiting, std::vector<AttachmentHead>& heads)
        : waiting_(waiting), heads_(heads), reader_(std::move(boundary), message::MimeRules::peer, *this) {}

    Result<void> feed(OctetsView octets) { return reader_.feed(octets); }
    Result<void> end() { return reader_.end(); }

    Result<void> part_begins(const message::Fields& headers) override {
        auto fits = room_.take(headers);
        if (!fits) return fits.error();
        heads_.push_back(split_head(headers));
        if (!heads_.back().type.empty()) return {};
        return fault(FaultCode::invalid_content_type, "Reading a message: an attachment has no content type.");
    }
    Result<void> part_data(OctetsView octets) override {
        waiting_.add(octets);
        return {};
    }
    Result<void> part_ends() override {
        waiting_.end_part();
        return {};
    }

private:
    WaitingOctets& waiting_;
    std::vector<AttachmentHead>& heads_;
    RoomForHeads room_;
    message::MimeReader reader_;
};

}  // namespace

/// Sorts the parts as the multipart reader finds them.
struct Incoming::Parts : message::MimeSink {
    Parts(Expect what, std::string boundary, std::filesystem::path folder, std::shared_ptr<BodyMemory> counted)
        : expected(what),
          spool(std::move(folder)),
          memory(std::move(counted)),
          reader(std::move(boundary), message::MimeRules::peer, *this) {}

    Result<void> part_begins(const message::Fields& headers) override;
    Result<void> part_data(OctetsView octets) override;
    Result<void> part_ends() override;
    Result<void> body_begins();
    Result<void> attachments_begin(const message::Fields& headers);
    Result<void> rest_part_ends();
    Result<void> soap_part_ends();
    Result<void> fault_ends(FaultCode otherwise);
    void keep_message_part();

    Async<void> take(OctetsView octets);
    Async<void> read(Source& source, bool only_message);

    Expect expected;
    std::filesystem::path spool;
    std::shared_ptr<BodyMemory> memory;
    std::shared_ptr<CountedBody> body;
    PartOrder order;
    Place place = Place::ocsp;
    Octets part;  // the small part being read, or the message part
    CountedEnvelope counted{memory};
    std::vector<Octets> ocsp;
    WaitingOctets waiting;  // body octets that the payload has not taken yet
    std::unique_ptr<Attachments> attachments;
    bool body_ended = false;

    Message received;
    std::optional<message::RestRequest> request;
    std::optional<message::RestResponse> response;
    std::optional<message::SoapMessage> soap;
    std::optional<Relayed> relayed;
    bool message_read = false;
    bool octets_ended = false;
    std::optional<Fault> later;  // found behind the message part while only that was asked for
    message::MimeReader reader;
};

Result<void> Incoming::Parts::part_begins(const message::Fields& headers) {
    if (relayed) return {};
    const PartKind kind = kind_of(headers);
    auto meaning = order.admit(kind);
    if (!meaning) return meaning.error();
    place = *meaning;
    const PartKind due = expected == Expect::request ? PartKind::rest_request : PartKind::rest_response;
    if (place == Place::rest_message && kind != due) return of_other_direction();
    part.clear();
    if (place == Place::body) return body_begins();
    if (place == Place::attachments) return attachments_begin(headers);
    if (place == Place::soap_message) {
        auto head = split_head(headers);
        received.type = std::move(head.type);
        received.headers = std::move(head.headers);
    }
    if (place == Place::ocsp && ocsp.size() == ocsp_parts_most)
        return fault(FaultCode::too_large, "Reading a message: more than 16 OCSP parts.");
    return {};
}

Result<void> Incoming::Parts::body_begins() {
    body = CountedBody::make(spool, memory);
    received.body = CountedBody::payload(body);
    return {};
}

Result<void> Incoming::Parts::attachments_begin(const message::Fields& headers) {
    auto boundary = message::boundary_of(message::field(headers, "content-type").value_or(""));
    if (!boundary) return boundary.error();
    attachments = std::make_unique<Attachments>(std::move(*boundary), waiting, received.attachments);
    return body_begins();
}

Result<void> Incoming::Parts::part_data(OctetsView octets) {
    if (relayed) return {};
    if (place == Place::attachments) return attachments->feed(octets);
    if (place == Place::body) {
        waiting.add(octets);
        return {};
    }
    const Bound bound = bound_of(place);
    if (octets.size() > bound.octets - part.size())
        return fault(FaultCode::too_large, "Reading a message: the " + std::string(bound.name) +
                                               " part is larger than " + std::to_string(bound.octets) + " octets.");
    part += octets;
    return place == Place::soap_message ? counted.grows_to(part.size()) : Result<void>();
}

Result<void> Incoming::Parts::part_ends() {
    if (relayed) return {};
    switch (place) {
        case Place::ocsp:
            if (!is_ocsp_response(part))
                return fault(FaultCode::io_error, "Reading a message: an OCSP part holds no OCSP response.");
            ocsp.push_back(std::move(part));
            return {};
        case Place::rest_message:
            return rest_part_ends();
        case Place::soap_message:
            return soap_part_ends();
        case Place::body:
            body_ended = true;
            return {};
        case Place::attachments:
            body_ended = true;
            return attachments->end();
        case Place::chain_result:
            received.seal.chain_result = std::make_shared<const Octets>(std::move(part));
            return {};
        case Place::chain:
            received.seal.chain = std::move(part);
            return {};
        case Place::signature:
            received.seal.signature = std::make_shared<const Octets>(std::move(part));
            return {};
        case Place::late_fault:
            return fault_ends(FaultCode::invalid_message);
    }
    return {};
}

Result<void> Incoming::Parts::rest_part_ends() {
    if (expected == Expect::request) {
        auto read = message::parse_rest_request(part);
        if (!read) return read.error();
        request = std::move(*read);
    } else {
        auto read = message::parse_rest_response(part);
        if (!read) return read.error();
        response = std::move(*read);
    }
    keep_message_part();
    return {};
}

// A fault here ends an answer; a request never is one.
Result<void> Incoming::Parts::soap_part_ends() {
    auto read = message::read_soap(part, received.type);
    if (!read) return read.error();
    if (read->fault && expected == Expect::request)
        return fault(FaultCode::invalid_message, "Reading a message: a SOAP fault stands where a request is due.");
    if (read->fault) {
        relayed = Relayed{std::move(*read->fault), std::move(part)};
        return {};
    }
    soap = std::move(*read);
    received.language = message::Language::soap;
    keep_message_part();
    return {};
}

void Incoming::Parts::keep_message_part() {
    received.ocsp = std::make_shared<const std::vector<Octets>>(std::move(ocsp));
    received.part_sha512 = keys::sha512(part);
    received.part = std::move(part);
    received.held = counted.held();
    message_read = true;
}

Result<void> Incoming::Parts::fault_ends(FaultCode otherwise) {
    auto read = message::read_soap_fault(part);
    if (!read) return read.error();
    if (!*read) return fault(otherwise, "Reading a message: an XML part is no fault document.");
    relayed = Relayed{std::move(**read), std::move(part)};
    return {};
}

Async<void> Incoming::Parts::take(OctetsView octets) {
    auto fed = octets.empty() ? reader.end() : reader.feed(octets);
    if (!waiting.empty()) {
        auto kept = co_await waiting.move_to(*body);
        if (!kept) co_return kept.error();
    }
    if (body_ended) body->seal();
    if (body_ended && received.language == message::Language::soap && received.attachments.empty())
        received.body.reset();
    body_ended = false;
    co_return fed;
}

Async<void> Incoming::Parts::read(Source& source, bool only_message) {
    if (later) co_return *later;
    while (!octets_ended && !relayed && !(only_message && message_read)) {
        auto octets = co_await source.next();
        if (!octets) co_return octets.error();
        octets_ended = octets->empty();
        auto taken = co_await take(*octets);
        if (taken || relayed) continue;  // behind a fault nothing counts, however the octets are cut
        if (!only_message || !message_read) co_return taken.error();
        later = taken.error();
    }
    co_return Result<void>{};
}

Incoming::Incoming(Expect what, std::string boundary, std::filesystem::path spool, std::shared_ptr<BodyMemory> memory)
    : parts_(std::make_unique<Parts>(what, std::move(boundary), std::move(spool), std::move(memory))) {
    parts_->received.type = what == Expect::request ? part_type::rest_request : part_type::rest_response;
}
Incoming::Incoming(Incoming&&) noexcept = default;
Incoming::~Incoming() = default;

Async<void> Incoming::read_message_part(Source& source) { return parts_->read(source, true); }
Async<void> Incoming::read_rest(Source& source) { return parts_->read(source, false); }

const std::optional<message::RestRequest>& Incoming::request() const { return parts_->request; }
const std::optional<message::RestResponse>& Incoming::response() const { return parts_->response; }
const std::optional<message::SoapMessage>& Incoming::soap() const { return parts_->soap; }
const std::optional<Incoming::Relayed>& Incoming::relayed() const { return parts_->relayed; }
const Message& Incoming::received() const { return parts_->received; }
Message Incoming::take_received() { return std::move(parts_->received); }
message::RestResponse Incoming::take_response() { return std::move(parts_->response.value()); }
message::SoapMessage Incoming::take_soap() { return std::move(parts_->soap.value()); }

}  // namespace onceway::transport
