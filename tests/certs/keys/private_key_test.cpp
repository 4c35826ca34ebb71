#include "certs/keys/private_key.hpp"

#include "certs/keys/der.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace onceway;
using namespace onceway::keys;
using tests::contains;
using tests::shared_key;

namespace {

constexpr std::string_view more = "http://www.w3.org/2001/04/xmldsig-more#",
                           newer = "http://www.w3.org/2007/05/xmldsig-more#";

SignatureAlgorithm algorithm(std::string_view uri) {
    const auto found = SignatureAlgorithm::from_uri(uri);
    REQUIRE(found);
    return *found;
}

}  // namespace

TEST_CASE("what a key signs verifies with its public half, and with nothing changed, for") {
    struct {
        const char* kind;
        std::string_view prefix;
        const char* name;
        std::size_t octets;
    } const rows[] = {
        {"RSA-2048", more, "rsa-sha256", 256},       {"RSA-2048", more, "rsa-sha384", 256},
        {"RSA-2048", more, "rsa-sha512", 256},       {"RSA-3072", more, "rsa-sha512", 384},
        {"RSA-4096", more, "rsa-sha512", 512},       {"RSA-2048", newer, "sha256-rsa-MGF1", 256},
        {"RSA-2048", newer, "sha384-rsa-MGF1", 256}, {"RSA-2048", newer, "sha512-rsa-MGF1", 256},
        {"RSA-4096", newer, "sha512-rsa-MGF1", 512}, {"P-256", more, "ecdsa-sha224", 64},
        {"P-256", more, "ecdsa-sha256", 64},         {"P-256", more, "ecdsa-sha384", 64},
        {"P-256", more, "ecdsa-sha512", 64},         {"P-384", more, "ecdsa-sha512", 96},
    };
    for (const auto& row : rows) {
        CAPTURE(row.kind);
        CAPTURE(row.name);
        const auto key = shared_key(row.kind);
        const auto half = key->public_key();
        const auto wanted = algorithm(std::string(row.prefix) + row.name);
        CHECK(wanted.uri() == std::string(row.prefix) + row.name);
        for (int again = 0; again < 2; ++again) {  // the second time with a context that was used before
            const auto value = key->sign(wanted, "what is signed", EcdsaForm::raw);
            REQUIRE(value);
            CHECK(value->size() == row.octets);
            CHECK(half.verify(wanted, "what is signed", *value, EcdsaForm::raw));
            const auto other_data = half.verify(wanted, "what is said", *value, EcdsaForm::raw);
            REQUIRE_FALSE(other_data);
            CHECK(other_data.error().code == FaultCode::invalid_signature_value);
            Octets changed = *value;
            changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
            CHECK_FALSE(half.verify(wanted, "what is signed", changed, EcdsaForm::raw));
        }
    }
}

TEST_CASE("no algorithm is known by") {
    for (const char* uri :
         {"http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
          "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512",
          "http://www.w3.org/2000/09/xmldsig#dsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", ""})
        SUBCASE(uri) CHECK_FALSE(SignatureAlgorithm::from_uri(uri));
}

TEST_CASE("an algorithm that does not fit the key is an internal error of the verifier, and nothing to sign with") {
    const auto rsa = shared_key("RSA-2048"), ec = shared_key("P-256");
    const auto for_ec = algorithm(std::string(more) + "ecdsa-sha512"),
               for_rsa = algorithm(std::string(more) + "rsa-sha512");
    const auto verified = rsa->public_key().verify(for_ec, "data", Octets(64, 'x'), EcdsaForm::raw);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == FaultCode::internal_error);
    CHECK_FALSE(ec->public_key().verify(for_rsa, "data", Octets(256, 'x'), EcdsaForm::raw));
    const auto signed_with = ec->sign(for_rsa, "data", EcdsaForm::raw);
    REQUIRE_FALSE(signed_with);
    CHECK(signed_with.error().code == FaultCode::cannot_sign);
}

TEST_CASE("a raw ECDSA value is read in any even length up to twice the field") {
    // Both halves begin with a zero octet, which a genuine signer leaves out; the nonce was searched for.
    const auto key = PublicKey::from_spki(*from_hex(
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004471c3e758c4904285bba7e53118ed0f524adeb0757d25bd2f8e7b0d7"
        "6dfa714cdd520f7aca8a8b917acc37f51de8f0c9bbe3ad858382e702dc25a12d09f7a858"));
    REQUIRE(key);
    const Octets r = *from_hex("e9d90bf1af2b2bb5fe91b125a0ee92654e0b5959da432d61a26bfb3279db0c"),
                 s = *from_hex("cb47aab16aafbce7f0f66bb90b0c7de2b9d619c73ee10a7034804f3c0ef356");
    const Octets zero(1, '\0');
    const auto wanted = algorithm(std::string(more) + "ecdsa-sha512");
    for (const Octets& value : {r + s, zero + r + zero + s})
        CHECK(key->verify(wanted, "a message with a short signature", value, EcdsaForm::raw));
    CHECK_FALSE(key->verify(wanted, "a message with a short signature", s + r, EcdsaForm::raw));
}

TEST_CASE("an ECDSA value is refused when it") {
    const auto key = shared_key("P-256");
    const auto wanted = key->default_algorithm();
    const Octets good = *key->sign(wanted, "data", EcdsaForm::raw);
    const Octets order = *from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    struct {
        const char* why;
        Octets value;
    } const rows[] = {
        {"is empty", ""},
        {"has an odd length", good.substr(0, 63)},
        {"is longer than twice the field", Octets(1, '\0') + good.substr(0, 32) + Octets(1, '\0') + good.substr(32)},
        {"has r of zero", Octets(32, '\0') + good.substr(32)},
        {"has s of zero", good.substr(0, 32) + Octets(32, '\0')},
        {"has r of the group's order", order + good.substr(32)},
        {"has s of the group's order", good.substr(0, 32) + order},
    };
    for (const auto& [why, value] : rows) SUBCASE(why) {
            const auto verified = key->public_key().verify(wanted, "data", value, EcdsaForm::raw);
            REQUIRE_FALSE(verified);
            CHECK(verified.error().code == FaultCode::invalid_signature_value);
        }
}

TEST_CASE("an ECDSA value in DER is accepted where DER is asked for, and only there") {
    const auto key = shared_key("P-384");
    const auto wanted = key->default_algorithm();
    const Octets der = *key->sign(wanted, "data", EcdsaForm::der);
    CHECK(key->public_key().verify(wanted, "data", der, EcdsaForm::der));
    CHECK_FALSE(key->public_key().verify(wanted, "data", der, EcdsaForm::raw));
    CHECK_FALSE(key->public_key().verify(wanted, "data", der + "x", EcdsaForm::der));
    CHECK_FALSE(key->public_key().verify(wanted, "data", *key->sign(wanted, "data", EcdsaForm::raw), EcdsaForm::der));
}

TEST_CASE("an RSA value is refused when it is padded, cut or lengthened") {
    const auto key = shared_key("RSA-2048");
    const auto wanted = key->default_algorithm();
    const Octets good = *key->sign(wanted, "data", EcdsaForm::raw);
    CHECK(key->public_key().verify(wanted, "data", good, EcdsaForm::raw));
    for (const Octets& wrong : {Octets(1, '\0') + good, good + Octets(1, '\0'), good.substr(1), Octets()})
        CHECK_FALSE(key->public_key().verify(wanted, "data", wrong, EcdsaForm::raw));
}

TEST_CASE("one key signs and verifies from several threads at once") {
    const auto key = shared_key("P-256");
    const auto half = key->public_key();
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const std::string data = std::to_string(t * 1000 + i);
                const auto value = key->sign(key->default_algorithm(), data, EcdsaForm::raw);
                if (value && half.verify(key->default_algorithm(), data, *value, EcdsaForm::raw)) ++good;
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(good == 200);
}

TEST_CASE("a private key is written encrypted and read back only with its passphrase") {
    const auto key = shared_key("RSA-2048");
    const std::string pem = key->to_pem("a passphrase");
    CHECK(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    const auto again = PrivateKey::from_pem(pem, "a passphrase");
    REQUIRE(again);
    CHECK(again->public_key().spki() == key->public_key().spki());
    for (const char* wrong : {"another", ""}) {
        const auto refused = PrivateKey::from_pem(pem, wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::pin_incorrect);
    }
    const auto nothing = PrivateKey::from_pem("no key", "x");
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().code == FaultCode::unsupported_sign_algorithm);
}

TEST_CASE("OpenSSL reads the encrypted key, and says that scrypt and AES-256 protect it") {
    const tests::TemporaryFolder folder;
    tests::write_file(folder / "key.pem", shared_key("P-256")->to_pem("secret"));
    const auto read =
        tests::run_tool({"openssl", "pkey", "-in", folder / "key.pem", "-passin", "pass:secret", "-noout", "-text"});
    CHECK(read.status == 0);
    CHECK(contains(read.output, "P-256"));
    const auto shape = tests::run_tool({"openssl", "asn1parse", "-in", folder / "key.pem"});
    CHECK(contains(shape.output, ":scrypt"));
    CHECK(contains(shape.output, "aes-256-cbc"));
    CHECK(contains(shape.output, ":2000"));  // N = 8192
}

TEST_CASE("a private key made elsewhere is taken from") {
    const tests::TemporaryFolder folder;
    struct {
        const char* what;
        std::vector<std::string> command;
        bool taken;
    } const rows[] = {
        {"PKCS#8", {"openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"}, true},
        {"traditional RSA", {"openssl", "genrsa", "-traditional", "-out"}, true},
        {"traditional EC", {"openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out"}, true},
        {"P-521, which cannot sign here",
         {"openssl", "ecparam", "-name", "secp521r1", "-genkey", "-noout", "-out"},
         false},
        {"a small RSA key",
         {"openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out"},
         false},
        {"Ed25519", {"openssl", "genpkey", "-algorithm", "ed25519", "-out"}, false},
    };
    for (const auto& row : rows) SUBCASE(row.what) {
            auto command = row.command;
            command.push_back(folder / "key.pem");
            REQUIRE(tests::run_tool(command).status == 0);
            const auto key = PrivateKey::from_pem(tests::contents_of(folder / "key.pem"));
            CHECK(key.has_value() == row.taken);
            if (!key) CHECK(key.error().code == FaultCode::unsupported_sign_algorithm);
        }
}
