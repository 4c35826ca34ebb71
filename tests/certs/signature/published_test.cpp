// Signatures that we write fit the published schema.
#include "certs/container/asic.hpp"
#include "schemas/xml/document.hpp"
#include "tests/certs/container/made.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

TEST_CASE("every signature that we write fits the published schema, and a changed one does not") {
    const auto schema = must(xml::Schema::compile_file(ONCEWAY_SOURCE_DIR "/schemas/published/xades-signatures.xsd"));
    const auto check = [&](const Octets& signature, bool fits) {
        const auto document = must(xml::Document::parse(signature));
        const auto valid = schema.validate(document);
        CHECK_MESSAGE(valid.has_value() == fits, (valid ? "" : valid.error().detail));
    };
    const CertificateAuthority root("Root"), issuing(root, "Issuing");
    const auto own = issuing.issue_signing(signing_member);
    const signature::SigningKey with_intermediate{own.key,
                                                  own.certificate,
                                                  {issuing.certificate()},
                                                  {issuing.ocsp(own.certificate), root.ocsp(issuing.certificate())}};
    check(*must(signature::seal_now(with_intermediate, {keys::sha512("message")}, test_time())).signature, true);
    for (const auto kind : {"RSA-2048", "P-384"}) {
        const Signer signer(kind);
        check(SealedMessage(signer, {"message"}).signature, true);
        check(SealedMessage(signer, {"message", "body"}).signature, true);
        check(MadeContainer(signer, false, false).contents.signature, true);  // with its time-stamp inside
        check(replaced(SealedMessage(signer, {"message"}).signature, "<xades:OCSPValues>", "<xades:OCSPValues><a/>"),
              false);
    }
}
