// Message-log item 65: the SHA-1 that names a certificate in an OCSP answer is the only one that is looked up.
#include "certs/x509/ocsp.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using namespace onceway::x509;

TEST_CASE("an answer that names its certificate by SHA-256 is about nobody, by SHA-1 it counts") {
    const CertificateAuthority authority("Bench CA");
    const auto about = authority.issue_signing({"TEST", "GOV", "1"}).certificate;
    const TemporaryFolder folder;
    write_file(folder / "ca.pem", authority.certificate().pem());
    write_file(folder / "leaf.pem", about.pem());
    for (const std::string digest : {"-sha1", "-sha256"}) {
        CAPTURE(digest);
        const auto asked = run_tool({"openssl", "ocsp", "-no_nonce", "-issuer", folder / "ca.pem", digest, "-cert",
                                     folder / "leaf.pem", "-reqout", folder / "request.der"});
        REQUIRE(asked.status == 0);
        const auto question = must(read_ocsp_request(contents_of(folder / "request.der"))).front();
        const auto& responder = authority.responder();
        const Octets answer =
            must(answer_ocsp(question, {.this_update = test_time()}, responder.certificate, *responder.key));
        const auto judged =
            judge_ocsp(answer, about, authority.certificate(), {responder.certificate}, test_time(), {});
        CHECK(judged.has_value() == (digest == "-sha1"));
        if (judged) continue;
        CHECK(judged.error().code == FaultCode::cert_validation);
        CHECK_MESSAGE(contains(judged.error().detail, "answer"), judged.error().detail);
    }
}
