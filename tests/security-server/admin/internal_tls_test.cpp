#include "security-server/admin/internal_tls.hpp"

#include "schemas/base/failpoint.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// A server's folder with an internal certificate in it, and an authority of the operator's.
struct Desk {
    Desk() {
        file.id = {{"TEST", "GOV", "1"}, "ss1"};
        file.folder = folder.path();
        file.inside = "127.0.10.1";
        must(admin::make_internal_tls(file, test_time()));
        must(tls.load());
        tls.on_change([this](const channel::TlsIdentity& identity) { told.push_back(identity.chain.front()); });
    }
    x509::Certificate leaf() const { return tls.current()->chain.front(); }
    /// What the authority makes of a request.
    x509::Certificate certify(const std::string& csr, const CertificateAuthority& issuer,
                              std::optional<Instant> not_after = {}) const {
        const auto request = must(x509::read_request(csr));
        x509::Issue wanted;
        wanted.subject = request.subject;
        wanted.spki = request.spki;
        wanted.profile = x509::Profile::tls_server;
        wanted.not_before = test_time() - std::chrono::hours(1);
        wanted.not_after = not_after.value_or(test_time() + std::chrono::hours(1000));
        return must(x509::issue(wanted, &issuer.certificate(), *issuer.identity().key));
    }
    std::filesystem::path in_tls(const char* name) const { return file.folder / "tls" / name; }

    TemporaryFolder folder;
    FixedClock clock{test_time()};
    admin::ServerFile file;
    admin::InternalTls tls{file, clock};
    std::vector<x509::Certificate> told;
};

}  // namespace

TEST_CASE("the internal certificate that init makes serves both ends of a connection, for ten years") {
    const Desk desk;
    const auto leaf = desk.leaf();
    CHECK(leaf.subject() == "CN=ss1");
    CHECK(leaf.signed_by(leaf));
    CHECK(leaf.has_extended_usage("1.3.6.1.5.5.7.3.1"));
    CHECK(leaf.has_extended_usage("1.3.6.1.5.5.7.3.2"));
    CHECK(must(leaf.public_key()).family() == keys::KeyFamily::rsa);
    CHECK(leaf.not_after() - test_time() > std::chrono::days(3650));
    using std::filesystem::perms;
    CHECK((std::filesystem::status(desk.file.tls_key()).permissions() & (perms::group_all | perms::others_all)) ==
          perms::none);
    write_file(desk.folder / "leaf.pem", leaf.pem());
    const auto seen =
        run_tool({"openssl", "x509", "-in", desk.folder / "leaf.pem", "-noout", "-ext", "subjectAltName"});
    CHECK(contains(seen.output, "IP Address:127.0.10.1"));
}

TEST_CASE("renewal makes a new key and certificate, in force at once and after a restart") {
    Desk desk;
    const auto before = desk.tls.current();
    must(desk.tls.renew());
    const auto after = desk.tls.current();
    CHECK(after->chain.front() != before->chain.front());
    CHECK(after->key->public_key().spki() != before->key->public_key().spki());
    CHECK(desk.told == std::vector{after->chain.front()});
    CHECK(must(admin::load_internal_tls(desk.file)).chain == after->chain);
    CHECK_FALSE(std::filesystem::exists(desk.in_tls("replacing-key.pem")));
}

TEST_CASE("a certificate of the operator's authority takes the place of the self-signed one") {
    Desk desk;
    const CertificateAuthority root("Root"), issuing(root, "Issuing");
    const auto former = desk.leaf();
    const auto csr = must(desk.tls.request("ss1.example", "ss1.example"));
    CHECK(desk.tls.waiting());
    CHECK(desk.leaf() == former);  // nothing changes before the certificate is there
    write_file(desk.folder / "csr", csr);
    const auto seen = run_tool({"openssl", "req", "-in", desk.folder / "csr", "-noout", "-verify", "-text"});
    CHECK(contains(seen.output, "verify OK"));
    CHECK(contains(seen.output, "DNS:ss1.example"));

    const auto issued = desk.certify(csr, issuing);
    must(desk.tls.import(issued.pem() + issuing.certificate().pem() + root.certificate().pem()));
    CHECK_FALSE(desk.tls.waiting());
    CHECK(desk.tls.current()->chain == std::vector{issued, issuing.certificate()});  // whom to trust is known already
    CHECK(desk.told == std::vector{issued});
    const auto read = must(admin::load_internal_tls(desk.file));
    CHECK(read.chain == desk.tls.current()->chain);
    CHECK(read.key->public_key().spki() == must(issued.public_key()).spki());

    SUBCASE("and the same key is certified again, as DER") {
        const auto again = desk.certify(csr, issuing, test_time() + std::chrono::hours(2000));
        must(desk.tls.import(again.der()));
        CHECK(desk.leaf() == again);
    }
    SUBCASE("until it is renewed by itself") {
        must(desk.tls.renew());
        CHECK(desk.leaf().signed_by(desk.leaf()));
    }
}

TEST_CASE("an internal certificate is refused, and the former one stays, when") {
    Desk desk;
    const CertificateAuthority root("Root"), other("Other");
    const auto csr = must(desk.tls.request({}, {}));
    const auto good = desk.certify(csr, root).pem();
    const auto before = desk.leaf();
    const std::tuple<const char*, std::string, std::string_view> rows[] = {
        {"it is none", "hello", "Importing the internal TLS certificate"},
        {"it is cut short", good.substr(0, good.size() / 2), "has no end"},
        {"it is of another key", root.issue_tls_server({"127.0.0.1"}).certificate.pem(), "internal-tls csr"},
        {"it has expired", desk.certify(csr, root, test_time() - std::chrono::seconds(1)).pem(), "valid from"},
        {"somebody else stands behind it", good + other.certificate().pem(), "did not issue"},
        {"its chain is too long", good + good + good + good + good, "more than 4"},
    };
    for (const auto& [when, octets, says] : rows) {
        CAPTURE(when);
        const auto imported = desk.tls.import(octets);
        REQUIRE_FALSE(imported);
        CHECK(imported.error().code == FaultCode::incorrect_certificate);
        CHECK_MESSAGE(contains(imported.error().detail, says), imported.error().detail);
        CHECK(desk.leaf() == before);
        CHECK(desk.told.empty());
        CHECK(desk.tls.waiting());
    }
    must(desk.tls.import(good));
}

TEST_CASE("a replacement that a crash cut short is brought to its end at the next start") {
    Desk desk;
    const auto old_key = contents_of(desk.file.tls_key()), old_certificate = contents_of(desk.file.tls_certificate());
    must(desk.tls.renew());
    const auto new_key = contents_of(desk.file.tls_key());
    const auto renewed = desk.leaf();
    write_file(desk.in_tls("replacing-key.pem"), new_key);
    SUBCASE("before the certificate was written: the former pair holds") {
        write_file(desk.file.tls_key(), old_key);
        write_file(desk.file.tls_certificate(), old_certificate);
        CHECK(must(admin::load_internal_tls(desk.file)).chain.front() != renewed);
    }
    SUBCASE("between certificate and key: the new pair holds") {
        write_file(desk.file.tls_key(), old_key);
        CHECK(must(admin::load_internal_tls(desk.file)).chain.front() == renewed);
        CHECK(must(keys::PrivateKey::from_pem(contents_of(desk.file.tls_key()))).public_key().spki() ==
              must(renewed.public_key()).spki());
        CHECK_FALSE(std::filesystem::exists(desk.in_tls("replacing-key.pem")));
    }
    SUBCASE("before the cleaning: nothing is left to do") {
        CHECK(must(admin::load_internal_tls(desk.file)).chain.front() == renewed);
    }
}

TEST_CASE(
    "whichever step of a replacement fails, key and certificate on disk belong together, and the next try succeeds") {
    if (!failpoint::built) return;
    Desk desk;
    const auto former = shared_key("RSA-2048", 0), next = shared_key("RSA-2048", 1);
    const CertificateAuthority issuer("Issuer");
    const auto certify_key = [&](const std::shared_ptr<const keys::PrivateKey>& key) {
        Wanted wanted{.subject = {{"CN", "ss1"}}, .profile = x509::Profile::tls_server, .key = key};
        return issuer.issue(std::move(wanted)).certificate;
    };
    const auto before = certify_key(former), issued = certify_key(next);
    for (const std::string step : {"file.create", "file.write", "file.sync", "file.rename", "file.sync_folder"}) {
        bool struck = true;
        for (int n = 1; struck; ++n) {
            CAPTURE(step);
            CAPTURE(n);
            REQUIRE(n < 20);
            write_file(desk.file.tls_key(), former->to_pem({}));
            write_file(desk.file.tls_certificate(), before.pem());
            write_file(desk.in_tls("next-key.pem"), next->to_pem({}));
            std::filesystem::remove(desk.in_tls("replacing-key.pem"));
            must(desk.tls.load());
            {
                const failpoint::Set failing(step + ":" + std::to_string(n) + "=fail");
                const auto imported = desk.tls.import(issued.pem());
                struck = failing.struck() > 0;
                CHECK(imported.has_value() == !struck);
            }
            const auto lies = admin::load_internal_tls(desk.file);
            REQUIRE_MESSAGE(lies, lies.error().detail);
            must(desk.tls.import(issued.pem()));
            CHECK(desk.leaf() == issued);
            CHECK(must(admin::load_internal_tls(desk.file)).chain.front() == issued);
        }
    }
}

TEST_CASE("key and certificate that do not belong together are refused, with what to do") {
    const Desk desk;
    write_file(desk.file.tls_key(), shared_key("RSA-2048")->to_pem({}));
    const auto read = admin::load_internal_tls(desk.file);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == FaultCode::incorrect_certificate);
    CHECK(contains(read.error().detail, "internal-tls renew"));
}
