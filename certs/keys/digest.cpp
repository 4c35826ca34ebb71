#include "certs/keys/digest.hpp"

#include "certs/keys/der.hpp"
#include "certs/keys/gloves.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace onceway::keys {
namespace {

struct Row {
    Digest digest;
    std::string_view uri, name;
    std::size_t size;
};
constexpr std::array rows{
    Row{Digest::sha1, "http://www.w3.org/2000/09/xmldsig#sha1", "SHA-1", 20},
    Row{Digest::sha224, "http://www.w3.org/2001/04/xmldsig-more#sha224", "SHA-224", 28},
    Row{Digest::sha256, "http://www.w3.org/2001/04/xmlenc#sha256", "SHA-256", 32},
    Row{Digest::sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384", "SHA-384", 48},
    Row{Digest::sha512, "http://www.w3.org/2001/04/xmlenc#sha512", "SHA-512", 64},
};
const Row& row(Digest digest) { return rows[static_cast<std::size_t>(digest)]; }

// Fetched once for the process: a fetch by name costs as much as digesting a short message.
const EVP_MD* method(Digest digest) {
    static const std::array methods = [] {
        std::array<const EVP_MD*, rows.size()> fetched{};
        for (std::size_t i = 0; i < rows.size(); ++i) {
            fetched[i] = EVP_MD_fetch(nullptr, rows[i].name.data(), nullptr);
            if (!fetched[i]) openssl_broken("fetching a digest");
        }
        return fetched;
    }();
    return methods[static_cast<std::size_t>(digest)];
}

OwnedDigestContext new_context() {
    OwnedDigestContext context(EVP_MD_CTX_new());
    if (!context) throw std::bad_alloc();
    return context;
}

// Contexts that ended wait here for the next body of this thread: for a small body, making one costs as much as
// digesting.
std::vector<OwnedDigestContext>& resting() {
    constexpr std::size_t most = 16;
    thread_local std::vector<OwnedDigestContext> contexts = [] {
        std::vector<OwnedDigestContext> none;
        none.reserve(most);
        return none;
    }();
    return contexts;
}

OwnedDigestContext rested_context() {
    auto& waiting = resting();
    if (waiting.empty()) return new_context();
    OwnedDigestContext context = std::move(waiting.back());
    waiting.pop_back();
    return context;
}

void rest(OwnedDigestContext context) noexcept {
    auto& waiting = resting();
    if (waiting.size() < waiting.capacity()) waiting.push_back(std::move(context));
}

void begin(EVP_MD_CTX* context, Digest digest) {
    if (EVP_DigestInit_ex2(context, method(digest), nullptr) != 1) openssl_broken("starting a digest");
}

Octets finish(EVP_MD_CTX* context) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value;
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context, value.data(), &size) != 1) openssl_broken("ending a digest");
    return Octets(reinterpret_cast<const char*>(value.data()), size);
}

}  // namespace

std::string_view uri_of(Digest digest) { return row(digest).uri; }
std::string_view name_of(Digest digest) { return row(digest).name; }
std::size_t size_of(Digest digest) { return row(digest).size; }

std::optional<Digest> digest_from_uri(std::string_view uri) {
    for (const Row& known : rows)
        if (known.uri == uri) return known.digest;
    return {};
}

Octets digest(Digest algorithm, OctetsView octets) {
    // One for each algorithm: a context that changes it gives up what it had and asks for new memory.
    thread_local std::array<OwnedDigestContext, rows.size()> contexts;
    auto& context = contexts[static_cast<std::size_t>(algorithm)];
    if (!context) context = new_context();
    begin(context.get(), algorithm);
    if (EVP_DigestUpdate(context.get(), octets.data(), octets.size()) != 1) openssl_broken("digesting");
    return finish(context.get());
}

struct Hasher::Parts {
    Parts() : context(rested_context()) {}
    ~Parts() { rest(std::move(context)); }
    OwnedDigestContext context;
};

Hasher::Hasher(Digest algorithm) : parts_(std::make_unique<Parts>()) { begin(parts_->context.get(), algorithm); }
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::feed(OctetsView octets) {
    if (EVP_DigestUpdate(parts_->context.get(), octets.data(), octets.size()) != 1) openssl_broken("digesting");
}

Octets Hasher::value() { return finish(parts_->context.get()); }

bool same_secret(OctetsView a, OctetsView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Written in one go, because every step of every hash chain passes here.
Octets digest_list_der(const DigestEntry* entries, std::size_t count) {
    const auto content_of = [](const DigestEntry& entry) {
        return der::size_of_element(entry.value.size()) + der::size_of_element(entry.uri.size()) +
               der::size_of_element(0);
    };
    std::size_t content = 0;
    for (std::size_t i = 0; i < count; ++i) content += der::size_of_element(content_of(entries[i]));
    Octets list;
    list.reserve(der::size_of_element(content));
    der::begin_element(list, der::sequence, content);
    for (std::size_t i = 0; i < count; ++i) {
        der::begin_element(list, der::sequence, content_of(entries[i]));
        der::begin_element(list, der::octet_string, entries[i].value.size());
        list += entries[i].value;
        der::begin_element(list, der::utf8_string, entries[i].uri.size());
        list += entries[i].uri;
        der::begin_element(list, der::sequence, 0);  // no transforms
    }
    return list;
}

}  // namespace onceway::keys
