#include "certs/keys/token.hpp"

#include "certs/keys/gloves.hpp"
#include "certs/keys/token_description.hpp"
#include "certs/keys/token_tries.hpp"
#include "schemas/base/log.hpp"
#include "schemas/store/database.hpp"

#include <sys/stat.h>

#include <mutex>

namespace onceway::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t pin_least = 4, pem_octets_most = 1024 * 1024;

// Takes about a fifth of a second, and as long again for whoever waits for the folder.
Result<std::string> open_secret(const fs::path& folder, const LockedSecret& locked, std::string_view pin,
                                const Clock& clock) {
    auto attempt = PinTry::begin(folder, clock);
    if (!attempt) return attempt.error();
    auto opened = unlock_secret(locked, pin);
    if (!opened) {
        log::warning("token.pin_refused", {{"token", folder.filename().string()}, {"failures", attempt->failures()}});
        return opened;
    }
    if (auto counted = attempt->succeeded(); !counted) return counted.error();
    return opened;
}

Result<std::shared_ptr<const PrivateKey>> decrypt(const fs::path& folder, const KeptKey& kept,
                                                  const std::string& secret) {
    const fs::path file = key_file(folder, kept.info.id);
    const auto pem = store::read_whole(file, pem_octets_most);
    if (!pem) return pem.error();
    auto key = PrivateKey::from_pem(*pem, secret);
    if (!key || key->public_key().spki() != kept.spki) return damaged(file, "its key cannot be decrypted");
    return std::make_shared<const PrivateKey>(std::move(*key));
}

Result<KeyUsage> usage_of(const x509::Certificate& certificate) {
    const auto signing = certificate.is_signing(), authentication = certificate.is_authentication();
    const auto wrong = [](const char* why) {
        return fault(FaultCode::wrong_cert_usage, std::string("Importing a certificate: ") + why);
    };
    if (!signing || !authentication) return wrong("it does not say what it may be used for (keyUsage)");
    if (*signing && *authentication) return wrong("it is for signing and for authentication at once");
    if (!*signing && !*authentication) return wrong("it is neither for signing nor for authentication");
    return *signing ? KeyUsage::signing : KeyUsage::authentication;
}

}  // namespace

struct SoftwareToken::Parts {
    fs::path folder;
    const Clock* clock;
    mutable std::mutex mutex;  // not held while a PIN is tried: signers ask for their keys through it
    TokenDescription described;
    std::string secret;  // only while unlocked

    ~Parts() { forget(secret); }
    /// Takes in what other processes have written meanwhile. The folder must be locked.
    Result<void> catch_up();
};

Result<void> SoftwareToken::Parts::catch_up() {
    auto on_disk = read_description(folder);
    if (!on_disk) return on_disk.error();
    const std::lock_guard lock(mutex);
    for (auto& [id, kept] : on_disk->keys) {
        if (const auto known = described.keys.find(id); known != described.keys.end()) kept.key = known->second.key;
        if (kept.key || secret.empty()) continue;
        auto key = decrypt(folder, kept, secret);
        if (!key) return key.error();
        kept.key = std::move(*key);
    }
    described = std::move(*on_disk);
    return {};
}

Result<SoftwareToken> SoftwareToken::create(const fs::path& folder, std::string_view pin, const Clock& clock) {
    if (pin.size() < pin_least)
        return fault(FaultCode::pin_incorrect, "Creating a key store: a PIN has at least four characters");
    std::error_code error;
    if (fs::exists(description_file(folder), error))
        return fault(FaultCode::token_not_available, "Creating a key store: " + folder.string() + " holds one already");
    fs::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && !fs::is_directory(folder, error))
        return fault(FaultCode::token_not_available, "Creating a key store: " + folder.string() + " cannot be made");
    ::chmod(folder.c_str(), 0700);
    auto parts = std::make_unique<Parts>();
    parts->folder = folder;
    parts->clock = &clock;
    parts->secret = random_secret();
    parts->described.locked = lock_away(parts->secret, pin);
    if (auto written = write_description(folder, parts->described); !written) return written.error();
    return SoftwareToken(std::move(parts));
}

Result<SoftwareToken> SoftwareToken::open(const fs::path& folder, const Clock& clock) {
    auto described = read_description(folder);
    if (!described) return described.error();
    auto parts = std::make_unique<Parts>();
    parts->folder = folder;
    parts->clock = &clock;
    parts->described = std::move(*described);
    return SoftwareToken(std::move(parts));
}

SoftwareToken::SoftwareToken(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SoftwareToken::SoftwareToken(SoftwareToken&&) noexcept = default;
SoftwareToken& SoftwareToken::operator=(SoftwareToken&&) noexcept = default;
SoftwareToken::~SoftwareToken() = default;

Result<void> SoftwareToken::unlock(std::string_view pin) {
    // 1. The PIN, against the folder as it is now.
    auto described = read_description(parts_->folder);
    if (!described) return described.error();
    auto opened = open_secret(parts_->folder, described->locked, pin, *parts_->clock);
    if (!opened) return opened.error();

    // 2. Every key, before any of them is offered.
    Result<void> done;
    for (auto& [id, kept] : described->keys) {
        auto key = decrypt(parts_->folder, kept, *opened);
        if (!key)
            done = key.error();
        else
            kept.key = std::move(*key);
    }
    const std::lock_guard lock(parts_->mutex);
    if (done) {
        forget(parts_->secret);
        parts_->secret = *opened;
        parts_->described = std::move(*described);
    }
    forget(*opened);
    return done;
}

bool SoftwareToken::unlocked() const {
    const std::lock_guard lock(parts_->mutex);
    return !parts_->secret.empty();
}

void SoftwareToken::lock() {
    const std::lock_guard lock(parts_->mutex);
    for (auto& [id, kept] : parts_->described.keys) kept.key.reset();
    forget(parts_->secret);
}

Result<void> SoftwareToken::change_pin(std::string_view old_pin, std::string_view new_pin) {
    if (new_pin.size() < pin_least)
        return fault(FaultCode::pin_incorrect, "Changing the PIN: a PIN has at least four characters");
    auto described = read_description(parts_->folder);
    if (!described) return described.error();
    auto opened = open_secret(parts_->folder, described->locked, old_pin, *parts_->clock);
    if (!opened) return opened.error();
    const LockedSecret locked = lock_away(*opened, new_pin);
    forget(*opened);
    const auto folder_lock = FolderLock::take(parts_->folder);
    if (!folder_lock) return folder_lock.error();
    if (auto current = parts_->catch_up(); !current) return current;
    const std::lock_guard lock(parts_->mutex);
    TokenDescription changed = parts_->described;
    changed.locked = locked;
    auto written = write_description(parts_->folder, changed);
    if (written) parts_->described = std::move(changed);
    return written;
}

Result<KeyInfo> SoftwareToken::generate(const NewKey& wanted) {
    const bool rsa = wanted.family == KeyFamily::rsa;
    const bool offered = rsa ? wanted.bits == 2048 || wanted.bits == 3072 || wanted.bits == 4096
                             : wanted.bits == 256 || wanted.bits == 384;
    if (!offered)
        return fault(FaultCode::invalid_argument, "Making a key: RSA has 2048, 3072 or 4096 bits, EC 256 or 384");
    std::string secret;
    {
        const std::lock_guard lock(parts_->mutex);
        secret = parts_->secret;
    }
    if (secret.empty()) return fault(FaultCode::token_not_active, "Making a key: the key store is locked");
    auto key = std::make_shared<const PrivateKey>(
        rsa ? PrivateKey::generate_rsa(wanted.bits) : PrivateKey::generate_ec(wanted.bits == 256 ? "P-256" : "P-384"));
    const std::string pem = key->to_pem(secret, 1);
    forget(secret);
    const PublicKey half = key->public_key();
    KeptKey kept{
        {id_of(half), wanted.label, wanted.usage, wanted.family, half.bits(), {}}, half.spki(), std::move(key)};

    const auto folder_lock = FolderLock::take(parts_->folder);
    if (!folder_lock) return folder_lock.error();
    if (auto current = parts_->catch_up(); !current) return current.error();
    if (auto written = store::write_whole(key_file(parts_->folder, kept.info.id), pem); !written)
        return written.error();
    const std::lock_guard lock(parts_->mutex);
    TokenDescription changed = parts_->described;
    const KeyInfo info = kept.info;
    changed.keys.insert_or_assign(info.id, std::move(kept));
    if (auto written = write_description(parts_->folder, changed); !written) return written.error();
    parts_->described = std::move(changed);
    return info;
}

std::vector<KeyInfo> SoftwareToken::list() const {
    const std::lock_guard lock(parts_->mutex);
    std::vector<KeyInfo> infos;
    for (const auto& [id, kept] : parts_->described.keys) infos.push_back(kept.info);
    return infos;
}

Result<KeyInfo> SoftwareToken::import_certificate(const x509::Certificate& certificate) {
    const auto key = certificate.public_key();
    if (!key) return key.error();
    const auto usage = usage_of(certificate);
    if (!usage) return usage.error();
    const auto folder_lock = FolderLock::take(parts_->folder);
    if (!folder_lock) return folder_lock.error();
    if (auto current = parts_->catch_up(); !current) return current.error();
    const std::lock_guard lock(parts_->mutex);
    const auto found = parts_->described.keys.find(id_of(*key));
    if (found == parts_->described.keys.end())
        return fault(FaultCode::key_not_found,
                     "Importing a certificate: none of the keys here belongs to '" + certificate.subject() + "'");
    KeyInfo& info = found->second.info;
    if (info.usage != *usage)
        return fault(FaultCode::wrong_cert_usage,
                     "Importing a certificate: the key " + info.id + " was made for " + std::string(word(info.usage)));
    std::vector<x509::Certificate> certificates{certificate};
    for (const x509::Certificate& older : info.certificates)
        if (older != certificate) certificates.push_back(older);
    std::string text;
    for (const x509::Certificate& each : certificates) text += each.pem();
    if (auto written = store::write_whole(certificate_file(parts_->folder, info.id), text); !written)
        return written.error();
    info.certificates = std::move(certificates);
    return info;
}

Result<std::shared_ptr<const PrivateKey>> SoftwareToken::key(std::string_view id) const {
    const std::lock_guard lock(parts_->mutex);
    const auto found = parts_->described.keys.find(std::string(id));
    if (found == parts_->described.keys.end())
        return fault(FaultCode::key_not_found, "The key store has no key " + std::string(id));
    if (!found->second.key)
        return fault(FaultCode::token_not_active, "The key store is locked; unlock it with its PIN");
    return found->second.key;
}

}  // namespace onceway::keys
