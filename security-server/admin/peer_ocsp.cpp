#include "security-server/admin/peer_ocsp.hpp"

#include "certs/x509/ocsp.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/mime.hpp"

#include <fmt/format.h>

#include <atomic>
#include <list>
#include <mutex>
#include <unordered_map>

namespace onceway::admin {
namespace {

constexpr std::size_t most_remembered = 4'096;
constexpr std::string_view ocsp_type = "application/ocsp-response";

/// Gathers the parts of the right type under the limit of one answer each.
class OcspParts : public message::MimeSink {
public:
    Result<void> part_begins(const message::Fields& headers) override {
        const auto type = message::field(headers, "Content-Type");
        const auto media = type ? message::MediaType::parse(*type) : Result<message::MediaType>(message::MediaType{});
        wanted_ = media && media->base == ocsp_type;
        if (wanted_) found.emplace_back();
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        if (!wanted_) return {};
        if (found.back().size() + octets.size() > limits::ocsp_answer_octets)
            return fault(FaultCode::too_large, "Reading OCSP answers: one is larger than 64 KiB.");
        found.back() += octets;
        return {};
    }
    Result<void> part_ends() override { return {}; }

    std::vector<Octets> found;

private:
    bool wanted_ = false;
};

Fault refused(const std::string& detail) {
    return fault(FaultCode::internal_error, detail).within("ssl_authentication_failed");
}

}  // namespace

struct AskedPeerOcsp::Parts {
    std::uint16_t port;
    const Clock& clock;
    Fetch ask;

    struct Remembered {
        Octets response;
        Instant from, deadline;
        std::weak_ptr<const x509::Trust> trust;  // a configuration that was replaced is not kept alive by it
    };
    std::mutex lock;
    std::unordered_map<Octets, Remembered> remembered;  // by SHA-1 of the certificate
    std::atomic<std::uint64_t> revision{1};

    std::optional<Octets> find(const x509::Certificate& certificate, const x509::Trust& trust) {
        const std::lock_guard held(lock);
        const auto found = remembered.find(certificate.sha1());
        if (found == remembered.end()) return std::nullopt;
        const auto& kept = found->second;
        const auto now = clock.now();
        if (kept.trust.lock().get() != &trust || now > kept.deadline || now < kept.from) return std::nullopt;
        return kept.response;
    }

    /// Only authentic answers are remembered; with whom the answer must agree is the configuration's to say.
    void remember(const x509::Certificate& certificate, const Octets& response,
                  const std::shared_ptr<const x509::Trust>& trust) {
        for (const auto& instance : trust->instances()) {
            const auto* issuer = trust->issuer_of(certificate, instance.instance);
            if (!issuer) continue;
            const x509::OcspRules rules{trust->ocsp_freshness_seconds(), trust->optional().verify_next_update};
            const auto verdict =
                x509::judge_ocsp(response, certificate, issuer->certificate, issuer->responders, clock.now(), rules);
            if (!verdict || verdict->status != x509::Revocation::good) continue;
            const std::lock_guard held(lock);
            if (remembered.size() >= most_remembered) remembered.clear();
            remembered.insert_or_assign(
                certificate.sha1(),
                Remembered{response, verdict->this_update - limits::clock_skew, verdict->deadline, trust});
            revision.fetch_add(1, std::memory_order_release);
            return;
        }
    }

    Async<std::vector<Octets>> ask_peer(std::string host, std::vector<x509::Certificate> missing);
};

AskedPeerOcsp::AskedPeerOcsp(std::uint16_t port, const Clock& clock, Fetch fetch)
    : parts_(new Parts{port, clock, std::move(fetch), {}, {}}) {}
AskedPeerOcsp::~AskedPeerOcsp() = default;

Async<std::vector<Octets>> AskedPeerOcsp::Parts::ask_peer(std::string host, std::vector<x509::Certificate> missing) {
    channel::FetchRequest request;
    request.url = {false, host, port, ocsp_target(missing)};
    request.fields = {{"Accept", "multipart/related"}};
    request.most = missing.size() * (limits::ocsp_answer_octets + 1024) + 4096;
    request.connect = std::chrono::seconds(20);
    request.total = std::chrono::seconds(30);
    const auto failed = [&](const std::string& why) {
        return refused(fmt::format("Asking {} port {} for OCSP answers: {}", host, port, why));
    };
    auto answer = co_await ask(std::move(request));
    if (!answer) co_return failed(answer.error().detail);
    if (answer->status < 200 || answer->status > 299)
        co_return failed(fmt::format("it answered {}: {}", answer->status, answer->body.substr(0, 200)));
    const auto type = message::field(answer->fields, "Content-Type");
    auto parts = read_ocsp_parts(type.value_or(""), answer->body);
    if (!parts) co_return failed(parts.error().detail);
    if (parts->size() != missing.size())
        co_return failed(fmt::format("{} answers came for {} certificates.", parts->size(), missing.size()));
    co_return parts;
}

std::uint64_t AskedPeerOcsp::revision() const { return parts_->revision.load(std::memory_order_acquire); }

Async<std::vector<Octets>> AskedPeerOcsp::answers(std::string host, std::vector<x509::Certificate> chain,
                                                  std::shared_ptr<const registry_view::Snapshot> snapshot) {
    const auto trust = snapshot->trust;
    std::vector<Octets> all(chain.size());
    std::vector<x509::Certificate> missing;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        if (auto known = parts_->find(chain[i], *trust))
            all[i] = std::move(*known);
        else
            missing.push_back(chain[i]);
    }
    if (missing.empty()) co_return all;

    auto asked = co_await parts_->ask_peer(std::move(host), missing);
    if (!asked) co_return asked.error();
    std::size_t next = 0;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        if (!all[i].empty()) continue;
        parts_->remember(chain[i], (*asked)[next], trust);
        all[i] = std::move((*asked)[next++]);
    }
    co_return all;
}

std::string ocsp_target(const std::vector<x509::Certificate>& certificates) {
    std::string target;
    const auto add = [&](std::string_view name, const Octets& digest) {
        target += fmt::format("{}{}={}", target.empty() ? "/?" : "&", name, to_hex(digest));
    };
    for (const auto& certificate : certificates) add("cert", certificate.sha1());
    for (const auto& certificate : certificates) add("cert_hash", certificate.sha256());
    return target;
}

Result<std::vector<Octets>> read_ocsp_parts(std::string_view content_type, OctetsView body) {
    auto boundary = message::boundary_of(content_type);
    if (!boundary) return boundary.error();
    OcspParts parts;
    message::MimeReader reader(std::move(*boundary), message::MimeRules::peer, parts);
    if (auto read = reader.feed(body); !read) return read.error();
    if (auto ended = reader.end(); !ended) return ended.error();
    return std::move(parts.found);
}

}  // namespace onceway::admin
