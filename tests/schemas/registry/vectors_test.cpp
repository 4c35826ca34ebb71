// Every genuine configuration file of the recorded vectors, through our readers.
#include "schemas/registry/documents.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json.hpp>

#include <filesystem>

using namespace onceway;
using onceway::tests::contents_of;
using onceway::tests::vectors;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

int version_beside(const fs::path& part) {
    const auto metadata = part.string() + ".metadata";
    if (!fs::exists(metadata)) return 6;
    const auto value = json::parse(contents_of(metadata));
    const auto* version = value.as_object().if_contains("configurationVersion");
    return version == nullptr ? 2 : std::stoi(std::string(version->as_string()));
}

/// A server as the genuine reader printed it.
std::string printed(const registry::SecurityServer& server) {
    return fmt::format("{} @ {} clients {} authCerts {}", server.id.owner.text(),
                       server.address.empty() ? "null" : server.address, server.clients.size(),
                       server.auth_certificate_hashes.size());
}

std::string genuine_without_code(std::string_view text) {
    const auto at = text.find(" @ ");
    const auto slash = text.substr(0, at).rfind('/');
    return std::string(text.substr(0, slash)) + std::string(text.substr(at));
}

}  // namespace

TEST_CASE("stored configurations: each part reads as the genuine reader reads it") {
    const auto recordings = vectors();
    if (!recordings) return;
    const auto source = *recordings / "globalconf/source";
    int compared = 0;
    const auto cases = json::parse(contents_of(source / "cases.json"));
    for (const auto& entry : cases.as_array()) {
        const auto& one = entry.as_object();
        const auto& reads = one.at("genuineReads").as_object();
        if (!reads.contains("instances")) continue;
        for (const auto& item : reads.at("instances").as_array()) {
            const auto& expected = item.as_object();
            const std::string instance(expected.at("instance").as_string());
            const auto file = source / std::string(one.at("directory").as_string()) / instance / "shared-params.xml";
            CAPTURE(file.string());
            const auto shared = registry::read_shared_parameters(contents_of(file), version_beside(file));
            REQUIRE_MESSAGE(shared, shared.error().detail);
            CHECK(shared->instance == instance);
            CHECK(shared->members.size() == expected.at("members").as_int64());
            CHECK(shared->approved_cas.size() == expected.at("approvedCAs").as_int64());
            CHECK(shared->approved_tsas.size() == expected.at("approvedTSAs").as_int64());
            CHECK(shared->groups.size() == expected.at("globalGroups").as_int64());
            CHECK(shared->ocsp_freshness_seconds == expected.at("ocspFreshnessSeconds").as_int64());
            const auto& servers = expected.at("servers").as_array();
            REQUIRE(shared->servers.size() == servers.size());
            for (std::size_t i = 0; i < servers.size(); ++i)
                CHECK(printed(shared->servers[i]) == genuine_without_code(std::string_view(servers[i].as_string())));
            ++compared;
        }
    }
    MESSAGE("instances compared: " << compared);
    CHECK(compared > 10);
}

TEST_CASE("every genuine private and shared parameters file is read, and the malformed ones are refused") {
    const auto all = vectors();
    if (!all) return;
    int read = 0, refused = 0;
    for (const auto& entry : fs::recursive_directory_iterator(*all)) {
        const auto name = entry.path().filename();
        if (name != "private-params.xml" && name != "shared-params.xml") continue;
        CAPTURE(entry.path().string());
        const auto text = contents_of(entry.path());
        const int version = version_beside(entry.path());
        Result<void> outcome;
        if (name == "private-params.xml") {
            if (auto parts = registry::read_private_parameters(text, version); !parts) outcome = parts.error();
        } else {
            if (auto parts = registry::read_shared_parameters(text, version); !parts) outcome = parts.error();
        }
        if (entry.path().string().find("globalconf_malformed") != std::string::npos) {
            REQUIRE_FALSE(outcome);
            CHECK(outcome.error().code == FaultCode::malformed_global_conf);
            ++refused;
        } else {
            CHECK_MESSAGE(outcome, outcome.error().detail);
            ++read;
        }
    }
    MESSAGE("read: " << read << ", refused: " << refused);
    CHECK(read > 20);
}

TEST_CASE("optional parts of the genuine test suite") {
    const auto recordings = vectors();
    if (!recordings) return;
    const auto parts = *recordings / "globalconf/parts";
    const auto cases = json::parse(contents_of(parts / "cases.json"));
    for (const auto& entry : cases.as_array()) {
        const auto& one = entry.as_object();
        const std::string name(one.at("name").as_string());
        if (name.find("monitoring") != std::string::npos) continue;  // says who may monitor; no server of ours asks yet
        const auto text = contents_of(parts / std::string(one.at("file").as_string()));
        CAPTURE(name);
        registry::OptionalParameters into;
        const auto outcome = name.find("fetchinterval") != std::string::npos ? registry::read_fetch_interval(text, into)
                                                                             : registry::read_next_update(text, into);
        CHECK(outcome.has_value() == (std::string_view(one.at("testExpects").as_string()) != "schema violation"));
        if (name == "valid-fetchinterval-params") CHECK(into.ocsp_fetch_interval_seconds == 500);
        if (name == "empty-fetchinterval-params") CHECK(into.ocsp_fetch_interval_seconds == 1200);
        if (name == "valid-nextupdate-params") CHECK_FALSE(into.verify_next_update);
    }
}

TEST_CASE("signed directories are cut as the genuine client cuts them") {
    // The reader alone judges form; signature, digests and time are judged by whoever verifies.
    const auto recordings = vectors();
    if (!recordings) return;
    for (const char* where : {"globalconf/signed", "globalconf/signed-more", "globalconf/signed-source"}) {
        const auto at = *recordings / where;
        const auto cases = json::parse(contents_of(at / "cases.json"));
        for (const auto& entry : cases.as_array()) {
            const auto& one = entry.as_object();
            const std::string name(one.at("name").as_string());
            CAPTURE(name);
            const auto directory = registry::read_directory(contents_of(at / std::string(one.at("file").as_string())));
            struct {
                std::string_view name;
                FaultCode code;
            } const refused[] = {
                {"no-expire-date", FaultCode::global_conf_header_field_missing},
                {"instance-missing", FaultCode::global_conf_header_field_missing},
                {"unsigned-part-between", FaultCode::malformed_global_conf},
                {"test-conf-malformed", FaultCode::global_conf_missing_signed_data_expiration_date},
            };
            const auto expected =
                std::find_if(std::begin(refused), std::end(refused), [&](const auto& row) { return row.name == name; });
            if (expected != std::end(refused)) {
                REQUIRE_FALSE(directory);
                CHECK(directory.error().code == expected->code);
                continue;
            }
            REQUIRE_MESSAGE(directory, directory.error().detail);
            CHECK(directory->parts.size() >= 1);
            CHECK(directory->signed_octets.starts_with("--"));
            CHECK(directory->signature.empty() == (name == "test-conf-missing-signature"));
            CHECK(directory->version == (name == "version-missing" || name.starts_with("test-conf") ? 2
                                         : name == "version-4"                                      ? 4
                                         : name == "version-3"                                      ? 3
                                                                                                    : 6));
            for (const auto& part : directory->parts) {
                CHECK_FALSE(part.location.empty());
                CHECK(part.digest.size() >= 16);
            }
        }
    }
}

TEST_CASE("genuine anchors are read") {
    const auto all = vectors();
    if (!all) return;
    int read = 0;
    for (const auto& entry : fs::recursive_directory_iterator(*all)) {
        const auto name = entry.path().filename().string();
        if (name.find("anchor") == std::string::npos || entry.path().extension() != ".xml") continue;
        const auto anchor = registry::read_anchor(contents_of(entry.path()));
        CAPTURE(entry.path().string());
        REQUIRE_MESSAGE(anchor, anchor.error().detail);
        CHECK_FALSE(anchor->instance.empty());
        ++read;
    }
    CHECK(read >= 4);
}
