#include "tests/security-server/altered_exchange.hpp"

#include <stdexcept>

namespace onceway::tests {

AlteredExchange::AlteredExchange(channel::Exchange& inner) : inner_(inner) {}

Async<void> AlteredExchange::read(const std::function<void(Question&)>& alter) {
    question_.head = inner_.head();
    question_.certificates = inner_.peer_certificates();
    for (;;) {
        auto octets = co_await inner_.read_body();
        if (!octets) co_return octets.error();
        if (octets->empty()) break;
        question_.body += *octets;
    }
    if (alter) alter(question_);
    left_ = question_.body;
    co_return Result<void>{};
}

Async<void> AlteredExchange::pass_on(const std::function<void(Reply&)>& alter) {
    if (alter) alter(reply_);
    if (!reply_.sent) {
        const Streaming how{.length = reply_.body.size() + 100, .until_close = false};
        auto begun = co_await inner_.begin(reply_.status, "OK", reply_.fields, how);
        if (!begun) co_return begun.error();
        auto written = co_await inner_.write(reply_.body);
        if (!written) co_return written.error();
        auto flushed = co_await inner_.flush();
        co_return flushed;
    }
    auto answered = co_await inner_.respond(reply_.status, "OK", reply_.fields, reply_.body);
    co_return answered;
}

const message::RequestHead& AlteredExchange::head() const { return question_.head; }
bool AlteredExchange::over_tls() const { return inner_.over_tls(); }
const std::vector<x509::Certificate>& AlteredExchange::peer_certificates() const { return question_.certificates; }
const std::string& AlteredExchange::peer_address() const { return inner_.peer_address(); }

Async<OctetsView> AlteredExchange::read_body() {
    const OctetsView piece = left_.substr(0, 1000);
    left_.remove_prefix(piece.size());
    co_return piece;
}
Async<void> AlteredExchange::drain(std::uint64_t) {
    left_ = {};
    co_return Result<void>{};
}

Async<void> AlteredExchange::respond(int status, std::string_view, const message::Fields& fields, OctetsView body) {
    reply_ = {status, fields, std::string(body)};
    answered_ = true;
    co_return Result<void>{};
}
Async<void> AlteredExchange::begin(int status, std::string_view reason, const message::Fields& fields, Streaming) {
    return respond(status, reason, fields, {});
}
Async<void> AlteredExchange::write(OctetsView octets) {
    reply_.body += octets;
    co_return Result<void>{};
}
Async<void> AlteredExchange::flush() { co_return Result<void>{}; }
Async<void> AlteredExchange::finish() { co_return Result<void>{}; }

bool AlteredExchange::answered() const { return answered_; }
void AlteredExchange::close_after() { inner_.close_after(); }

void replace(std::string& text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("nothing to replace: " + std::string(from));
    text.replace(at, from.size(), to);
}

}  // namespace onceway::tests
