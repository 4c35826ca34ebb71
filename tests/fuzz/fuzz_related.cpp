// Multiparts of information systems: however the octets are cut into pieces, the message is the same, and put together
// again it is read as the same once more.
#include "security-server/transport/related.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/run.hpp"

#include <cstdlib>

namespace {

using onceway::transport::Message;

onceway::Async<Message> read(onceway::OctetsView input, std::size_t piece) {
    onceway::transport::GivenSource source(input, piece);
    onceway::transport::Related related("b", "/tmp");
    auto begun = co_await related.read_soap_part(source);
    if (!begun) co_return begun.error();
    auto ended = co_await related.read_rest(source);
    if (!ended) co_return ended.error();
    co_return related.take_received();
}

onceway::Async<onceway::Octets> written(const Message& message) {
    onceway::transport::KeptOctets kept;
    auto done = co_await onceway::transport::write_related(kept, "b", message);
    if (!done) co_return done.error();
    co_return kept.octets;
}

/// Everything that a message says.
std::string told(const onceway::Result<Message>& message) {
    if (!message) return "refused " + message.error().wire_code();
    std::string all = message->type + '|' + message->part;
    for (const auto& [name, value] : message->headers) all += '|' + name + '=' + value;
    for (const auto& digest : message->digests()) all += digest;
    for (const auto& head : message->attachments) {
        all += '|' + head.type;
        for (const auto& [name, value] : head.headers) all += '|' + name + '=' + value;
    }
    return all;
}

}  // namespace

ONCEWAY_FUZZ(related) {
    const auto message = tests::run(read(input, 16 * 1024));
    if (told(message) != told(tests::run(read(input, 1)))) std::abort();
    if (!message) return;
    const auto octets = tests::run(written(*message));
    if (!octets || octets->size() != transport::related_octets("b", *message)) std::abort();
    if (told(tests::run(read(*octets, 16 * 1024))) != told(message)) std::abort();
}
