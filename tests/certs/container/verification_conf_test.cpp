// The configuration that an auditor brings: whom it makes us trust, and what is wrong with one that cannot be used.
#include "certs/container/asic.hpp"

#include "tests/certs/container/made.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace onceway;
using namespace onceway::tests;
namespace fs = std::filesystem;

namespace {

struct Conf {
    Conf() { write_verification_conf(folder.path(), authority, tsa); }
    Result<std::shared_ptr<const x509::Trust>> load(Instant now = test_time()) const {
        return container::load_verification_conf(folder.path(), now);
    }
    /// A second instance beside the own one, a copy of it but for its name.
    void add_foreign(std::string_view metadata) const {
        fs::create_directories(folder / "OTHER");
        const auto own = contents_of(folder / "TEST/shared-params.xml");
        write_file(folder / "OTHER/shared-params.xml",
                   replaced(own, "<instanceIdentifier>TEST<", "<instanceIdentifier>OTHER<"));
        write_file(folder / "OTHER/shared-params.xml.metadata", metadata);
    }

    TemporaryFolder folder;
    CertificateAuthority authority{"Test CA"};
    Identity tsa = authority.issue_time_stamper();
};

}  // namespace

TEST_CASE("a verification configuration names its own instance, authorities and time-stampers") {
    const auto trust = must(Conf().load());
    CHECK(trust->own_instance() == "TEST");
    CHECK(trust->authorities().size() == 1);
    CHECK(trust->time_stampers().size() == 1);
}

TEST_CASE("what a foreign instance says counts until it expires; the own instance never does") {
    const Conf conf;
    conf.add_foreign(R"({"configurationVersion":"6","expirationDate":"2026-02-02T10:15:00Z"})");
    CHECK(must(conf.load(*parse_rfc3339("2026-02-02T10:14:59Z")))->instances().size() == 2);
    CHECK(must(conf.load(*parse_rfc3339("2026-02-02T10:15:01Z")))->instances().size() == 1);

    write_file(conf.folder / "TEST/shared-params.xml.metadata",
               R"({"configurationVersion":"6","expirationDate":"2020-01-01T00:00:00Z"})");
    CHECK(conf.load());
}

TEST_CASE("an instance of an unknown version is left out, like a folder without shared parameters") {
    const Conf conf;
    conf.add_foreign(R"({"configurationVersion":"9"})");
    fs::create_directories(conf.folder / "EMPTY");
    CHECK(must(conf.load())->instances().size() == 1);
}

TEST_CASE("recorded configurations of versions 3 and 6 are read") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    CHECK(must(container::load_verification_conf(*vectors / "trust/globalconf"))->own_instance() == "VEC");
    CHECK(must(container::load_verification_conf(*vectors / "asic/source/globalconf-good2-v3"))->own_instance() ==
          "DEV");
}

TEST_CASE("a configuration that cannot be used says why") {
    struct {
        std::string why;
        std::function<void(const Conf&)> change;
        FaultCode code;
        std::string word;
    } const rows[] = {
        {"no instance-identifier", [](const Conf& conf) { fs::remove(conf.folder / "instance-identifier"); },
         FaultCode::io_error, "verificationconf"},
        {"no shared parameters of the own instance",
         [](const Conf& conf) { fs::remove(conf.folder / "TEST/shared-params.xml"); }, FaultCode::malformed_global_conf,
         "'TEST'"},
        {"damaged shared parameters",
         [](const Conf& conf) { write_file(conf.folder / "TEST/shared-params.xml", "<a/>"); },
         FaultCode::malformed_global_conf, "shared parameters"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.why);
        const Conf conf;
        row.change(conf);
        const auto trust = conf.load();
        REQUIRE_FALSE(trust);
        CHECK(trust.error().code == row.code);
        CHECK_MESSAGE(contains(trust.error().detail, row.word), trust.error().detail);
    }
}
