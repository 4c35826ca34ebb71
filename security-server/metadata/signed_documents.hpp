// GET /asic: signed documents out of the message log, for the information systems of those whose log it is.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/time.hpp"
#include "security-server/records/message_log.hpp"

#include <filesystem>
#include <functional>
#include <vector>

namespace onceway::metadata {

class SignedDocuments {
public:
    /// Whether the other side of this connection may read what `client` has logged: the client's connection type. Any
    /// fault is answered as 401 with its detail. Rule: message-log §7.2, step 2.
    using Access = std::function<Result<void>(const identity::ClientId& client, const channel::Exchange& exchange)>;
    /// Stamps records now; for `force`.
    using Stamp = std::function<Async<void>(std::vector<std::uint64_t> numbers)>;

    /// `spool` is where answers are made. The log outlives this object, and this outlives its coroutines.
    SignedDocuments(records::MessageLog& log, Access access, Stamp stamp, const Clock& clock,
                    std::filesystem::path spool);

    /// Answers one request; parameters, order and status as message-log §7.1 and §7.2 say.
    boost::asio::awaitable<void> answer(channel::Exchange& exchange) const;

private:
    struct Wanted;
    struct Refusal;
    Async<std::vector<records::Stored>> found(const Wanted& wanted) const;
    Async<void> stamped(const std::vector<records::Stored>& records) const;
    Async<void> send(channel::Exchange& exchange, const Wanted& wanted, std::vector<records::Stored> records) const;

    records::MessageLog& log_;
    Access access_;
    Stamp stamp_;
    const Clock& clock_;
    std::filesystem::path spool_;
};

}  // namespace onceway::metadata
