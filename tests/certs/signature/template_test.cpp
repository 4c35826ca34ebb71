// The signature document as we write it: its canonical octets are known in advance.
#include "certs/signature/template.hpp"

#include "certs/keys/digest.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::signature;

namespace {

/// The signature of message-transport §7.1.5 and §7.2.2, whose check values are printed there.
CanonicalForms printed_forms(bool by_chain, std::string_view reference_digest, std::string_view signing_time) {
    const SignerFacts signer{"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", keys::sha512("signing-cert"),
                             "CN=Test CA,O=Test", "18"};
    return SignatureTemplate(signer, by_chain, nullptr)
        .canonical_forms({*from_base64(reference_digest), *parse_rfc3339(signing_time)});
}

std::string base64_of_sha512(OctetsView octets) { return to_base64(keys::sha512(octets)); }

}  // namespace

TEST_CASE("the canonical forms of a signature over a hash chain are those of message-transport 7.1.5 (item 96)") {
    const auto forms =
        printed_forms(true, "x93mH3kcZQDDD8nSvh8uFrxxpkX7GWiW9I1WeIbRfHrSfwU8VRaItg3D/s4BUsMOjpndZLAd46B5jCcA6DV10g==",
                      "2026-02-02T10:15:30.123Z");
    CHECK(forms.signed_properties.size() == 1855);
    CHECK(base64_of_sha512(forms.signed_properties) ==
          "u9vAFqdYcu3YBWXFHK8xE0dPrWEbCX0Vnq6xAq4LmET+4X3hni7tAlmghFm80uI55fOMCp53Yi3s/u5nFGCIpw==");
    CHECK(forms.signed_info.size() == 1089);
    CHECK(base64_of_sha512(forms.signed_info) ==
          "DIMRVWef2Ic4KVRYm9xr+E/ShFk5vNg7Gq6El2QSItD1LrJi92KLoTpnBua79Jav5H9r+0m3IWu6NxcNMOzexQ==");
}

TEST_CASE("the canonical forms of a plain signature are those of message-transport 7.2.2 (item 96)") {
    const auto forms =
        printed_forms(false, "EgR/LNlDSjgdySdpSvPzA1W3tmZcSMA3ul0B9nOXScfhNUZy7HRVouuBVCURCYsU3L+WCheWcP03xzQeRd8Skw==",
                      "2026-02-02T10:20:00.000Z");
    CHECK(forms.signed_properties.size() == 1834);
    CHECK(base64_of_sha512(forms.signed_properties) ==
          "RFMFKFoJTMQAPI0SWuJ28tkMsXSYaz7W/S/sfCNvF/MahmItwG7j9odQ5yG+KbnCJ4z/UzhAetcCapGpYS01AA==");
    CHECK(forms.signed_info.size() == 1077);
    CHECK(base64_of_sha512(forms.signed_info) ==
          "9wgXEsSSLWvGboz4BNiGdsGGKd5oZKAskJ55cgvfF+cch6vec/5lbMal2wFe3KkShs3t9Kkcsv9r5sq9TFf7Jw==");
}

TEST_CASE("a text with gaps takes one value for each of them, and nothing else") {
    const std::string gap(GappedText::gap);
    CHECK(GappedText("a" + gap + "b" + gap).filled({"1", "2"}) == "a1b2");
    CHECK(GappedText("whole").filled({}) == "whole");
    CHECK_THROWS_WITH(GappedText("a" + gap + "b").filled({}), doctest::Contains("XML cannot hold"));
    CHECK_THROWS_WITH(GappedText("a").filled({"1"}), doctest::Contains("XML cannot hold"));
}
