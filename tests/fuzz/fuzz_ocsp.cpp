// OCSP requests and responses.
#include "certs/x509/ocsp.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(ocsp) {
    static const auto key = keys::PrivateKey::generate_ec();
    static const auto certificate = [] {
        x509::Issue wanted;
        wanted.subject = {{"CN", "Fuzz CA"}};
        wanted.spki = key.public_key().spki();
        wanted.profile = x509::Profile::ca;
        wanted.serial_decimal = "1";
        wanted.not_before = Instant{};
        wanted.not_after = Instant{} + std::chrono::hours(24 * 365 * 100);
        return x509::issue(wanted, nullptr, key).value();
    }();
    (void)x509::read_ocsp_request(input);
    (void)x509::ocsp_matches(input, certificate, certificate);
    const auto verdict = x509::judge_ocsp(input, certificate, certificate, {}, Instant{}, {});
    if (verdict) std::abort();  // the key is fresh in every run: nobody else can have signed for it
}
