#include "certs/channel/tls.hpp"

#include "certs/channel/tls_parts.hpp"
#include "schemas/base/limits.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace onceway::channel {

// tls_resumption.cpp: who may resume, and what a resumed connection knows.
void offer_tickets(TlsContext::Parts& parts);
void remember_sessions(TlsContext::Parts& parts);

namespace {

constexpr const char* suites = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* peer_suites =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA256:ECDHE-ECDSA-AES256-SHA384";
constexpr const char* signatures =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+"
    "SHA512";

Fault refused(std::string_view doing) {
    return fault(FaultCode::ssl_authentication_failed, fmt::format("{}: {}.", doing, keys::openssl_reason()));
}

X509* native(const x509::Certificate& certificate) { return static_cast<X509*>(certificate.native()); }

/// Keys and digests that we accept of a peer. Rule: threats row 15, §5.2.
bool within_policy(X509* certificate, const x509::Certificate& read, std::string& why) {
    auto key = read.public_key();
    if (!key) {
        why = key.error().detail;
        return false;
    }
    int digest = NID_undef;
    X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr);
    if (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512) return true;
    why = fmt::format("'{}' is signed with a digest that we do not accept", read.subject());
    return false;
}

/// Stands where the library would judge a chain: our rules for one door of ours.
int judge_presented(X509_STORE_CTX* store, TlsContext::Parts& parts) {
    auto* connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& peer = *static_cast<TlsPeer*>(SSL_get_app_data(connection));
    auto refuse = [&](int error, std::string why) {
        peer.refusal = std::move(why);
        X509_STORE_CTX_set_error(store, error);
        return 0;
    };

    auto* chain = X509_STORE_CTX_get0_untrusted(store);  // the leaf is the first of them
    const auto count = static_cast<std::size_t>(std::max(0, sk_X509_num(chain)));
    if (count == 0) return refuse(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "no certificate was presented");
    if (count > limits::certificate_depth)
        return refuse(X509_V_ERR_CERT_CHAIN_TOO_LONG, fmt::format("{} certificates were presented", count));

    peer.presented.clear();
    for (std::size_t i = 0; i < count; ++i) {
        auto* certificate = sk_X509_value(chain, static_cast<int>(i));
        auto read = parts.known.read(certificate);
        if (!read) return refuse(X509_V_ERR_UNSPECIFIED, read.error().detail);
        std::string why;
        if (parts.judges_keys && !within_policy(certificate, *read, why))
            return refuse(X509_V_ERR_EE_KEY_TOO_SMALL, why);
        peer.presented.push_back(std::move(*read));
    }

    const auto& leaf = peer.presented.front();
    if (parts.registered && !parts.registered(leaf))
        return refuse(X509_V_ERR_CERT_REJECTED,
                      fmt::format("the certificate '{}' is not registered for any security server", leaf.subject()));
    if (!parts.pinned.empty() && std::find(parts.pinned.begin(), parts.pinned.end(), leaf) == parts.pinned.end())
        return refuse(X509_V_ERR_CERT_REJECTED,
                      fmt::format("the certificate '{}' is none of those registered for this service", leaf.subject()));
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

int judge_presented(X509_STORE_CTX* store, void* parts) noexcept {
    try {
        return judge_presented(store, *static_cast<TlsContext::Parts*>(parts));
    } catch (...) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
        return 0;
    }
}

/// What all our doors have in common. Rule: threats §5.2, "TLS context".
Result<std::unique_ptr<TlsContext::Parts>> begin(const char* cipher_list) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    keys::forget_errors();
    auto parts = std::make_unique<TlsContext::Parts>();
    parts->context.reset(SSL_CTX_new(TLS_method()));
    auto* context = parts->context.get();
    if (!context) return refused("Setting up TLS");
    SSL_CTX_set_app_data(context, parts.get());
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
    SSL_CTX_clear_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_max_cert_list(context, static_cast<long>(limits::certificate_chain_octets));
    const bool set = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                     SSL_CTX_set_cipher_list(context, cipher_list) == 1 &&
                     SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
                     SSL_CTX_set1_sigalgs_list(context, signatures) == 1 &&
                     SSL_CTX_set1_client_sigalgs_list(context, signatures) == 1 && SSL_CTX_set_dh_auto(context, 1) == 1;
    if (!set) return refused("Setting up TLS");
    return parts;
}

Result<void> present(TlsContext::Parts& parts, const TlsIdentity& own) {
    if (own.chain.empty() || !own.key)
        return fault(FaultCode::ssl_authentication_failed, "Setting up TLS: there is no certificate of our own.");
    auto* context = parts.context.get();
    keys::forget_errors();
    const auto doing = fmt::format("Setting up TLS with the certificate '{}'", own.chain.front().subject());
    if (SSL_CTX_use_certificate(context, native(own.chain.front())) != 1) return refused(doing);
    for (std::size_t i = 1; i < own.chain.size(); ++i)
        if (SSL_CTX_add1_chain_cert(context, native(own.chain[i])) != 1) return refused(doing);
    if (SSL_CTX_use_PrivateKey(context, static_cast<EVP_PKEY*>(own.key->native())) != 1) return refused(doing);
    if (SSL_CTX_check_private_key(context) != 1) return refused(doing);
    return {};
}

/// Our judge instead of the library's: its purpose and name rules refuse genuine certificates.
void judge_ourselves(TlsContext::Parts& parts, int mode) {
    SSL_CTX_set_verify(parts.context.get(), mode, nullptr);
    SSL_CTX_set_cert_verify_callback(parts.context.get(), judge_presented, &parts);
}

Result<void> name_authorities(TlsContext::Parts& parts, const std::vector<x509::Certificate>& authorities) {
    for (const auto& authority : authorities)
        if (SSL_CTX_add_client_CA(parts.context.get(), native(authority)) != 1)
            return refused(fmt::format("Naming the authority '{}'", authority.subject()));
    return {};
}

bool is_numeric_address(const std::string& host) {
    unsigned char octets[16];
    return inet_pton(AF_INET, host.c_str(), octets) == 1 || inet_pton(AF_INET6, host.c_str(), octets) == 1;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::peer_server(const TlsIdentity& own,
                                                            std::function<bool(const x509::Certificate&)> registered,
                                                            const std::vector<x509::Certificate>& authorities) {
    auto parts = begin(peer_suites);
    if (!parts) return parts.error();
    auto presenting = present(**parts, own);
    if (!presenting) return presenting.error();
    auto named = name_authorities(**parts, authorities);
    if (!named) return named.error();
    (*parts)->registered = std::move(registered);
    (*parts)->judges_keys = true;
    judge_ourselves(**parts, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    offer_tickets(**parts);
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(*parts)));
}

Result<std::shared_ptr<TlsContext>> TlsContext::peer_client(const TlsIdentity& own) {
    auto parts = begin(peer_suites);
    if (!parts) return parts.error();
    auto presenting = present(**parts, own);
    if (!presenting) return presenting.error();
    (*parts)->judges_keys = true;
    judge_ourselves(**parts, SSL_VERIFY_PEER);
    remember_sessions(**parts);
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(*parts)));
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(const TlsIdentity& own, bool ask_for_client_certificate) {
    auto parts = begin(suites);
    if (!parts) return parts.error();
    auto presenting = present(**parts, own);
    if (!presenting) return presenting.error();
    judge_ourselves(**parts, ask_for_client_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE);
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(*parts)));
}

Result<std::shared_ptr<TlsContext>> TlsContext::service_client(const std::vector<x509::Certificate>& pinned,
                                                               const TlsIdentity* own) {
    auto parts = begin(suites);
    if (!parts) return parts.error();
    if (own) {
        auto presenting = present(**parts, *own);
        if (!presenting) return presenting.error();
    }
    (*parts)->pinned = pinned;
    judge_ourselves(**parts, SSL_VERIFY_PEER);
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(*parts)));
}

Result<std::shared_ptr<TlsContext>> TlsContext::verified_client(const std::vector<x509::Certificate>& roots,
                                                                std::string host) {
    auto parts = begin(suites);
    if (!parts) return parts.error();
    auto* context = (*parts)->context.get();
    auto* store = SSL_CTX_get_cert_store(context);
    unsigned long flags = X509_V_FLAG_CHECK_SS_SIGNATURE;
    for (const auto& root : roots) {
        if (X509_STORE_add_cert(store, native(root)) != 1) return refused("Trusting '" + root.subject() + "'");
        if (!root.self_issued()) flags |= X509_V_FLAG_PARTIAL_CHAIN;
    }
    auto* rules = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(rules, flags);
    X509_VERIFY_PARAM_set_auth_level(rules, 2);
    X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(limits::certificate_depth));
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS);
    const bool named = is_numeric_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1
                                                : X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size()) == 1;
    if (host.empty() || !named) return refused(fmt::format("Expecting the host name '{}'", host));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(*parts)));
}

void TlsContext::renew_tickets() {
    parts_->tickets.forget();
    parts_->sessions.forget_all();
}

std::string openssl_name() { return OpenSSL_version(OPENSSL_VERSION); }

bool openssl_is_recent(unsigned long version_number) { return version_number >= 0x30000160UL; }  // 3.0.22

Result<void> check_openssl(bool allow_outdated) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    if (openssl_is_recent(OpenSSL_version_num()) || allow_outdated) return {};
    return fault(
        FaultCode::internal_error,
        fmt::format("Starting with {}: releases before 3.0.22 lack fixes in code that we call. Update libssl3, "
                    "or set allow_outdated_openssl = true.",
                    OpenSSL_version(OPENSSL_VERSION)));
}

}  // namespace onceway::channel
