#include "security-server/admin/internal_tls.hpp"
#include "security-server/admin/pin.hpp"
#include "security-server/admin/stopped_server.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

Octets anchor_of(const std::string& instance, const std::string& url) {
    static const CertificateAuthority signer("Anchor signer");
    return registry::write_anchor({test_time(), instance, {{url, {signer.certificate().der()}}}});
}

admin::NewServer wanted(const std::filesystem::path& folder) {
    admin::NewServer server{folder, {}, {}, "1234-5678", false};
    server.file.id = {{"TEST", "GOV", "HOME"}, "ss1"};
    server.file.inside = server.file.outside = "127.0.0.1";
    return server;
}

unsigned mode_of(const std::filesystem::path& path) {
    struct stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 0777u;
}

}  // namespace

TEST_CASE("a new server's folder is its owner's alone, and everything in it opens again") {
    const TemporaryFolder folder;
    const auto home = folder / "home";
    write_file(folder / "anchor.xml", anchor_of("TEST", "http://registry.test/internalconf"));
    auto server = wanted(home);
    server.anchor = folder / "anchor.xml";
    server.keep_pin = true;
    server.file.pin_file = "pin";
    const auto made = admin::make_server(server, Clock::system());
    REQUIRE_MESSAGE(made, made.error().detail);

    CHECK(mode_of(home) == 0700);
    CHECK(mode_of(home / "pin") == 0600);
    CHECK(mode_of(home / "tls" / "internal-key.pem") == 0600);
    CHECK(contents_of(home / "anchor.xml") == contents_of(folder / "anchor.xml"));

    const auto file = must(admin::load_server_file(home));
    const auto tls = must(admin::load_internal_tls(file));
    REQUIRE(tls.chain.size() == 1);
    CHECK(tls.key->public_key().spki() == must(tls.chain[0].public_key()).spki());
    CHECK(tls.key->family() == keys::KeyFamily::rsa);
    const auto stopped = must(admin::StoppedServer::open(file, Clock::system()));
    CHECK_FALSE(stopped->unlocked());
    must(stopped->unlock_by_file());
    CHECK(stopped->unlocked());

    SUBCASE("a second server cannot be made there") {
        const auto refused = admin::make_server(wanted(home), Clock::system());
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "there is one already"));
        CHECK(admin::load_server_file(home));
    }
    SUBCASE("two processes cannot work in it at once") {
        const auto refused = admin::StoppedServer::open(file, Clock::system());
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "Is the server running already?"));
    }
}

TEST_CASE("what cannot be a server leaves nothing behind") {
    const TemporaryFolder folder;
    auto server = wanted(folder / "home");
    std::string says;
    SUBCASE("GC-6: an anchor with only https addresses is refused with a clear message") {
        write_file(folder / "anchor.xml", anchor_of("TEST", "https://registry.test/internalconf"));
        server.anchor = folder / "anchor.xml";
        says = "https";
    }
    SUBCASE("GC-7: an anchor of another instance than the server's owner is refused") {
        write_file(folder / "anchor.xml", anchor_of("OTHER", "http://registry.test/internalconf"));
        server.anchor = folder / "anchor.xml";
        says = "of the instance OTHER, but this server is of TEST";
    }
    SUBCASE("an anchor that is none") {
        write_file(folder / "anchor.xml", "<html/>");
        server.anchor = folder / "anchor.xml";
        says = "anchor";
    }
    SUBCASE("a PIN that is too short") {
        server.pin = "12";
        says = "at least four characters";
    }
    SUBCASE("an address that is a name") {
        server.file.inside = "localhost";
        says = "numeric address";
    }
    const auto refused = admin::make_server(server, Clock::system());
    REQUIRE_FALSE(refused);
    CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
    CHECK_FALSE(std::filesystem::exists(folder / "home"));
}

TEST_CASE("a PIN is read from its owner's file only") {
    const TemporaryFolder folder;
    write_file(folder / "pin", "1234-5678\nsecond line\n");
    ::chmod((folder / "pin").c_str(), 0600);
    CHECK(must(admin::read_pin_file(folder / "pin")) == "1234-5678");

    ::chmod((folder / "pin").c_str(), 0640);
    const auto readable = admin::read_pin_file(folder / "pin");
    REQUIRE_FALSE(readable);
    CHECK(contains(readable.error().detail, "chmod 600"));

    write_file(folder / "empty", "\n");
    ::chmod((folder / "empty").c_str(), 0600);
    const auto empty = admin::read_pin_file(folder / "empty");
    REQUIRE_FALSE(empty);
    CHECK(contains(empty.error().detail, "first line is empty"));
    CHECK_FALSE(admin::read_pin_file(folder / "absent"));
}
