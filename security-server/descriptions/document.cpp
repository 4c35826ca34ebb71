#include "security-server/descriptions/document.hpp"

#include "certs/channel/client.hpp"
#include "certs/keys/digest.hpp"
#include "schemas/description/wsdl.hpp"

#include <fmt/format.h>

namespace onceway::descriptions {
namespace {

Fault reading(const std::string& url, const Fault& cause) {
    Fault seen = cause;
    seen.detail = fmt::format("Reading the description {}: {}", url, cause.detail);
    return seen;
}

std::string content_type_of(const message::Fields& fields) {
    for (const auto& [name, value] : fields)
        if (same_ignoring_case(name, "Content-Type")) return value;
    return {};
}

}  // namespace

std::string Document::sha256() const { return to_hex(keys::sha256(octets)); }

Async<Document> fetch_document(std::string url, Fetching how) {
    auto address = channel::Url::parse(url);
    if (!address) co_return address.error();
    channel::FetchRequest request;
    request.url = *address;
    request.fields = {{"Accept", "*/*"}, {"User-Agent", "Onceway/" ONCEWAY_VERSION}, {"Connection", "close"}};
    request.most = description::most_octets;
    request.connect = how.connect;
    request.total = how.total;
    request.permitted = how.permitted;
    if (address->tls) {
        if (how.verify && how.pinned.empty())
            co_return reading(url, fault(FaultCode::ssl_authentication_failed,
                                         "its certificate is to be verified, but none is declared for it."));
        const auto pinned = how.verify ? how.pinned : std::vector<x509::Certificate>{};
        auto tls = channel::TlsContext::service_client(pinned, how.own.get());
        if (!tls) co_return reading(url, tls.error());
        request.tls = std::move(*tls);
    }
    auto answer = co_await channel::fetch(std::move(request));
    if (!answer) co_return reading(url, answer.error());
    if (answer->status >= 300 && answer->status < 400)
        co_return fault(FaultCode::http_error,
                        fmt::format("Reading the description {}: it was answered with status {}. Redirects are not "
                                    "followed; give the address where the document itself lies.",
                                    url, answer->status));
    if (answer->status != 200)
        co_return fault(
            FaultCode::http_error,
            fmt::format("Reading the description {}: it was answered with status {}.", url, answer->status));
    Document document{std::move(answer->body), content_type_of(answer->fields)};
    co_return document;
}

}  // namespace onceway::descriptions
