#include "security-server/transport/outgoing.hpp"

#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"

namespace onceway::transport {
namespace {

std::string before_body(message::MimeWriter& writer, const Message& message) {
    std::string octets;
    for (const auto& answer : message.ocsp) octets += writer.open_part(part_type::ocsp) + answer;
    octets += writer.open_part(message.type) + message.part;
    if (message.body) octets += writer.open_part(part_type::rest_body);
    return octets;
}

std::string after_body(message::MimeWriter& writer, const Message& message) {
    std::string octets;
    const auto& seal = message.seal;
    if (seal.chain_result) {
        octets += writer.open_part(part_type::chain_result) + *seal.chain_result;
        octets += writer.open_part(part_type::chain) + seal.chain;
    }
    if (seal.signature) octets += writer.open_part(part_type::signature) + *seal.signature;
    return octets + writer.close();
}

}  // namespace

std::string multipart_type(std::string_view boundary) {
    return "multipart/mixed; charset=UTF-8; boundary=" + std::string(boundary);
}

Async<void> write_message(Sink& sink, std::string boundary, const Message& message) {
    message::MimeWriter writer(std::move(boundary));
    std::string octets = before_body(writer, message);
    if (message.body && message.body->in_memory()) {
        octets += message.body->view();
    } else if (message.body) {
        auto begun = co_await sink.write(octets);
        if (!begun) co_return begun.error();
        auto carried = co_await write_payload(sink, *message.body);
        if (!carried) co_return carried.error();
        octets.clear();
    }
    octets += after_body(writer, message);
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
