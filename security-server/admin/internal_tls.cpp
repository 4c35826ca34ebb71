#include "security-server/admin/internal_tls.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/certificate_request.hpp"

#include <fmt/format.h>

namespace onceway::admin {
namespace {

using Chain = std::vector<x509::Certificate>;

constexpr std::size_t pem_octets = 64 * 1024;
constexpr std::chrono::days lifetime{3'652};
constexpr std::string_view pem_begin = "-----BEGIN CERTIFICATE-----", pem_end = "-----END CERTIFICATE-----";

/// A key on its way into force, so that a crash between key and certificate can be mended.
std::filesystem::path replacing_key(const ServerFile& file) {
    return file.tls_key().parent_path() / "replacing-key.pem";
}
std::filesystem::path next_key(const ServerFile& file) { return file.tls_key().parent_path() / "next-key.pem"; }

Fault in(const std::filesystem::path& path, const Fault& why) {
    return fault(why.code, fmt::format("Reading {}: {}", path.string(), why.detail));
}
Fault unfit(std::string_view why) {
    return fault(FaultCode::incorrect_certificate, fmt::format("Importing the internal TLS certificate: {}", why));
}

Result<Chain> read_chain(OctetsView octets) {
    Chain chain;
    std::size_t at = octets.find(pem_begin);
    if (at == OctetsView::npos) {
        auto single = x509::Certificate::from_der(octets);
        if (!single) return single.error();
        return Chain{std::move(*single)};
    }
    while (at != OctetsView::npos && chain.size() < limits::certificate_depth) {
        const auto end = octets.find(pem_end, at);
        if (end == OctetsView::npos) return fault(FaultCode::incorrect_certificate, "a PEM block has no end");
        auto certificate = x509::Certificate::from_pem_or_der(octets.substr(at, end + pem_end.size() - at));
        if (!certificate) return certificate.error();
        chain.push_back(std::move(*certificate));
        at = octets.find(pem_begin, end);
    }
    if (at != OctetsView::npos)
        return fault(FaultCode::incorrect_certificate,
                     fmt::format("it holds more than {} certificates", limits::certificate_depth));
    return chain;
}

std::string pem_of(const Chain& chain) {
    std::string pem;
    for (const auto& certificate : chain) pem += certificate.pem();
    return pem;
}

Result<keys::PrivateKey> read_key(const std::filesystem::path& path) {
    const auto pem = store::read_whole(path, pem_octets);
    if (!pem) return pem.error();
    auto key = keys::PrivateKey::from_pem(*pem);
    if (!key) return in(path, key.error());
    return key;
}

bool fits(const keys::PrivateKey& key, const x509::Certificate& certificate) {
    const auto certified = certificate.public_key();
    return certified && certified->spki() == key.public_key().spki();
}

/// Self-signed, for both ends of a connection: services see it as well.
Result<x509::Certificate> self_signed(const ServerFile& file, const keys::PrivateKey& key, Instant now) {
    x509::Issue wanted;
    wanted.subject = {{"CN", file.id.code}};
    wanted.spki = key.public_key().spki();
    wanted.profile = x509::Profile::authentication;
    wanted.not_before = now - std::chrono::hours(1);
    wanted.not_after = now + lifetime;
    wanted.addresses = {file.inside};
    return x509::issue(wanted, nullptr, key);
}

/// Key and certificate are two files. The key goes first to a place of its own, so that `load_internal_tls` finds the
/// one that belongs to the certificate at whichever step a crash came.
Result<void> write_both(const ServerFile& file, const std::string& key_pem, const Chain& chain) {
    std::error_code error;
    std::filesystem::create_directories(file.tls_key().parent_path(), error);
    if (auto written = store::write_whole(replacing_key(file), key_pem); !written) return written;
    if (auto written = store::write_whole(file.tls_certificate(), pem_of(chain)); !written) return written;
    if (auto written = store::write_whole(file.tls_key(), key_pem); !written) return written;
    std::filesystem::remove(replacing_key(file), error);
    return {};
}

}  // namespace

Result<void> make_internal_tls(const ServerFile& file, Instant now) {
    const auto key = keys::PrivateKey::generate_rsa();
    const auto certificate = self_signed(file, key, now);
    if (!certificate) return certificate.error();
    return write_both(file, key.to_pem({}), {*certificate});
}

Result<channel::TlsIdentity> load_internal_tls(const ServerFile& file) {
    const auto pem = store::read_whole(file.tls_certificate(), pem_octets);
    if (!pem) return pem.error();
    auto chain = read_chain(*pem);
    if (!chain) return in(file.tls_certificate(), chain.error());
    auto key = read_key(file.tls_key());
    if (!key || !fits(*key, chain->front())) {
        auto replacing = read_key(replacing_key(file));
        if (replacing && fits(*replacing, chain->front())) {
            if (auto ended = write_both(file, replacing->to_pem({}), *chain); !ended) return ended.error();
            key = std::move(replacing);
        }
    }
    if (!key) return key.error();
    if (!fits(*key, chain->front()))
        return fault(FaultCode::incorrect_certificate,
                     fmt::format("Reading {}: the key in {} is not that of this certificate. Make both anew with "
                                 "`onceway-server internal-tls renew`.",
                                 file.tls_certificate().string(), file.tls_key().string()));
    channel::TlsIdentity identity;
    identity.chain = std::move(*chain);
    identity.key = std::make_shared<const keys::PrivateKey>(std::move(*key));
    return identity;
}

InternalTls::InternalTls(const ServerFile& file, const Clock& clock) : file_(file), clock_(clock) {}

Result<void> InternalTls::load() {
    auto identity = load_internal_tls(file_);
    if (!identity) return identity.error();
    const std::lock_guard held(door_);
    current_ = std::make_shared<const channel::TlsIdentity>(std::move(*identity));
    return {};
}

std::shared_ptr<const channel::TlsIdentity> InternalTls::current() const {
    const std::lock_guard held(door_);
    return current_;
}

bool InternalTls::waiting() const {
    std::error_code error;
    return std::filesystem::exists(next_key(file_), error);
}

Result<void> InternalTls::replace(const std::string& key_pem, const Chain& chain) {
    if (auto written = write_both(file_, key_pem, chain); !written) return written;
    if (auto loaded = load(); !loaded) return loaded;
    if (notice_) notice_(*current());
    return {};
}

Result<void> InternalTls::renew() {
    const std::lock_guard one(changing_);
    const auto key = keys::PrivateKey::generate_rsa();
    const auto certificate = self_signed(file_, key, clock_.now());
    if (!certificate) return certificate.error();
    return replace(key.to_pem({}), {*certificate});
}

Result<std::string> InternalTls::request(const std::string& name, const std::string& address) {
    const std::lock_guard one(changing_);
    const auto key = keys::PrivateKey::generate_rsa();
    const auto der = x509::write_request(key, {{"CN", name.empty() ? file_.id.code : name}},
                                         x509::Profile::authentication, address.empty() ? file_.inside : address);
    if (!der) return der.error();
    if (auto kept = store::write_whole(next_key(file_), key.to_pem({})); !kept) return kept.error();
    return request_pem(*der);
}

Result<void> InternalTls::import(OctetsView octets) {
    const std::lock_guard one(changing_);
    auto chain = read_chain(octets);
    if (!chain) return unfit(chain.error().detail);
    const auto& leaf = chain->front();
    if (!leaf.valid_at(clock_.now()))
        return unfit(fmt::format("it is valid from {} to {}.", rfc3339_seconds(leaf.not_before()),
                                 rfc3339_seconds(leaf.not_after())));
    for (std::size_t i = 0; i + 1 < chain->size(); ++i)
        if (!(*chain)[i].signed_by((*chain)[i + 1]))
            return unfit(fmt::format("'{}' did not issue '{}'. Put the certificate first, then its issuer, and so on.",
                                     (*chain)[i + 1].subject(), (*chain)[i].subject()));
    if (chain->size() > 1 && chain->back().self_issued())
        chain->pop_back();  // whom to trust is known to the other side

    for (const bool next : {true, false}) {
        const auto key = read_key(next ? next_key(file_) : file_.tls_key());
        if (!key || !fits(*key, leaf)) continue;
        if (auto replaced = replace(key->to_pem({}), *chain); !replaced) return replaced;
        std::error_code error;
        if (next) std::filesystem::remove(next_key(file_), error);
        return {};
    }
    return unfit("it belongs to no key of this server. Ask for one with `onceway-server internal-tls csr`.");
}

}  // namespace onceway::admin
