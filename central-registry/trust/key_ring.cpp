#include "central-registry/trust/key_ring.hpp"

#include "central-registry/trust/secret.hpp"
#include "central-registry/trust/store.hpp"

namespace onceway::central {
namespace {

bool is_active(store::Database& database, Purpose purpose, const UnlockedKey& key) {
    const auto stored = active_key(database, purpose);
    return stored && stored->certificate == key.certificate.der();
}

}  // namespace

Result<std::shared_ptr<const DirectoryKeys>> KeyRing::open(store::Database& database) {
    if (opened_ && is_active(database, Purpose::internal, opened_->internal) &&
        is_active(database, Purpose::external, opened_->external))
        return opened_;
    const auto passphrase = read_secret(secret_);
    if (!passphrase) return passphrase.error();
    auto internal = unlock_active_key(database, Purpose::internal, *passphrase);
    if (!internal) return std::move(internal).error();
    auto external = unlock_active_key(database, Purpose::external, *passphrase);
    if (!external) return std::move(external).error();
    opened_ = std::make_shared<const DirectoryKeys>(DirectoryKeys{std::move(*internal), std::move(*external)});
    return opened_;
}

}  // namespace onceway::central
