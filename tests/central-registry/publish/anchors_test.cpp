// The anchors: what they name, when they change, and the hash that people compare.
#include "central-registry/publish/anchors.hpp"

#include "schemas/xml/document.hpp"
#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

namespace {

/// The published example anchor: two sources, one certificate.
std::string example_anchor() {
    const std::string certificate =
        "MIIBazCCARGgAwIBAgIBATAKBggqhkjOPQQDBDAdMRswGQYDVQQDDBJpbnRlcm5hbFNpZ25pbmdLZXkwHhcNNzAwMTAxMDAwMDAwWhcNMzgwMT"
        "Ax"
        "MDAwMDAwWjAdMRswGQYDVQQDDBJpbnRlcm5hbFNpZ25pbmdLZXkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQKbssjX7eI8tQWINmS3hSH4U"
        "Ta"
        "mQybdhGgryCogpBIRjv1y3SlkA1dxU1B8xxv2OAFwW/FLjIZW8T449wkB7A4o0IwQDAOBgNVHQ8BAf8EBAMCAkQwDwYDVR0TAQH/BAUwAwEB/"
        "zAd"
        "BgNVHQ4EFgQUVtgp/"
        "F1ugP5VkIuc2xZlB5nhiuEwCgYIKoZIzj0EAwQDSAAwRQIgSrNtbJA4qFw7cIOEUkhr+NYHnwLy2PgxwyBmHHj04+4CIQCL"
        "TA5+ccrIlFlmfdkMbXhR66C95LijurJUGR22OizwOw==";
    const auto source = [&](std::string_view scheme) {
        return "  <source>\n    <downloadURL>" + std::string(scheme) +
               "://cs.example.org/internalconf</downloadURL>\n    <verificationCert>" + certificate +
               "</verificationCert>\n  </source>\n";
    };
    return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
           "<x:configurationAnchor xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\">\n"
           "  <generatedAt>2026-01-01T11:00:00.000Z</generatedAt>\n  <instanceIdentifier>TEST</instanceIdentifier>\n" +
           source("http") + source("https") + "</x:configurationAnchor>\n";
}

}  // namespace

TEST_CASE("GC-5: the hash is the SHA-224 of the file, upper case, with colons; the published example") {
    const auto anchor = example_anchor();
    REQUIRE(anchor.size() == 1495);
    CHECK(anchor_hash(anchor) == "34:85:2D:B4:A7:52:B2:4D:4A:65:86:9E:E0:6D:8E:9B:0B:D6:B6:97:C9:F8:A8:DB:5D:77:9E:D5");
}

TEST_CASE("GC-3, GC-4: http before https, and every source lists all certificates of its kind") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto secret = must(read_secret(registry.place.secret()));
    must(make_key(*registry.database, Purpose::internal, keys::KeyFamily::ec, "127.0.0.1", secret,
                  Clock::system().now()));
    const auto anchors = must(refresh_anchors(*registry.database, registry.place, Clock::system().now()));
    const auto internal = must(registry::read_anchor(anchors.internal.octets));
    REQUIRE(internal.sources.size() == 2);
    CHECK(internal.sources[0].url == "http://127.0.0.1:8880/internalconf");
    CHECK(internal.sources[1].url == "https://127.0.0.1:8843/internalconf");
    for (const auto& source : internal.sources)
        CHECK(source.verification_certificates == listed_certificates(*registry.database, Purpose::internal));
    CHECK(internal.sources[0].verification_certificates.size() == 2);
    const auto external = must(registry::read_anchor(anchors.external.octets));
    CHECK(external.sources.at(0).url == "http://127.0.0.1:8880/externalconf");
    CHECK(external.sources.at(0).verification_certificates ==
          listed_certificates(*registry.database, Purpose::external));
}

TEST_CASE("GC-1, GC-2: an anchor of ours has a time in UTC and fits the schema") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto at = *parse_rfc3339("2026-03-01T10:00:00.123Z");
    const auto anchors = must(refresh_anchors(*registry.database, registry.place, at));
    CHECK(contains(anchors.internal.octets, "<generatedAt>2026-03-01T10:00:00.123Z</generatedAt>"));
    const auto schema =
        must(xml::Schema::compile_file(ONCEWAY_SOURCE_DIR "/schemas/published/configuration-anchor.xsd"));
    for (const auto* anchor : {&anchors.internal, &anchors.external})
        CHECK(schema.validate(must(xml::Document::parse(anchor->octets))));
}

TEST_CASE("an anchor stays the same, octet for octet, while nothing it depends on changes") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto first = must(refresh_anchors(*registry.database, registry.place, Clock::system().now()));
    CHECK(contents_of(first.internal.path) == first.internal.octets);
    auto state = sample_state();
    state.members[0].name = "Renamed";
    registry.decide_for(state);
    std::filesystem::remove(first.internal.path);
    const auto later = Clock::system().now() + std::chrono::hours(1);
    const auto second = must(refresh_anchors(*registry.database, registry.place, later));
    CHECK(second.internal.hash == first.internal.hash);
    CHECK(contents_of(second.internal.path) == first.internal.octets);
}

TEST_CASE("GC-10: a new key or a new address makes a new anchor") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto first = must(refresh_anchors(*registry.database, registry.place, Clock::system().now()));

    auto state = sample_state();
    state.publication.address = "registry.test";
    registry.decide_for(state);
    const auto moved = must(refresh_anchors(*registry.database, registry.place, Clock::system().now()));
    CHECK(moved.internal.hash != first.internal.hash);
    CHECK(moved.external.hash != first.external.hash);

    const auto secret = must(read_secret(registry.place.secret()));
    must(make_key(*registry.database, Purpose::external, keys::KeyFamily::ec, "127.0.0.1", secret,
                  Clock::system().now()));
    const auto rekeyed = must(refresh_anchors(*registry.database, registry.place, Clock::system().now()));
    CHECK(rekeyed.internal.hash == moved.internal.hash);
    CHECK(rekeyed.external.hash != moved.external.hash);
}
