// Certificates, requests and keys.
#include "certs/x509/certificate.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(certificate) {
    if (const auto certificate = x509::Certificate::from_pem_or_der(input)) {
        (void)certificate->subject();
        (void)certificate->subject_attributes();
        (void)certificate->serial_decimal();
        (void)certificate->is_signing();
        (void)certificate->is_authentication();
        (void)certificate->public_key();
        (void)certificate->ocsp_urls();
        (void)certificate->signed_by(*certificate);
        const auto again = x509::Certificate::from_der(certificate->der());
        if (!again || !(*again == *certificate)) std::abort();
    }
    (void)x509::read_request(input);
    (void)keys::PublicKey::from_spki(input);
}
