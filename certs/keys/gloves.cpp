#include "certs/keys/gloves.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <stdexcept>

namespace onceway::keys {

void forget_errors() { ERR_clear_error(); }

std::string openssl_reason() {
    std::string reasons;
    while (const unsigned long code = ERR_get_error()) {
        const char* reason = ERR_reason_error_string(code);
        if (!reasons.empty()) reasons += "; ";
        reasons += reason ? reason : "unnamed error";
    }
    return reasons.empty() ? "no reason given" : reasons;
}

void openssl_broken(const char* step) { throw std::runtime_error(std::string(step) + ": " + openssl_reason()); }

void forget(std::string& secret) noexcept {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace onceway::keys
