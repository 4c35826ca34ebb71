#include "security-server/transport/outgoing.hpp"

#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/spare_octets.hpp"

namespace onceway::transport {
namespace {

constexpr std::size_t framing_most = 200;  // octets around one part

std::size_t room_for(const message::Fields& headers) {
    std::size_t room = framing_most;
    for (const auto& [name, value] : headers) room += name.size() + value.size() + 4;
    return room;
}

/// Octets of a whole message, but for a body on disk; never less than what is written.
std::size_t room_for(const Message& message) {
    const auto& seal = message.seal;
    std::size_t room =
        8 * framing_most + room_for(message.headers) + message.type.size() + message.part.size() + seal.chain.size();
    for (const auto& answer : message.ocsp_answers()) room += framing_most + answer.size();
    for (const auto& head : message.attachments) room += room_for(head.headers) + head.type.size();
    if (message.body && message.body->in_memory()) room += message.body->size();
    if (seal.chain_result) room += seal.chain_result->size();
    if (seal.signature) room += seal.signature->size();
    return room;
}

void write_before_body(std::string& octets, message::MimeWriter& writer, const Message& message) {
    for (const auto& answer : message.ocsp_answers()) {
        writer.open_part(octets, part_type::ocsp);
        octets += answer;
    }
    writer.open_part(octets, message.type, message.headers);
    octets += message.part;
}

/// "xatt" and what follows "xtop" in the boundary of the message. Rule: message-transport §3.6.
std::string boundary_of_attachments(std::string_view boundary) {
    constexpr std::string_view top = "xtop";
    if (boundary.starts_with(top)) boundary.remove_prefix(top.size());
    return "xatt" + std::string(boundary);
}

/// What is in memory gathers in `octets`; what is on disk goes to the sink as it is read.
Async<void> write_part(Sink& sink, std::string& octets, const channel::Payload& payload, channel::Payload::Part part) {
    if (payload.in_memory()) {
        octets += payload.view().substr(part.offset, part.size);
        co_return Result<void>{};
    }
    auto begun = co_await sink.write(octets);
    if (!begun) co_return begun.error();
    octets.clear();
    auto carried = co_await write_payload(sink, payload, std::move(part));
    co_return carried;
}

/// The attachments as a multipart within the multipart, with the empty line that genuine writers put before its first
/// delimiter. Rule: message-transport §3.6.
Async<void> write_attachments(Sink& sink, std::string& octets, message::MimeWriter& writer, const Message& message) {
    message::MimeWriter within(boundary_of_attachments(writer.boundary()));
    writer.open_part(octets, multipart_type(within.boundary()));
    octets += "\r\n";
    const auto& parts = message.body->parts();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        within.open_part(octets, message.attachments[i].type, message.attachments[i].headers);
        auto written = co_await write_part(sink, octets, *message.body, parts[i]);
        if (!written) co_return written.error();
    }
    within.close(octets);
    co_return Result<void>{};
}

Async<void> write_body(Sink& sink, std::string& octets, message::MimeWriter& writer, const Message& message) {
    if (message.language == message::Language::soap) {
        auto written = co_await write_attachments(sink, octets, writer, message);
        co_return written;
    }
    writer.open_part(octets, part_type::rest_body);
    auto written = co_await write_part(sink, octets, *message.body, message.body->parts().front());
    co_return written;
}

void write_after_body(std::string& octets, message::MimeWriter& writer, const Message& message) {
    const auto& seal = message.seal;
    if (seal.chain_result) {
        writer.open_part(octets, part_type::chain_result);
        octets += *seal.chain_result;
        writer.open_part(octets, part_type::chain);
        octets += seal.chain;
    }
    if (seal.signature) {
        writer.open_part(octets, part_type::signature);
        octets += *seal.signature;
    }
    writer.close(octets);
}

}  // namespace

std::string multipart_type(std::string_view boundary) {
    return "multipart/mixed; charset=UTF-8; boundary=" + std::string(boundary);
}

Async<void> write_message(Sink& sink, std::string boundary, const Message& message) {
    message::MimeWriter writer(std::move(boundary));
    SpareOctets buffer;
    auto& octets = *buffer;
    octets.reserve(room_for(message));
    write_before_body(octets, writer, message);
    if (message.body) {
        auto carried = co_await write_body(sink, octets, writer, message);
        if (!carried) co_return carried.error();
    }
    write_after_body(octets, writer, message);
    auto written = co_await sink.write(octets);
    if (!written) co_return written.error();
    auto finished = co_await sink.finish();
    co_return finished;
}

Octets write_late_fault(std::string boundary, const WireFault& fault) {
    message::MimeWriter writer(std::move(boundary));
    return writer.open_part(part_type::fault) + message::write_soap_fault(fault) + writer.close();
}

}  // namespace onceway::transport
