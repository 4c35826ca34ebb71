#include "certs/keys/digest.hpp"

#include "certs/keys/der.hpp"

#include <doctest/doctest.h>

using namespace std::literals;
using namespace onceway;
using namespace onceway::keys;

TEST_CASE("a digest is that of the standard for") {
    struct {
        Digest digest;
        const char* name;
        const char* uri;
        const char* of_abc;
    } const rows[] = {
        {Digest::sha1, "SHA-1", "http://www.w3.org/2000/09/xmldsig#sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {Digest::sha224, "SHA-224", "http://www.w3.org/2001/04/xmldsig-more#sha224",
         "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {Digest::sha256, "SHA-256", "http://www.w3.org/2001/04/xmlenc#sha256",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {Digest::sha384, "SHA-384", "http://www.w3.org/2001/04/xmldsig-more#sha384",
         "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
        {Digest::sha512, "SHA-512", "http://www.w3.org/2001/04/xmlenc#sha512",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce"
         "80e2a"
         "9ac94fa54ca49f"},
    };
    for (const auto& row : rows) SUBCASE(row.name) {
            CHECK(to_hex(digest(row.digest, "abc")) == row.of_abc);
            CHECK(name_of(row.digest) == row.name);
            CHECK(uri_of(row.digest) == row.uri);
            CHECK(digest_from_uri(row.uri) == row.digest);
            CHECK(size_of(row.digest) * 2 == std::string_view(row.of_abc).size());

            Hasher hasher(row.digest);
            hasher.feed("a");
            hasher.feed("");
            hasher.feed("bc");
            CHECK(to_hex(hasher.value()) == row.of_abc);
        }
}

TEST_CASE("MD5 and unknown URIs name no digest") {
    CHECK_FALSE(digest_from_uri("http://www.w3.org/2001/04/xmldsig-more#md5"));
    CHECK_FALSE(digest_from_uri("http://www.w3.org/2001/04/xmlenc#SHA512"));
    CHECK_FALSE(digest_from_uri(""));
}

TEST_CASE("digests are combined as a DER DigestList of the stated sizes") {
    const Octets a(64, 'a'), b(64, 'b');
    const DigestEntry two[] = {{a, uri_of(Digest::sha512)}, {b, uri_of(Digest::sha512)}};
    const Octets der = digest_list_der(two, 2);
    CHECK(der.size() == 225);
    CHECK(to_hex(der.substr(0, 7)) == "3081de306d0440");
    CHECK(to_hex(der.substr(71, 2)) == "0c27");
    CHECK(der.substr(73, 39) == uri_of(Digest::sha512));
    CHECK(to_hex(der.substr(112, 2)) == "3000");

    const Octets short_a(32, 'a'), short_b(32, 'b');
    const DigestEntry small[] = {{short_a, uri_of(Digest::sha256)}, {short_b, uri_of(Digest::sha256)}};
    CHECK(digest_list_der(small, 1).size() == 81);
    CHECK(digest_list_der(small, 2).size() == 161);
}

TEST_CASE("a DigestList of any length is the DER of its nested elements") {
    for (const std::size_t count : {0U, 1U, 2U, 3U, 20U, 700U}) {
        CAPTURE(count);
        const std::vector<DigestEntry> entries(count, DigestEntry{"0123456789", "urn:x"});
        Octets singles;
        for (const auto& entry : entries)
            singles += der::element(der::sequence, {der::element(der::octet_string, entry.value),
                                                    der::element(der::utf8_string, entry.uri), "\x30\0"sv});
        CHECK(digest_list_der(entries.data(), count) == der::element(der::sequence, singles));
    }
    CHECK(to_hex(der::element(der::octet_string, Octets(127, 'a')).substr(0, 3)) == "047f61");
    CHECK(to_hex(der::element(der::octet_string, Octets(128, 'a')).substr(0, 4)) == "04818061");
    CHECK(to_hex(der::element(der::octet_string, Octets(256, 'a')).substr(0, 5)) == "0482010061");
}

TEST_CASE("secrets are the same only when every octet is") {
    CHECK(same_secret("abc", "abc"));
    CHECK_FALSE(same_secret("abc", "abd"));
    CHECK_FALSE(same_secret("abc", "ab"));
    CHECK(same_secret("", ""));
}
