#include "security-server/provider/refusal.hpp"

#include "schemas/base/failpoint.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/outgoing.hpp"

#include <limits>

namespace onceway::provider {

Async<void> refuse_early(channel::Exchange& exchange, OctetsView document) {
    // The sender has the same right to our patience as with a message that is accepted; its pace is watched below.
    auto drained = co_await exchange.drain(std::numeric_limits<std::uint64_t>::max());
    if (!drained) exchange.close_after();
    if (auto met = failpoint::met("peer.answer"); !met) co_return met.error();
    const message::Fields fields{{"Content-Type", "text/xml;charset=utf-8"}, {"SOAPAction", ""}};
    auto answered = co_await exchange.respond(200, "OK", fields, document);
    co_return answered;
}

Async<void> refuse_late(channel::Exchange& exchange, OctetsView document, const message::Fields& more) {
    if (auto met = failpoint::met("peer.answer"); !met) co_return met.error();
    const std::string boundary = message::random_boundary();
    message::Fields fields{{"Content-Type", transport::multipart_type(boundary)},
                           {"x-hash-algorithm", std::string(transport::hash_algorithm)}};
    fields.insert(fields.end(), more.begin(), more.end());
    message::MimeWriter writer(boundary);
    Octets multipart = writer.open_part(transport::part_type::fault);
    multipart.append(document).append(writer.close());
    auto answered = co_await exchange.respond(200, "OK", fields, multipart);
    co_return answered;
}

}  // namespace onceway::provider
