// The multipart/related that an information system gets. Rule: message-transport §2.7.
#include "schemas/message/mime.hpp"
#include "security-server/transport/related.hpp"

namespace onceway::transport {
namespace {

constexpr std::size_t gathered_most = 64 * 1024;

// Genuine writers leave a blank behind "content-type:" when there is only the SOAP part, and none otherwise.
std::string_view blank(const Message& message) { return message.attachments.empty() ? " " : ""; }

void open_part(std::string& octets, std::string_view boundary, std::string_view blank, std::string_view type,
               const message::Fields& headers) {
    octets.append("--").append(boundary).append("\r\ncontent-type:").append(blank).append(type).append("\r\n");
    for (const auto& [name, value] : headers) message::append_field(octets, name, value);
    octets.append("\r\n");
}

/// Small octets gather; large ones go out as they are, behind what has gathered.
Async<void> put(Sink& sink, std::string& gathered, OctetsView octets) {
    if (gathered.size() + octets.size() <= gathered_most) {
        gathered += octets;
        co_return Result<void>{};
    }
    auto before = co_await sink.write(gathered);
    if (!before) co_return before.error();
    gathered.clear();
    auto written = co_await sink.write(octets);
    co_return written;
}

Async<void> put_attachment(Sink& sink, std::string& gathered, const channel::Payload& payload,
                           channel::Payload::Part part) {
    if (payload.in_memory()) {
        auto written = co_await put(sink, gathered, payload.view().substr(part.offset, part.size));
        co_return written;
    }
    auto before = co_await sink.write(gathered);
    if (!before) co_return before.error();
    gathered.clear();
    auto written = co_await write_payload(sink, payload, std::move(part));
    co_return written;
}

}  // namespace

bool is_related(std::string_view content_type) {
    const auto type = message::MediaType::parse(content_type);
    return type && type->base == "multipart/related";
}

bool is_soap_type(std::string_view content_type) {
    const auto type = message::MediaType::parse(content_type);
    return type && (type->base == "text/xml" || type->base == "application/xop+xml");
}

std::uint64_t related_octets(std::string_view boundary, const Message& message) {
    std::string framing;
    open_part(framing, boundary, blank(message), message.type, message.headers);
    for (const auto& head : message.attachments) {
        framing += "\r\n";
        open_part(framing, boundary, blank(message), head.type, head.headers);
    }
    framing.append("\r\n--").append(boundary).append("--\r\n");
    return framing.size() + message.octets();
}

Async<void> write_related(Sink& sink, std::string boundary, const Message& message) {
    std::string gathered;
    open_part(gathered, boundary, blank(message), message.type, message.headers);
    auto envelope = co_await put(sink, gathered, message.part);
    if (!envelope) co_return envelope.error();
    for (std::size_t i = 0; i < message.attachments.size(); ++i) {
        gathered += "\r\n";
        open_part(gathered, boundary, blank(message), message.attachments[i].type, message.attachments[i].headers);
        auto written = co_await put_attachment(sink, gathered, *message.body, message.body->parts()[i]);
        if (!written) co_return written.error();
    }
    gathered.append("\r\n--").append(boundary).append("--\r\n");
    auto last = co_await sink.write(gathered);
    if (!last) co_return last.error();
    auto finished = co_await sink.finish();
    co_return finished;
}

}  // namespace onceway::transport
