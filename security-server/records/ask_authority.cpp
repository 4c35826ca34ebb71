// How a time-stamping authority is asked. Rule: message-log §3.3.
#include "certs/channel/client.hpp"
#include "security-server/records/timestamper.hpp"

#include <fmt/format.h>

namespace onceway::records {
namespace {

Async<Octets> ask(std::shared_ptr<const std::vector<x509::Certificate>> roots, Patience patience, std::string address,
                  Octets question) {
    const auto failed = [&](const Fault& fault) {
        return onceway::fault(FaultCode::mlog_timestamp_provider_connection_failed, address + ": " + fault.detail);
    };
    channel::FetchRequest request;
    auto url = channel::Url::parse(address);
    if (!url) co_return failed(url.error());
    if (url->tls) {
        auto tls = channel::TlsContext::verified_client(*roots, url->host);
        if (!tls) co_return failed(tls.error());
        request.tls = std::move(*tls);
    }
    request.method = "POST";
    request.url = std::move(*url);
    request.fields = {{"Content-Type", "application/timestamp-query"}};
    request.body = std::move(question);
    request.most = limits::timestamp_answer_octets;
    request.connect = patience.connect;
    request.total = patience.total;
    auto answer = co_await channel::fetch(std::move(request));
    if (!answer) co_return failed(answer.error());
    if (answer->status != 200)
        co_return fault(FaultCode::mlog_timestamping_non_ok_response,
                        fmt::format("{}: answered with status {}", address, answer->status));
    co_return std::move(answer->body);
}

}  // namespace

AskAuthority ask_over_http(std::vector<x509::Certificate> roots, Patience patience) {
    return [roots = std::make_shared<const std::vector<x509::Certificate>>(std::move(roots)), patience](
               std::string url, Octets question) { return ask(roots, patience, std::move(url), std::move(question)); };
}

}  // namespace onceway::records
