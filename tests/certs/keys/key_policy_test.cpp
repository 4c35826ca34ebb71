#include "certs/keys/key_policy.hpp"

#include "certs/keys/der.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::keys;
using tests::contains;

namespace {

Octets rsa_spki(OctetsView modulus, OctetsView exponent) {
    const Octets key = der::element(der::sequence, {der::unsigned_integer(modulus), der::unsigned_integer(exponent)});
    const Octets type = *from_hex("300d06092a864886f70d0101010500");
    return der::element(der::sequence, {type, der::bits(key)});
}
Octets modulus_of(std::size_t bits, bool odd = true) {
    Octets modulus((bits + 7) / 8, '\x55');
    modulus[0] = static_cast<char>(0xff >> (modulus.size() * 8 - bits));
    modulus.back() = odd ? '\x55' : '\x54';
    return modulus;
}
const Octets f4 = *from_hex("010001");

// The public key of what `openssl` makes.
Octets foreign_spki(std::vector<std::string> command) {
    const tests::TemporaryFolder folder;
    command.push_back("-out");
    command.push_back(folder / "key.pem");
    const auto made = tests::run_tool(command);
    CAPTURE(made.output);
    REQUIRE(made.status == 0);
    REQUIRE(tests::run_tool({"openssl", "pkey", "-in", folder / "key.pem", "-pubout", "-outform", "DER", "-out",
                             folder / "key.der"})
                .status == 0);
    return tests::contents_of(folder / "key.der");
}

}  // namespace

TEST_CASE("a public key is refused before any arithmetic, with its reason, when it is") {
    struct {
        const char* why;
        Octets spki;
        const char* says;
    } const rows[] = {
        {"RSA of 1024 bits", rsa_spki(modulus_of(1024), f4), "1024 bits"},
        {"RSA of 16384 bits", rsa_spki(modulus_of(16384), f4), "16384 bits"},
        {"RSA of 2047 bits", rsa_spki(modulus_of(2047), f4), "2047 bits"},
        {"RSA of 2049 bits", rsa_spki(modulus_of(2049), f4), "multiple of 8"},
        {"RSA with an even modulus", rsa_spki(modulus_of(2048, false), f4), "modulus is even"},
        {"RSA with exponent 1", rsa_spki(modulus_of(2048), "\x01"), "exponent"},
        {"RSA with exponent 3", rsa_spki(modulus_of(2048), "\x03"), "exponent"},
        {"RSA with an even exponent", rsa_spki(modulus_of(2048), *from_hex("010002")), "exponent"},
        {"RSA with an exponent as long as the modulus", rsa_spki(modulus_of(2048), modulus_of(2048)), "exponent"},
        {"EC with explicit parameters",
         foreign_spki({"openssl", "ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout"}),
         "explicit"},
        {"EC on P-192", foreign_spki({"openssl", "ecparam", "-name", "prime192v1", "-genkey", "-noout"}), "curve"},
        {"EC on secp256k1", foreign_spki({"openssl", "ecparam", "-name", "secp256k1", "-genkey", "-noout"}), "curve"},
        {"EC on a brainpool curve",
         foreign_spki({"openssl", "ecparam", "-name", "brainpoolP256r1", "-genkey", "-noout"}), "curve"},
        {"Ed25519", foreign_spki({"openssl", "genpkey", "-algorithm", "ed25519"}), "type"},
        {"RSA bound to PSS", foreign_spki({"openssl", "genpkey", "-algorithm", "RSA-PSS"}), "type"},
        {"nothing", "", "not DER"},
        {"followed by octets", tests::shared_key()->public_key().spki() + "x", "not DER"},
    };
    for (const auto& [why, spki, says] : rows) SUBCASE(why) {
            const tests::Effort effort;
            const auto facts = judge_spki(spki);
            REQUIRE_FALSE(facts);
            CHECK(facts.error().code == FaultCode::unsupported_sign_algorithm);
            CHECK(contains(facts.error().detail, says));
            CHECK(effort.within(std::chrono::milliseconds(20)));  // 1 ms on a machine that does nothing else
            CHECK_FALSE(PublicKey::from_spki(spki));
        }
}

TEST_CASE("a point that is not on its curve is refused") {
    Octets spki = tests::shared_key()->public_key().spki();
    spki.back() = static_cast<char>(spki.back() ^ 1);
    CHECK(judge_spki(spki));
    const auto key = PublicKey::from_spki(spki);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == FaultCode::unsupported_sign_algorithm);
}

TEST_CASE("a public key is taken when it is") {
    struct {
        const char* what;
        Octets spki;
        KeyFamily family;
        int bits;
    } const rows[] = {
        {"RSA-2048", tests::shared_key("RSA-2048")->public_key().spki(), KeyFamily::rsa, 2048},
        {"RSA-4096", tests::shared_key("RSA-4096")->public_key().spki(), KeyFamily::rsa, 4096},
        {"P-256", tests::shared_key("P-256")->public_key().spki(), KeyFamily::ec, 256},
        {"P-384", tests::shared_key("P-384")->public_key().spki(), KeyFamily::ec, 384},
        {"P-521, for reading", foreign_spki({"openssl", "ecparam", "-name", "secp521r1", "-genkey", "-noout"}),
         KeyFamily::ec, 521},
    };
    for (const auto& [what, spki, family, bits] : rows) SUBCASE(what) {
            const auto key = PublicKey::from_spki(spki);
            REQUIRE(key);
            CHECK(key->family() == family);
            CHECK(key->bits() == bits);
            CHECK(key->spki() == spki);
        }
}
