#include "security-server/admin/own_ocsp.hpp"

#include "certs/channel/threads.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>

namespace onceway::admin {

namespace {

/// Neither too old nor, after the clock was put back, of the future: nobody would believe that.
bool usable(const x509::OcspVerdict& verdict, Instant at) {
    return at <= verdict.deadline && verdict.this_update <= at + limits::clock_skew;
}

}  // namespace

struct OwnOcsp::Parts {
    std::filesystem::path folder;
    const registry_view::View& view;
    const Clock& clock;
    Fetch ask;

    struct Entry {
        std::optional<HeldAnswer> held;            // none: what was there is of no use under this configuration
        std::shared_ptr<const x509::Trust> trust;  // under which it was judged
        Octets response;
    };
    mutable std::mutex lock;
    mutable std::map<Octets, Entry> entries;  // by SHA-1 of the certificate
    mutable std::atomic<std::uint64_t> revision{0};

    /// With `lock` held.
    void put(const x509::Certificate& certificate, Entry entry) const {
        entries.insert_or_assign(certificate.sha1(), std::move(entry));
        ++revision;
    }

    std::filesystem::path file_of(const x509::Certificate& certificate) const {
        return folder / (to_hex(certificate.sha1()) + ".der");
    }

    Result<HeldAnswer> judge(const x509::Certificate& certificate, Octets response, const x509::Trust& trust) const {
        const auto* issuer = trust.issuer_of(certificate, trust.own_instance());
        if (!issuer)
            return fault(FaultCode::cert_validation,
                         fmt::format("The issuer of {} is no approved authority.", certificate.subject()));
        const x509::OcspRules rules{trust.ocsp_freshness_seconds(), trust.optional().verify_next_update};
        auto verdict =
            x509::judge_ocsp(response, certificate, issuer->certificate, issuer->responders, clock.now(), rules);
        if (!verdict) return verdict.error();
        return HeldAnswer{std::move(response), std::move(*verdict), clock.now()};
    }

    /// An answer of an earlier run, or one judged under a configuration that has been replaced. What is of no use is
    /// remembered too, so that no message has to find that out again.
    std::optional<HeldAnswer> judge_again(const x509::Certificate& certificate, Octets response,
                                          std::shared_ptr<const x509::Trust> trust) const {
        std::optional<HeldAnswer> useful;
        if (auto judged = judge(certificate, response, *trust)) useful = std::move(*judged);
        const std::lock_guard held(lock);
        put(certificate, Entry{useful, std::move(trust), std::move(response)});
        return useful;
    }

    /// The answer on disk; nothing when there is none.
    Octets kept(const x509::Certificate& certificate) const {
        if (!std::filesystem::exists(file_of(certificate))) return {};
        return store::read_whole(file_of(certificate), limits::ocsp_answer_octets).value_or(Octets{});
    }

    std::vector<std::string> responders(const x509::Certificate& certificate, const x509::Trust& trust) const {
        std::vector<std::string> urls;
        if (const auto* issuer = trust.issuer_of(certificate, trust.own_instance())) urls = issuer->ocsp_urls;
        for (auto& url : certificate.ocsp_urls()) urls.push_back(std::move(url));
        return urls;
    }

    Async<Octets> answer_of(std::string url, Octets request) const;
};

OwnOcsp::OwnOcsp(std::filesystem::path folder, const registry_view::View& view, const Clock& clock, Fetch fetch)
    : parts_(new Parts{std::move(folder), view, clock, std::move(fetch), {}, {}}) {}
OwnOcsp::~OwnOcsp() = default;
std::uint64_t OwnOcsp::revision() const { return parts_->revision; }

std::optional<HeldAnswer> OwnOcsp::fresh(const x509::Certificate& certificate) const {
    const auto snapshot = parts_->view.current();
    if (!snapshot) return std::nullopt;
    std::optional<Octets> response;
    {
        const std::lock_guard held(parts_->lock);
        const auto found = parts_->entries.find(certificate.sha1());
        if (found != parts_->entries.end()) {
            const auto& entry = found->second;
            if (entry.trust == snapshot->trust) {
                return entry.held && usable(entry.held->verdict, parts_->clock.now()) ? entry.held : std::nullopt;
            }
            response = entry.response;
        }
    }
    if (!response) response = parts_->kept(certificate);
    return parts_->judge_again(certificate, std::move(*response), snapshot->trust);
}

Async<Octets> OwnOcsp::Parts::answer_of(std::string url, Octets request) const {
    const auto parsed = channel::Url::parse(url);
    if (!parsed) co_return parsed.error();
    if (parsed->tls)
        co_return fault(FaultCode::network_error,
                        "OCSP responders are asked over http; answers carry their own signature.");
    channel::FetchRequest post;
    post.method = "POST";
    post.url = *parsed;
    post.fields = {{"Content-Type", "application/ocsp-request"}, {"Accept", "application/ocsp-response"}};
    post.body = std::move(request);
    post.most = limits::ocsp_answer_octets;
    post.connect = limits::trust_service_connect;
    post.total = limits::trust_service_total;
    auto answer = co_await ask(std::move(post));
    if (!answer) co_return answer.error();
    if (answer->status != 200) co_return fault(FaultCode::http_error, fmt::format("It answered {}.", answer->status));
    co_return std::move(answer->body);
}

Async<HeldAnswer> OwnOcsp::fetch(x509::Certificate certificate) {
    // 1. Nothing is asked under an expired configuration: who may answer is no longer known.
    auto snapshot = parts_->view.valid(parts_->clock.now());
    if (!snapshot) co_return snapshot.error();
    const auto trust = (*snapshot)->trust;
    const auto* issuer = trust->issuer_of(certificate, trust->own_instance());
    if (!issuer)
        co_return fault(FaultCode::cert_validation,
                        fmt::format("Asking for the OCSP answer about {}: its issuer is no approved authority.",
                                    certificate.subject()));

    // 2. One responder after the other, until an answer is authentic.
    std::string troubles;
    const auto request = x509::write_ocsp_request(certificate, issuer->certificate);
    for (const auto& url : parts_->responders(certificate, *trust)) {
        auto response = co_await parts_->answer_of(url, request);
        auto judged =
            response ? parts_->judge(certificate, std::move(*response), *trust) : Result<HeldAnswer>(response.error());
        if (!judged) {
            troubles += fmt::format(" {}: {}", url, judged.error().detail);
            continue;
        }

        // 3. In memory first; a disk that fails costs only the next start a question.
        {
            const std::lock_guard held(parts_->lock);
            parts_->put(certificate, Parts::Entry{*judged, trust, judged->response});
        }
        const std::function<void()> work = [&] {
            std::error_code ignored;
            std::filesystem::create_directories(parts_->folder, ignored);
            if (auto kept = store::write_whole(parts_->file_of(certificate), judged->response); !kept)
                log::warning("ocsp.not_kept", {{"reason", kept.error().detail}});
        };
        co_await channel::on_disk_pool(work);
        co_return judged;
    }
    co_return fault(
        FaultCode::cert_validation,
        fmt::format("Asking for the OCSP answer about {}:{}", certificate.subject(),
                    troubles.empty() ? " neither the configuration nor the certificate names a responder." : troubles));
}

}  // namespace onceway::admin
