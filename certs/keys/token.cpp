#include "certs/keys/token.hpp"

#include "certs/keys/gloves.hpp"
#include "certs/keys/token_secret.hpp"
#include "certs/keys/token_tries.hpp"
#include "schemas/base/log.hpp"
#include "schemas/store/database.hpp"

#include <boost/json.hpp>

#include <sys/stat.h>

#include <map>
#include <mutex>

namespace onceway::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_name = "onceway-token/1";
constexpr std::size_t pin_least = 4, description_octets_most = 4 * 1024 * 1024, pem_octets_most = 1024 * 1024;

std::string_view word(KeyUsage usage) { return usage == KeyUsage::signing ? "signing" : "authentication"; }
std::string_view word(KeyFamily family) { return family == KeyFamily::rsa ? "rsa" : "ec"; }

Fault damaged(const fs::path& file, const char* what) {
    return fault(FaultCode::token_not_available,
                 "Opening the key store: " + file.string() + " is damaged (" + what + "); restore it from a backup");
}

/// One key as the token keeps it.
struct KeptKey {
    KeyInfo info;
    Octets spki;
    std::shared_ptr<const PrivateKey> key;  // only while unlocked
};

std::string id_of(const PublicKey& key) { return to_hex(keys::sha256(key.spki())).substr(0, 16); }

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

Result<KeptKey> read_key(const boost::json::object& object, const fs::path& file) {
    const auto spki = from_base64(text_of(object, "public_key"));
    if (!spki) return damaged(file, "a public key is not Base64");
    const auto key = PublicKey::from_spki(*spki);
    if (!key) return damaged(file, "a public key is malformed");
    const std::string usage = text_of(object, "usage");
    if (usage != "signing" && usage != "authentication") return damaged(file, "a usage is not known");
    return KeptKey{{id_of(*key),
                    text_of(object, "label"),
                    usage == "signing" ? KeyUsage::signing : KeyUsage::authentication,
                    key->family(),
                    key->bits(),
                    {}},
                   key->spki(),
                   nullptr};
}

// The certificates of one key: PEM, one after the other, newest first.
Result<std::vector<x509::Certificate>> read_certificates(const fs::path& file) {
    std::vector<x509::Certificate> certificates;
    if (!fs::exists(file)) return certificates;
    const auto text = store::read_whole(file, pem_octets_most);
    if (!text) return text.error();
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    for (auto at = text->find(begin); at != std::string::npos; at = text->find(begin, at + begin.size())) {
        auto certificate = x509::Certificate::from_pem_or_der(OctetsView(*text).substr(at));
        if (!certificate) return damaged(file, "a certificate cannot be read");
        certificates.push_back(std::move(*certificate));
    }
    return certificates;
}

}  // namespace

struct SoftwareToken::Parts {
    fs::path folder;
    const Clock* clock;
    mutable std::mutex mutex;
    LockedSecret locked;
    std::string secret;  // only while unlocked
    std::map<std::string, KeptKey> keys;

    ~Parts() { forget(secret); }
    fs::path description() const { return folder / "token.json"; }
    fs::path key_file(const std::string& id) const { return folder / (id + ".key.pem"); }
    fs::path certificate_file(const std::string& id) const { return folder / (id + ".crt.pem"); }

    Result<void> write() const;
    Result<void> read();
    Result<std::string> open_secret(std::string_view pin) const;
    Result<void> decrypt_keys();
};

Result<void> SoftwareToken::Parts::write() const {
    boost::json::array list;
    for (const auto& [id, kept] : keys)
        list.push_back(boost::json::object{{"id", id},
                                           {"label", kept.info.label},
                                           {"usage", word(kept.info.usage)},
                                           {"family", word(kept.info.family)},
                                           {"bits", kept.info.bits},
                                           {"public_key", to_base64(kept.spki)}});
    const boost::json::object json{{"format", format_name},
                                   {"pin",
                                    {{"derivation", "scrypt N=8192 r=8 p=10"},
                                     {"cipher", "AES-256-GCM"},
                                     {"salt", to_base64(locked.salt)},
                                     {"nonce", to_base64(locked.nonce)},
                                     {"sealed", to_base64(locked.sealed)}}},
                                   {"keys", std::move(list)}};
    return store::write_whole(description(), boost::json::serialize(json) + "\n");
}

Result<void> SoftwareToken::Parts::read() {
    const auto text = store::read_whole(description(), description_octets_most);
    if (!text) return fault(FaultCode::token_not_initialized, "Opening the key store: " + text.error().detail);
    boost::system::error_code error;
    const auto json = boost::json::parse(*text, error);
    const auto* object = error ? nullptr : json.if_object();
    if (!object || text_of(*object, "format") != format_name) return damaged(description(), "it has another format");
    const auto* pin = object->if_contains("pin");
    const auto* list = object->if_contains("keys");
    if (!pin || !pin->is_object() || !list || !list->is_array()) return damaged(description(), "a field is missing");
    const auto salt = from_base64(text_of(pin->as_object(), "salt")),
               nonce = from_base64(text_of(pin->as_object(), "nonce")),
               sealed = from_base64(text_of(pin->as_object(), "sealed"));
    if (!salt || !nonce || !sealed) return damaged(description(), "a value is not Base64");
    locked = {*salt, *nonce, *sealed};
    for (const auto& each : list->as_array()) {
        if (!each.is_object()) return damaged(description(), "a key is malformed");
        auto kept = read_key(each.as_object(), description());
        if (!kept) return kept.error();
        auto certificates = read_certificates(certificate_file(kept->info.id));
        if (!certificates) return certificates.error();
        kept->info.certificates = std::move(*certificates);
        keys.insert_or_assign(kept->info.id, std::move(*kept));
    }
    return {};
}

Result<std::string> SoftwareToken::Parts::open_secret(std::string_view pin) const {
    auto attempt = PinTry::begin(folder, *clock);
    if (!attempt) return attempt.error();
    auto opened = unlock_secret(locked, pin);
    if (!opened) {
        log::warning("token.pin_refused", {{"token", folder.filename().string()}, {"failures", attempt->failures()}});
        return opened;
    }
    if (auto counted = attempt->succeeded(); !counted) return counted.error();
    return opened;
}

Result<void> SoftwareToken::Parts::decrypt_keys() {
    for (auto& [id, kept] : keys) {
        if (kept.key) continue;
        const auto pem = store::read_whole(key_file(id), pem_octets_most);
        if (!pem) return pem.error();
        auto key = PrivateKey::from_pem(*pem, secret);
        if (!key || key->public_key().spki() != kept.spki) return damaged(key_file(id), "its key cannot be decrypted");
        kept.key = std::make_shared<const PrivateKey>(std::move(*key));
    }
    return {};
}

Result<SoftwareToken> SoftwareToken::create(const fs::path& folder, std::string_view pin, const Clock& clock) {
    if (pin.size() < pin_least)
        return fault(FaultCode::pin_incorrect, "Creating a key store: a PIN has at least four characters");
    std::error_code error;
    if (fs::exists(folder / "token.json", error))
        return fault(FaultCode::token_not_available, "Creating a key store: " + folder.string() + " holds one already");
    fs::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && !fs::is_directory(folder, error))
        return fault(FaultCode::token_not_available, "Creating a key store: " + folder.string() + " cannot be made");
    ::chmod(folder.c_str(), 0700);
    auto parts = std::make_unique<Parts>();
    parts->folder = folder;
    parts->clock = &clock;
    parts->secret = random_secret();
    parts->locked = lock_away(parts->secret, pin);
    if (auto written = parts->write(); !written) return written.error();
    return SoftwareToken(std::move(parts));
}

Result<SoftwareToken> SoftwareToken::open(const fs::path& folder, const Clock& clock) {
    auto parts = std::make_unique<Parts>();
    parts->folder = folder;
    parts->clock = &clock;
    if (auto read = parts->read(); !read) return read.error();
    return SoftwareToken(std::move(parts));
}

SoftwareToken::SoftwareToken(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SoftwareToken::SoftwareToken(SoftwareToken&&) noexcept = default;
SoftwareToken& SoftwareToken::operator=(SoftwareToken&&) noexcept = default;
SoftwareToken::~SoftwareToken() = default;

Result<void> SoftwareToken::unlock(std::string_view pin) {
    const std::lock_guard lock(parts_->mutex);
    auto opened = parts_->open_secret(pin);
    if (!opened) return opened.error();
    forget(parts_->secret);
    parts_->secret = std::move(*opened);
    auto decrypted = parts_->decrypt_keys();
    if (!decrypted) forget(parts_->secret);
    return decrypted;
}

bool SoftwareToken::unlocked() const {
    const std::lock_guard lock(parts_->mutex);
    return !parts_->secret.empty();
}

void SoftwareToken::lock() {
    const std::lock_guard lock(parts_->mutex);
    for (auto& [id, kept] : parts_->keys) kept.key.reset();
    forget(parts_->secret);
}

Result<void> SoftwareToken::change_pin(std::string_view old_pin, std::string_view new_pin) {
    if (new_pin.size() < pin_least)
        return fault(FaultCode::pin_incorrect, "Changing the PIN: a PIN has at least four characters");
    const std::lock_guard lock(parts_->mutex);
    auto opened = parts_->open_secret(old_pin);
    if (!opened) return opened.error();
    const LockedSecret before = std::exchange(parts_->locked, lock_away(*opened, new_pin));
    forget(*opened);
    auto written = parts_->write();
    if (!written) parts_->locked = before;
    return written;
}

Result<KeyInfo> SoftwareToken::generate(const NewKey& wanted) {
    const bool rsa = wanted.family == KeyFamily::rsa;
    const bool offered = rsa ? wanted.bits == 2048 || wanted.bits == 3072 || wanted.bits == 4096
                             : wanted.bits == 256 || wanted.bits == 384;
    if (!offered)
        return fault(FaultCode::invalid_argument, "Making a key: RSA has 2048, 3072 or 4096 bits, EC 256 or 384");
    if (!unlocked()) return fault(FaultCode::token_not_active, "Making a key: the key store is locked");
    auto key = std::make_shared<const PrivateKey>(
        rsa ? PrivateKey::generate_rsa(wanted.bits) : PrivateKey::generate_ec(wanted.bits == 256 ? "P-256" : "P-384"));
    const PublicKey half = key->public_key();
    KeptKey kept{{id_of(half), wanted.label, wanted.usage, wanted.family, half.bits(), {}}, half.spki(), key};

    const std::lock_guard lock(parts_->mutex);
    if (parts_->secret.empty()) return fault(FaultCode::token_not_active, "Making a key: the key store is locked");
    if (auto written = store::write_whole(parts_->key_file(kept.info.id), key->to_pem(parts_->secret, 1)); !written)
        return written.error();
    const KeyInfo info = kept.info;
    parts_->keys.insert_or_assign(info.id, std::move(kept));
    if (auto written = parts_->write(); !written) {
        parts_->keys.erase(info.id);
        return written.error();
    }
    return info;
}

std::vector<KeyInfo> SoftwareToken::list() const {
    const std::lock_guard lock(parts_->mutex);
    std::vector<KeyInfo> infos;
    for (const auto& [id, kept] : parts_->keys) infos.push_back(kept.info);
    return infos;
}

Result<KeyInfo> SoftwareToken::import_certificate(const x509::Certificate& certificate) {
    const auto key = certificate.public_key();
    if (!key) return key.error();
    const auto signing = certificate.is_signing(), authentication = certificate.is_authentication();
    if (!signing || !authentication)
        return fault(FaultCode::wrong_cert_usage,
                     "Importing a certificate: it does not say what it may be used for (keyUsage)");
    if (*signing == *authentication)
        return fault(FaultCode::wrong_cert_usage,
                     *signing ? "Importing a certificate: it is for signing and for authentication at once"
                              : "Importing a certificate: it is neither for signing nor for authentication");
    const std::lock_guard lock(parts_->mutex);
    const auto found = parts_->keys.find(id_of(*key));
    if (found == parts_->keys.end())
        return fault(FaultCode::key_not_found,
                     "Importing a certificate: none of the keys here belongs to '" + certificate.subject() + "'");
    KeyInfo& info = found->second.info;
    if ((info.usage == KeyUsage::signing) != *signing)
        return fault(FaultCode::wrong_cert_usage,
                     "Importing a certificate: the key " + info.id + " was made for " + std::string(word(info.usage)));
    std::vector<x509::Certificate> certificates{certificate};
    for (const x509::Certificate& older : info.certificates)
        if (older != certificate) certificates.push_back(older);
    std::string text;
    for (const x509::Certificate& each : certificates) text += each.pem();
    if (auto written = store::write_whole(parts_->certificate_file(info.id), text); !written) return written.error();
    info.certificates = std::move(certificates);
    return info;
}

Result<std::shared_ptr<const PrivateKey>> SoftwareToken::key(std::string_view id) const {
    const std::lock_guard lock(parts_->mutex);
    const auto found = parts_->keys.find(std::string(id));
    if (found == parts_->keys.end())
        return fault(FaultCode::key_not_found, "The key store has no key " + std::string(id));
    if (!found->second.key)
        return fault(FaultCode::token_not_active, "The key store is locked; unlock it with its PIN");
    return found->second.key;
}

}  // namespace onceway::keys
