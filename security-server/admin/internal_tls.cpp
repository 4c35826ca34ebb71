#include "security-server/admin/internal_tls.hpp"

#include "schemas/store/database.hpp"

#include <fmt/format.h>

namespace onceway::admin {
namespace {

constexpr std::size_t pem_octets = 64 * 1024;
constexpr std::chrono::days lifetime{3'652};

}  // namespace

Result<void> make_internal_tls(const ServerFile& file, Instant now) {
    const auto key = keys::PrivateKey::generate_rsa();
    x509::Issue wanted;
    wanted.subject = {{"CN", file.id.code}};
    wanted.spki = key.public_key().spki();
    wanted.profile = x509::Profile::tls_server;
    wanted.not_before = now - std::chrono::hours(1);
    wanted.not_after = now + lifetime;
    wanted.addresses = {file.inside};
    const auto certificate = x509::issue(wanted, nullptr, key);
    if (!certificate) return certificate.error();
    std::error_code error;
    std::filesystem::create_directories(file.tls_key().parent_path(), error);
    if (auto written = store::write_whole(file.tls_key(), key.to_pem({})); !written) return written;
    return store::write_whole(file.tls_certificate(), certificate->pem());
}

Result<channel::TlsIdentity> load_internal_tls(const ServerFile& file) {
    const auto in = [](const std::filesystem::path& path, const Fault& why) {
        return fault(why.code, fmt::format("Reading {}: {}", path.string(), why.detail));
    };
    const auto certificate_pem = store::read_whole(file.tls_certificate(), pem_octets);
    if (!certificate_pem) return certificate_pem.error();
    auto certificate = x509::Certificate::from_pem_or_der(*certificate_pem);
    if (!certificate) return in(file.tls_certificate(), certificate.error());
    const auto key_pem = store::read_whole(file.tls_key(), pem_octets);
    if (!key_pem) return key_pem.error();
    auto key = keys::PrivateKey::from_pem(*key_pem);
    if (!key) return in(file.tls_key(), key.error());
    channel::TlsIdentity identity;
    identity.chain = {std::move(*certificate)};
    identity.key = std::make_shared<const keys::PrivateKey>(std::move(*key));
    return identity;
}

}  // namespace onceway::admin
