// The registry's own keys: encrypted on disk, one active for each purpose.
#include "central-registry/trust/signing_keys.hpp"

#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

TEST_CASE("a generated passphrase is readable by its owner only, and long") {
    TemporaryFolder folder;
    const auto secret = must(make_secret(folder / "secret"));
    CHECK(secret.size() == 48);
    CHECK(must(read_secret(folder / "secret")) == secret);
    struct stat facts{};
    REQUIRE(::stat((folder / "secret").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a passphrase is refused when its file is") {
    TemporaryFolder folder;
    write_file(folder / "open", "x\n");
    ::chmod((folder / "open").c_str(), 0644);
    write_file(folder / "empty", "\n");
    ::chmod((folder / "empty").c_str(), 0600);
    struct {
        const char* what;
        const char* file;
        FaultCode code;
        std::string_view says;
    } const wrong[] = {
        {"readable by others", "open", FaultCode::pin_incorrect, "chmod 600"},
        {"empty", "empty", FaultCode::pin_incorrect, "empty"},
        {"absent", "none", FaultCode::io_error, "none"},
    };
    for (const auto& [what, file, code, says] : wrong) SUBCASE(what) {
            const auto secret = read_secret(folder / file);
            REQUIRE_FALSE(secret);
            CHECK(secret.error().code == code);
            CHECK(contains(secret.error().detail, says));
        }
}

TEST_CASE("keys open with the passphrase, and with nothing else") {
    SampleRegistry registry;
    const auto secret = must(read_secret(registry.place.secret()));
    const auto key = must(unlock_active_key(*registry.database, Purpose::internal, secret));
    CHECK(key.key->public_key().spki() == must(key.certificate.public_key()).spki());
    CHECK(key.certificate.subject() == "CN=internalSigningKey");
    const auto wrong = unlock_active_key(*registry.database, Purpose::internal, "wrong");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == FaultCode::pin_incorrect);
    CHECK(contains(wrong.error().detail, "internal key"));
}

TEST_CASE("no private key lies on the disk in the clear") {
    SampleRegistry registry;
    std::string disk;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(registry.place.folder))
        if (entry.is_regular_file()) disk += contents_of(entry.path());
    CHECK(contains(disk, "BEGIN ENCRYPTED PRIVATE KEY"));
    CHECK_FALSE(contains(disk, "BEGIN PRIVATE KEY"));
}

TEST_CASE("a new key becomes the active one, and the former certificate stays listed") {
    SampleRegistry registry;
    const auto secret = must(read_secret(registry.place.secret()));
    const auto former = must(unlock_active_key(*registry.database, Purpose::internal, secret)).certificate;
    must(make_key(*registry.database, Purpose::internal, keys::KeyFamily::ec, "127.0.0.1", secret,
                  Clock::system().now()));
    const auto active = must(unlock_active_key(*registry.database, Purpose::internal, secret)).certificate;
    CHECK_FALSE(active == former);
    CHECK(listed_certificates(*registry.database, Purpose::internal) ==
          std::vector<Octets>{former.der(), active.der()});
    CHECK(listed_certificates(*registry.database, Purpose::external).size() == 1);
}
