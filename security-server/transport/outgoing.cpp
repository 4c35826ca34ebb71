#include "security-server/transport/outgoing.hpp"

#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/spare_octets.hpp"

namespace onceway::transport {
namespace {

constexpr std::size_t framing_most = 200;  // octets around one part

/// Octets of a whole message, but for a body on disk; never less than what is written.
std::size_t room_for(const Message& message) {
    const auto& seal = message.seal;
    std::size_t room = 8 * framing_most + message.part.size() + seal.chain.size();
    for (const auto& answer : message.ocsp_answers()) room += framing_most + answer.size();
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
    writer.open_part(octets, message.type);
    octets += message.part;
    if (message.body) writer.open_part(octets, part_type::rest_body);
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
    if (message.body && message.body->in_memory()) {
        octets += message.body->view();
    } else if (message.body) {
        auto begun = co_await sink.write(octets);
        if (!begun) co_return begun.error();
        auto carried = co_await write_payload(sink, *message.body);
        if (!carried) co_return carried.error();
        octets.clear();
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
