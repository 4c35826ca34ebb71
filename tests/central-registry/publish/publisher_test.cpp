// Publications: signed, whole, and never replaced by a failure.
#include "central-registry/publish/publisher.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/registry/documents.hpp"
#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;
namespace fs = std::filesystem;

namespace {

/// Verifies a directory of ours as a client does: certificate by digest, signature over the octets, digests of the
/// content.
void check_directory(SampleRegistry& registry, const Octets& body, Purpose purpose, std::vector<std::string> parts) {
    const auto directory = must(registry::read_directory(body));
    CHECK(directory.version == 6);
    CHECK(directory.certificate_digest_uri == keys::uri_of(keys::Digest::sha512));
    const auto listed = listed_certificates(*registry.database, purpose);
    const auto signer = std::find_if(listed.begin(), listed.end(), [&](const Octets& der) {
        return keys::sha512(der) == directory.certificate_digest;
    });
    REQUIRE(signer != listed.end());
    const auto key = must(must(x509::Certificate::from_der(*signer)).public_key());
    const auto algorithm = keys::SignatureAlgorithm::from_uri(directory.signature_algorithm);
    REQUIRE(algorithm);
    const auto verified = key.verify(*algorithm, directory.signed_octets, directory.signature, keys::EcdsaForm::der);
    CHECK_MESSAGE(verified, verified.error().detail);

    // One octet less, or the empty line behind, is something else than what was signed.
    const auto& octets = directory.signed_octets;
    CHECK_FALSE(key.verify(*algorithm, octets.substr(0, octets.size() - 2), directory.signature, keys::EcdsaForm::der));
    CHECK_FALSE(key.verify(*algorithm, octets + "\r\n", directory.signature, keys::EcdsaForm::der));

    std::vector<std::string> found;
    for (const auto& part : directory.parts) {
        found.push_back(part.identifier);
        CHECK(part.instance == "TEST");
        CHECK(keys::sha512(registry.published(part.location.substr(1))) == part.digest);
    }
    CHECK(found == parts);
}

std::vector<fs::path> folders(const SampleRegistry& registry) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(registry.place.published() / "V6"))
        if (entry.is_directory()) found.push_back(entry.path().filename());
    return found;
}

}  // namespace

TEST_CASE(
    "GC-21, GC-41: both directories are signed over exactly their octets, and only the internal one has private "
    "parameters") {
    for (const auto family : {keys::KeyFamily::ec, keys::KeyFamily::rsa}) {
        SampleRegistry registry(family);
        registry.decide_for(sample_state());
        registry.publish();
        const auto internal = registry.published("V6/internalconf"), external = registry.published("V6/externalconf");
        check_directory(registry, internal, Purpose::internal, {"PRIVATE-PARAMETERS", "SHARED-PARAMETERS"});
        check_directory(registry, external, Purpose::external, {"SHARED-PARAMETERS"});
        CHECK(contains(internal, family == keys::KeyFamily::rsa ? "#rsa-sha512" : "#ecdsa-sha512"));
    }
}

TEST_CASE("GC-20, GC-35: a directory begins with its own header, and each Base64 stands on one line") {
    SampleRegistry registry(keys::KeyFamily::rsa);
    registry.decide_for(sample_state());
    registry.publish();
    const auto body = registry.published("V6/internalconf");
    CHECK(body.starts_with("Content-Type: multipart/related; charset=UTF-8; boundary="));
    const auto directory = must(registry::read_directory(body));
    CHECK(contains(body, "\r\n\r\n" + to_base64(directory.signature) + "\r\n--"));
    for (const auto& part : directory.parts) CHECK(contains(body, "\r\n\r\n" + to_base64(part.digest) + "\r\n--"));
}

TEST_CASE("GC-36: two runs without changes produce byte-identical content files") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto first = registry.publish(), second = registry.publish();
    CHECK(first.folder != second.folder);
    for (const char* name : {"private-params.xml", "shared-params.xml"}) {
        const auto one = registry.published("V6/" + first.folder + "/" + name);
        CHECK_FALSE(one.empty());
        CHECK(one == registry.published("V6/" + second.folder + "/" + name));
    }
}

TEST_CASE("GC-38: content stays for 600 seconds after its directory was replaced, and goes after that") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto first = registry.publish();
    const auto age = [&](const std::string& folder, int seconds) {
        fs::last_write_time(registry.place.published() / "V6" / folder,
                            fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
    };
    // However old it is when it is replaced: the time counts from then on.
    age(first.folder, 5'000);
    const auto second = registry.publish();
    CHECK(folders(registry).size() == 2);
    age(first.folder, 590);
    registry.publish();
    CHECK(fs::exists(registry.place.published() / "V6" / first.folder));
    age(first.folder, 610);
    registry.publish();
    CHECK_FALSE(fs::exists(registry.place.published() / "V6" / first.folder));
    CHECK(fs::exists(registry.place.published() / "V6" / second.folder));
}

TEST_CASE("GC-39: a failure leaves the former publication untouched when") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto former = registry.publish();
    const auto internal = registry.published("V6/internalconf"), external = registry.published("V6/externalconf");
    const auto version = registry.place.published() / "V6";
    FaultCode expected = FaultCode::io_error;

    SUBCASE("the content cannot be written") {
        // A file stands where the folder of the version belongs; root is not stopped by permissions.
        fs::rename(version, registry.folder / "V6");
        write_file(version, "");
    }
    SUBCASE("the internal directory cannot be replaced") {
        fs::remove(version / "internalconf");
        fs::create_directories(version / "internalconf" / "in the way");
    }
    SUBCASE("the external directory cannot be replaced") {
        fs::remove(version / "externalconf");
        fs::create_directories(version / "externalconf" / "in the way");
    }
    SUBCASE("the keys cannot be opened") {
        write_file(registry.place.secret(), "wrong\n");
        expected = FaultCode::pin_incorrect;
    }
    SUBCASE("GC-49: no management provider is set") {
        auto state = sample_state();
        state.management.provider.reset();
        registry.decide_for(state);
        expected = FaultCode::invalid_argument;
    }
    KeyRing ring(registry.place.secret());
    const auto refused =
        publish_state(*registry.database, registry.place, ring, *parse_rfc3339("2026-05-05T05:05:05Z"));
    REQUIRE_FALSE(refused);
    CHECK(spelling(refused.error().code) == spelling(expected));
    if (!fs::is_directory(version)) {
        fs::remove(version);
        fs::rename(registry.folder / "V6", version);
    }
    if (fs::is_regular_file(version / "internalconf")) CHECK(registry.published("V6/internalconf") == internal);
    if (fs::is_regular_file(version / "externalconf")) CHECK(registry.published("V6/externalconf") == external);
    CHECK(fs::exists(version / former.folder / "shared-params.xml"));
    CHECK_FALSE(fs::exists(version / folder_name(*parse_rfc3339("2026-05-05T05:05:05Z"))));
}

TEST_CASE("GC-40: validity is 600 seconds and the interval 60 unless the state says otherwise") {
    CHECK(sample_state().publication.valid == std::chrono::seconds(600));
    CHECK(sample_state().publication.every == std::chrono::seconds(60));
    SampleRegistry registry;
    auto state = sample_state();
    state.publication.valid = std::chrono::seconds(50);
    state.publication.every = std::chrono::seconds(5);
    registry.decide_for(state);
    const auto at = *parse_rfc3339("2026-03-01T10:00:00Z");
    CHECK(registry.publish(at).expires == at + std::chrono::seconds(50));
    CHECK(must(registry::read_directory(registry.published("V6/internalconf"))).expires ==
          at + std::chrono::seconds(50));
}

TEST_CASE("what lies there now is told from the disk") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    Publisher publisher(registry.place.published());
    CHECK_FALSE(must(publisher.current()));
    const auto published = registry.publish(*parse_rfc3339("2026-03-01T10:00:00.123Z"));
    const auto current = must(publisher.current());
    REQUIRE(current);
    CHECK(current->folder == published.folder);
    CHECK(current->at == published.at);
    CHECK(current->expires == *parse_rfc3339("2026-03-01T10:10:00Z"));
}

TEST_CASE("a folder is named by time, 23 digits, and two of one instant differ") {
    const auto at = *parse_rfc3339("2026-01-01T12:00:00.007Z");
    CHECK(folder_name(at) == "20260101120000007000000");
    CHECK(folder_name(at, 1) == "20260101120000007000001");
    SampleRegistry registry;
    registry.decide_for(sample_state());
    CHECK(registry.publish(at).folder != registry.publish(at).folder);
}

TEST_CASE("two processes that publish at once do so one after the other") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    std::vector<std::thread> publishers;
    std::atomic<int> published = 0;
    for (int i = 0; i < 3; ++i)
        publishers.emplace_back([&] {
            auto database = must(open_registry(registry.place));
            KeyRing ring(registry.place.secret());
            if (publish_state(database, registry.place, ring, Clock::system().now())) ++published;
        });
    for (auto& publisher : publishers) publisher.join();
    CHECK(published == 3);
    check_directory(registry, registry.published("V6/internalconf"), Purpose::internal,
                    {"PRIVATE-PARAMETERS", "SHARED-PARAMETERS"});
    CHECK(folders(registry).size() == 3);
}
