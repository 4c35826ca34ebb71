#include "certs/keys/token.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <atomic>
#include <thread>

using namespace onceway;
using namespace onceway::keys;
using tests::contains;
using tests::must;
using namespace std::chrono_literals;

namespace {

struct Bench {
    tests::TemporaryFolder folder;
    std::filesystem::path place = folder / "token";
    FixedClock clock{tests::test_time()};
    SoftwareToken token = must(SoftwareToken::create(place, "1234", clock));
};

const SoftwareToken::NewKey ec_signing{"sign", KeyUsage::signing, KeyFamily::ec, 256};
const SoftwareToken::NewKey ec_authentication{"auth", KeyUsage::authentication, KeyFamily::ec, 384};

// A certificate of an authority for a key of the token.
x509::Certificate certify(const SoftwareToken& token, const KeyInfo& info, x509::Profile profile) {
    static const tests::CertificateAuthority authority;
    const auto half = must(token.key(info.id))->public_key();
    const x509::Issue wanted{{{"CN", "certified"}},    half.spki(), profile, "", tests::test_time(),
                             tests::test_time() + 24h, {},          ""};
    return must(x509::issue(wanted, &authority.certificate(), *authority.identity().key));
}

}  // namespace

TEST_CASE("keys are made, listed, used, and there again when the token is opened and unlocked") {
    Bench bench;
    const auto signing = must(bench.token.generate(ec_signing));
    const auto rsa = must(bench.token.generate({"rsa", KeyUsage::authentication, KeyFamily::rsa, 2048}));
    CHECK(signing.id.size() == 16);
    CHECK(signing.bits == 256);
    CHECK(rsa.family == KeyFamily::rsa);
    const auto value =
        must(must(bench.token.key(signing.id))->sign({Scheme::ecdsa, Digest::sha512}, "data", EcdsaForm::raw));

    auto again = must(SoftwareToken::open(bench.place, bench.clock));
    CHECK_FALSE(again.unlocked());
    REQUIRE(again.list().size() == 2);
    const auto locked = again.key(signing.id);
    REQUIRE_FALSE(locked);
    CHECK(locked.error().code == FaultCode::token_not_active);
    must(again.unlock("1234"));
    const auto key = must(again.key(signing.id));
    CHECK(key->public_key().verify({Scheme::ecdsa, Digest::sha512}, "data", value, EcdsaForm::raw));
    again.lock();
    CHECK_FALSE(again.key(signing.id));
    CHECK_FALSE(again.unlocked());
    CHECK(again.key("0000000000000000").error().code == FaultCode::key_not_found);
}

TEST_CASE("nothing on disk is readable by others or gives a private key away") {
    Bench bench;
    const auto info = must(bench.token.generate(ec_signing));
    struct stat facts{};
    REQUIRE(::stat(bench.place.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0700);
    for (const auto& entry : std::filesystem::directory_iterator(bench.place)) {
        REQUIRE(::stat(entry.path().c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
        CHECK_FALSE(contains(tests::contents_of(entry.path()), "1234"));
        CHECK_FALSE(contains(tests::contents_of(entry.path()), "BEGIN PRIVATE KEY"));
        CHECK_FALSE(contains(tests::contents_of(entry.path()), "BEGIN EC PRIVATE KEY"));
    }
    const std::string pem = tests::contents_of(bench.place / (info.id + ".key.pem"));
    CHECK(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    CHECK_FALSE(PrivateKey::from_pem(pem, "1234"));
}

TEST_CASE("a wrong PIN opens nothing, and from the third on each further try waits twice as long") {
    Bench bench;
    auto token = must(SoftwareToken::open(bench.place, bench.clock));
    const auto try_wrong = [&] { return token.unlock("4321").error().code; };
    CHECK(try_wrong() == FaultCode::pin_incorrect);
    CHECK(try_wrong() == FaultCode::pin_incorrect);
    CHECK(try_wrong() == FaultCode::pin_incorrect);
    for (const auto wait : {2s, 4s, 8s, 16s}) {
        CHECK(try_wrong() == FaultCode::login_failed);
        bench.clock.advance(wait - 1ms);
        const auto refused = token.unlock("1234");  // the right one must wait too
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::login_failed);
        CHECK(contains(refused.error().detail, "next try"));
        bench.clock.advance(1ms);
        CHECK(try_wrong() == FaultCode::pin_incorrect);
    }
    SUBCASE("and a new process does not start anew") {
        auto other = must(SoftwareToken::open(bench.place, bench.clock));
        CHECK(other.unlock("1234").error().code == FaultCode::login_failed);
    }
    SUBCASE("and the right PIN, in its time, forgets the failures") {
        bench.clock.advance(32s);
        must(token.unlock("1234"));
        CHECK(token.unlocked());
        token.lock();
        CHECK(try_wrong() == FaultCode::pin_incorrect);
        must(token.unlock("1234"));
    }
}

TEST_CASE("waiting never exceeds an hour") {
    Bench bench;
    tests::write_file(bench.place / "tries.json",
                      R"({"format":"onceway-token-tries/1","failed":500,"not_before":"2026-01-01T00:00:00.000Z"})");
    CHECK(bench.token.unlock("4321").error().code == FaultCode::pin_incorrect);
    bench.clock.advance(3600s);
    CHECK(bench.token.unlock("1234"));
}

TEST_CASE("a running token goes on signing while somebody guesses PINs") {
    Bench bench;
    const auto info = must(bench.token.generate(ec_signing));
    auto guesser = must(SoftwareToken::open(bench.place, bench.clock));
    for (int i = 0; i < 5; ++i) CHECK_FALSE(guesser.unlock("0000"));
    CHECK(must(bench.token.key(info.id))->sign({Scheme::ecdsa, Digest::sha512}, "data", EcdsaForm::raw));
}

TEST_CASE("the PIN is changed in one step, keys untouched") {
    Bench bench;
    const auto info = must(bench.token.generate(ec_signing));
    CHECK(bench.token.change_pin("0000", "567890").error().code == FaultCode::pin_incorrect);
    CHECK(bench.token.change_pin("1234", "567").error().code == FaultCode::pin_incorrect);
    must(bench.token.change_pin("1234", "567890"));
    auto again = must(SoftwareToken::open(bench.place, bench.clock));
    CHECK(again.unlock("1234").error().code == FaultCode::pin_incorrect);
    must(again.unlock("567890"));
    CHECK(again.key(info.id));
}

TEST_CASE("certificates are imported newest first, for the key they belong to and the usage it was made for") {
    Bench bench;
    const auto signing = must(bench.token.generate(ec_signing));
    const auto authentication = must(bench.token.generate(ec_authentication));
    const auto first = certify(bench.token, signing, x509::Profile::signing),
               second = certify(bench.token, signing, x509::Profile::signing);
    must(bench.token.import_certificate(first));
    must(bench.token.import_certificate(second));
    must(bench.token.import_certificate(second));
    must(bench.token.import_certificate(certify(bench.token, authentication, x509::Profile::authentication)));

    const auto again = must(SoftwareToken::open(bench.place, bench.clock));
    for (const auto& info : again.list()) {
        if (info.usage == KeyUsage::authentication) CHECK(info.certificates.size() == 1);
        if (info.usage != KeyUsage::signing) continue;
        REQUIRE(info.certificates.size() == 2);
        CHECK(info.certificates[0] == second);
        CHECK(info.certificates[1] == first);
    }
}

TEST_CASE("a certificate is not imported when it") {
    Bench bench;
    const auto signing = must(bench.token.generate(ec_signing));
    const tests::CertificateAuthority authority;
    struct {
        const char* why;
        x509::Certificate certificate;
        FaultCode code;
    } const rows[] = {
        {"belongs to no key here", authority.issue_signing({"TEST", "GOV", "1"}).certificate, FaultCode::key_not_found},
        {"is for the other usage", certify(bench.token, signing, x509::Profile::authentication),
         FaultCode::wrong_cert_usage},
        {"is for both usages", certify(bench.token, signing, x509::Profile::configuration_signing),
         FaultCode::wrong_cert_usage},
        {"is for neither", certify(bench.token, signing, x509::Profile::ca), FaultCode::wrong_cert_usage},
    };
    for (const auto& [why, certificate, code] : rows) SUBCASE(why) {
            const auto imported = bench.token.import_certificate(certificate);
            REQUIRE_FALSE(imported);
            CHECK(imported.error().code == code);
        }
}

TEST_CASE("a token is not created or opened when") {
    Bench bench;
    SUBCASE("there is one already")
    CHECK(SoftwareToken::create(bench.place, "1234").error().code == FaultCode::token_not_available);
    SUBCASE("the PIN is short")
    CHECK(SoftwareToken::create(bench.folder / "other", "123").error().code == FaultCode::pin_incorrect);
    SUBCASE("the folder is empty")
    CHECK(SoftwareToken::open(bench.folder / "nothing").error().code == FaultCode::token_not_initialized);
    SUBCASE("its description is damaged") {
        for (const char* text : {"", "{", "[]", "{\"format\":\"onceway-token/1\"}",
                                 "{\"format\":\"onceway-token/2\",\"pin\":{},\"keys\":[]}"}) {
            tests::write_file(bench.place / "token.json", text);
            const auto opened = SoftwareToken::open(bench.place);
            REQUIRE_FALSE(opened);
            CHECK(opened.error().code == FaultCode::token_not_available);
            CHECK(contains(opened.error().detail, "backup"));
        }
    }
}

TEST_CASE("what another process adds is kept, and taken in with the next change") {
    Bench bench;
    auto other = must(SoftwareToken::open(bench.place, bench.clock));
    must(other.unlock("1234"));
    const auto theirs = must(other.generate(ec_signing));
    const auto ours = must(bench.token.generate(ec_authentication));
    CHECK(bench.token.list().size() == 2);
    CHECK(bench.token.key(theirs.id));
    must(other.change_pin("1234", "567890"));
    must(bench.token.generate(ec_signing));
    auto again = must(SoftwareToken::open(bench.place, bench.clock));
    must(again.unlock("567890"));
    CHECK(again.list().size() == 3);
    CHECK(again.key(ours.id));
}

TEST_CASE("keys are asked for while others are made and PINs are tried") {
    Bench bench;
    const auto info = must(bench.token.generate(ec_signing));
    std::atomic<bool> stop = false;
    std::atomic<int> missing = 0;
    std::thread signer([&] {
        while (!stop) missing += !bench.token.key(info.id);
    });
    for (int i = 0; i < 3; ++i) must(bench.token.generate(ec_signing));
    CHECK_FALSE(bench.token.unlock("0000"));
    must(bench.token.unlock("1234"));
    stop = true;
    signer.join();
    CHECK(missing == 0);
    CHECK(bench.token.list().size() == 4);
}

TEST_CASE("a damaged or exchanged key file is noticed when the token is unlocked") {
    Bench bench;
    const auto info = must(bench.token.generate(ec_signing)), other = must(bench.token.generate(ec_signing));
    std::filesystem::copy_file(bench.place / (other.id + ".key.pem"), bench.place / (info.id + ".key.pem"),
                               std::filesystem::copy_options::overwrite_existing);
    auto again = must(SoftwareToken::open(bench.place, bench.clock));
    const auto unlocked = again.unlock("1234");
    REQUIRE_FALSE(unlocked);
    CHECK(unlocked.error().code == FaultCode::token_not_available);
    CHECK_FALSE(again.unlocked());
}

TEST_CASE("a key of a size or kind that is not offered is refused") {
    Bench bench;
    for (const SoftwareToken::NewKey& wanted : {SoftwareToken::NewKey{"", KeyUsage::signing, KeyFamily::rsa, 1024},
                                                SoftwareToken::NewKey{"", KeyUsage::signing, KeyFamily::ec, 521}})
        CHECK(bench.token.generate(wanted).error().code == FaultCode::invalid_argument);
    bench.token.lock();
    CHECK(bench.token.generate(ec_signing).error().code == FaultCode::token_not_active);
}
