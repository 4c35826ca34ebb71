#include "security-server/doctor/blame.hpp"

#include "security-server/admin/waited.hpp"

#include <fmt/format.h>

namespace onceway::doctor {
namespace {

Async<void> open_and_close(channel::ConnectTo to) {
    auto connection = co_await channel::Connection::open(std::move(to));
    if (!connection) co_return connection.error();
    (*connection)->close();
    co_return Result<void>{};
}

bool says(const Fault& fault, std::string_view word) { return fault.detail.find(word) != std::string::npos; }

}  // namespace

Blame blame(const Fault& fault, const Asked& asked) {
    if (fault.code == FaultCode::unknown_host)
        return {Turn::network, fmt::format("The name in {} cannot be resolved from this machine. Put the DNS right, or "
                                           "have the address registered as a number.",
                                           asked.where)};
    if (says(fault, "refused"))
        return {asked.turn, fmt::format("The machine answers, but no program listens at {}. Have {} started there.",
                                        asked.where, asked.what)};
    if (says(fault, "handshake"))
        return {asked.turn,
                fmt::format("{} is reached, but no TLS comes about. Have those who run {} see whether it speaks "
                            "TLS there, and which certificate it shows.",
                            asked.where, asked.what)};
    if (fault.code == FaultCode::timed_out && !says(fault, "Connecting") && !says(fault, "Resolving"))
        return {asked.turn,
                fmt::format("A connection to {} stands, but nothing comes over it. Have those who run {} see "
                            "whether it hangs, or speaks something else there.",
                            asked.where, asked.what)};
    if (fault.code == FaultCode::timed_out)
        return {Turn::network,
                fmt::format("Nothing comes back from {}. Open the way from this machine to it; when it is "
                            "open, have {} looked at.",
                            asked.where, asked.what)};
    if (says(fault, "unreachable") || says(fault, "No route"))
        return {Turn::network,
                fmt::format("There is no way from this machine to {}. Put routes and firewalls right.", asked.where)};
    return {asked.turn,
            fmt::format("It was reached at {}, but the answer is wrong. Show the sentence above to those who "
                        "run {}.",
                        asked.where, asked.what)};
}

Async<channel::FetchAnswer> Asker::carry(channel::FetchRequest request) {
    request.connect = connect_patience;
    request.total = answer_patience;
    const auto url = request.url;
    const auto before = clock_.now();
    auto answer = co_await channel::fetch(std::move(request));
    if (!answer) co_return answer;
    if (auto offset = admin::offset_shown(url, *answer, before, clock_.now())) note(std::move(*offset));
    co_return answer;
}

Result<channel::FetchAnswer> Asker::ask(channel::FetchRequest request) {
    return admin::waited(carry(std::move(request)));
}

admin::Fetch Asker::fetch() {
    return [this](channel::FetchRequest request) { return carry(std::move(request)); };
}

std::vector<admin::ClockOffset> Asker::clocks() const {
    const std::lock_guard held(lock_);
    return offsets_;
}

void Asker::note(admin::ClockOffset offset) {
    const std::lock_guard held(lock_);
    offsets_.push_back(std::move(offset));
}

Result<void> connect(channel::ConnectTo to) {
    to.connect_timeout = to.handshake_timeout = connect_patience;
    return admin::waited(open_and_close(std::move(to)));
}

}  // namespace onceway::doctor
