#include "security-server/registry-view/download.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

namespace onceway::registry_view {
namespace {

constexpr int probed_versions[] = {6, 5, 4, 3};
constexpr int unprobed_version = 2;
constexpr std::size_t roots_octets = 4 * 1024 * 1024;

Fault unexpected(const channel::Url& url, int status) {
    return fault(
        FaultCode::global_conf_part_download_failure,
        fmt::format("Downloading the global configuration from {}: the answer has status {}.", url.text(), status));
}

}  // namespace

std::vector<x509::Certificate> read_roots(const std::filesystem::path& bundle) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    std::vector<x509::Certificate> roots;
    const auto text = store::read_whole(bundle, roots_octets);
    if (!text) return roots;
    for (auto at = text->find(begin); at != std::string::npos; at = text->find(begin, at + begin.size()))
        if (auto root = x509::Certificate::from_pem_or_der(std::string_view(*text).substr(at))) roots.push_back(*root);
    return roots;
}

Result<std::shared_ptr<channel::TlsContext>> Downloader::tls_for(const std::string& host) const {
    return channel::TlsContext::verified_client(read_roots(roots_), host);
}

Async<channel::FetchAnswer> Downloader::get(channel::Url url, std::size_t most) {
    channel::FetchRequest request;
    request.url = url;
    request.most = most;
    if (url.tls) {
        auto tls = tls_for(url.host);
        if (!tls) co_return tls.error();
        request.tls = *tls;
    }
    auto answer = co_await fetch_(std::move(request));
    co_return answer;
}

Async<Download> Downloader::directory(Candidate candidate, std::string instance, std::optional<int> version, Instant at,
                                      std::optional<Previous> previous) {
    std::vector<int> versions;
    if (version)
        versions = {*version};
    else
        versions.assign(std::begin(probed_versions), std::end(probed_versions));
    if (!version) versions.push_back(unprobed_version);

    for (const int asked : versions) {
        const auto location = with_version(candidate.url, asked);
        const auto url = channel::Url::parse(location);
        if (!url) co_return url.error();
        auto answer = co_await get(*url, limits::configuration_directory_octets);
        if (!answer) co_return answer.error();
        const bool last = asked == versions.back();
        if (answer->status == 404 && !last) continue;
        if (answer->status != 200) co_return unexpected(*url, answer->status);

        const Source source{instance, candidate.certificates};
        auto verified = verify_directory(answer->body, source, at, previous);
        if (!verified) co_return verified.error();
        Download download{std::move(*verified), location, asked};
        co_return download;
    }
    co_return fault(FaultCode::internal_error, "Downloading the global configuration: no version was asked for.");
}

Async<Octets> Downloader::part(std::string location, registry::DirectoryPart listed) {
    const auto failed = [&](const std::string& why) {
        return fault(FaultCode::global_conf_part_download_failure,
                     fmt::format("Downloading the part {} at {}: {}", listed.identifier, listed.location, why));
    };
    const auto base = channel::Url::parse(location);
    if (!base) co_return failed(base.error().detail);
    const auto url = resolve(*base, listed.location);
    if (!url) co_return failed(url.error().detail);
    auto answer = co_await get(*url, limits::configuration_part_octets);
    if (!answer) co_return failed(answer.error().detail);
    if (answer->status != 200) co_return failed(fmt::format("the answer has status {}.", answer->status));
    if (auto same = verify_part(listed, answer->body); !same) co_return same.error();
    co_return std::move(answer->body);
}

}  // namespace onceway::registry_view
