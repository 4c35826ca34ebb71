#include "certs/keys/token_description.hpp"

#include "schemas/store/database.hpp"

#include <boost/json.hpp>

namespace onceway::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_name = "onceway-token/1";
constexpr std::size_t description_octets_most = 4 * 1024 * 1024, pem_octets_most = 1024 * 1024;

std::string_view word(KeyFamily family) { return family == KeyFamily::rsa ? "rsa" : "ec"; }

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

Result<LockedSecret> read_secret(const boost::json::object& pin, const fs::path& file) {
    const auto salt = from_base64(text_of(pin, "salt")), nonce = from_base64(text_of(pin, "nonce")),
               sealed = from_base64(text_of(pin, "sealed"));
    if (!salt || !nonce || !sealed) return damaged(file, "a value is not Base64");
    return LockedSecret{*salt, *nonce, *sealed};
}

}  // namespace

std::string_view word(KeyUsage usage) { return usage == KeyUsage::signing ? "signing" : "authentication"; }
std::string id_of(const PublicKey& key) { return to_hex(sha256(key.spki())).substr(0, 16); }
fs::path description_file(const fs::path& folder) { return folder / "token.json"; }
fs::path key_file(const fs::path& folder, const std::string& id) { return folder / (id + ".key.pem"); }
fs::path certificate_file(const fs::path& folder, const std::string& id) { return folder / (id + ".crt.pem"); }

Fault damaged(const fs::path& file, const char* what) {
    return fault(FaultCode::token_not_available,
                 "Opening the key store: " + file.string() + " is damaged (" + what + "); restore it from a backup");
}

Result<TokenDescription> read_description(const fs::path& folder) {
    const fs::path file = description_file(folder);
    const auto text = store::read_whole(file, description_octets_most);
    if (!text) return fault(FaultCode::token_not_initialized, "Opening the key store: " + text.error().detail);
    boost::system::error_code error;
    const auto json = boost::json::parse(*text, error);
    const auto* object = error ? nullptr : json.if_object();
    if (!object || text_of(*object, "format") != format_name) return damaged(file, "it has another format");
    const auto* pin = object->if_contains("pin");
    const auto* list = object->if_contains("keys");
    if (!pin || !pin->is_object() || !list || !list->is_array()) return damaged(file, "a field is missing");
    auto locked = read_secret(pin->as_object(), file);
    if (!locked) return locked.error();
    TokenDescription description{std::move(*locked), {}};
    for (const auto& each : list->as_array()) {
        if (!each.is_object()) return damaged(file, "a key is malformed");
        auto kept = read_key(each.as_object(), file);
        if (!kept) return kept.error();
        auto certificates = read_certificates(certificate_file(folder, kept->info.id));
        if (!certificates) return certificates.error();
        kept->info.certificates = std::move(*certificates);
        description.keys.insert_or_assign(kept->info.id, std::move(*kept));
    }
    return description;
}

Result<void> write_description(const fs::path& folder, const TokenDescription& description) {
    boost::json::array list;
    for (const auto& [id, kept] : description.keys)
        list.push_back(boost::json::object{{"id", id},
                                           {"label", kept.info.label},
                                           {"usage", word(kept.info.usage)},
                                           {"family", word(kept.info.family)},
                                           {"bits", kept.info.bits},
                                           {"public_key", to_base64(kept.spki)}});
    const LockedSecret& locked = description.locked;
    const boost::json::object json{{"format", format_name},
                                   {"pin",
                                    {{"derivation", "scrypt N=8192 r=8 p=10"},
                                     {"cipher", "AES-256-GCM"},
                                     {"salt", to_base64(locked.salt)},
                                     {"nonce", to_base64(locked.nonce)},
                                     {"sealed", to_base64(locked.sealed)}}},
                                   {"keys", std::move(list)}};
    return store::write_whole(description_file(folder), boost::json::serialize(json) + "\n");
}

}  // namespace onceway::keys
