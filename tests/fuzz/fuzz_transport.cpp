// Messages between servers, part by part, as port 5500 and its callers read them.
#include "security-server/transport/incoming.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/run.hpp"

#include <cstdlib>

namespace {

/// What one reading found, so that readings in pieces of another size can be compared with it.
onceway::Async<std::string> read(onceway::OctetsView input, std::size_t piece,
                                 onceway::transport::Incoming::Expect what) {
    onceway::transport::GivenSource source(input, piece);
    onceway::transport::Incoming incoming(what, "b", "/tmp");
    auto begun = co_await incoming.read_message_part(source);
    if (!begun) co_return "refused " + begun.error().wire_code();
    auto ended = co_await incoming.read_rest(source);
    if (!ended) co_return "refused " + ended.error().wire_code();
    const auto& received = incoming.received();
    if (received.body && received.language == onceway::message::Language::soap &&
        received.attachments.size() != received.body->parts().size())
        std::abort();
    std::string digests;
    for (const auto& digest : received.digests()) digests += digest;
    co_return digests + received.part + "|" + std::to_string(received.octets()) + (incoming.relayed() ? "|fault" : "");
}

}  // namespace

ONCEWAY_FUZZ(transport) {
    using Expect = transport::Incoming::Expect;
    for (const auto what : {Expect::request, Expect::response}) {
        const auto small = tests::run(read(input, 7, what));
        const auto large = tests::run(read(input, 16 * 1024, what));
        if (!small || !large || *small != *large) std::abort();
    }
}
