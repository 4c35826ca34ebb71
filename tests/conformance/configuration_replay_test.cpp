// Recorded global configurations: signed directories with their parts, directories as a server keeps them, single
// parts.
#include "schemas/registry/documents.hpp"
#include "security-server/registry-view/verification.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/recorded.hpp"

#include <algorithm>

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;

namespace {

/// What the recorded server gave for a location; nothing where it answered 404.
std::optional<Octets> served(const fs::path& folder, const json::value& one, const std::string& location) {
    auto path = location.substr(std::min(location.find("/V"), location.size()));
    auto file = folder / "files" / fs::path(location).filename();
    const auto named = [&](std::string_view table) -> std::string {
        const auto* found = one.as_object().if_contains(table);
        return found ? text_of(*found, path, text_of(*found, location)) : std::string();
    };
    if (const auto other = named("servedFrom"); !other.empty()) file = folder / other;
    const auto how = named("servedDifferently");
    if (how == "absent" || !fs::exists(file)) return std::nullopt;
    return contents_of(file) + (how.empty() ? "" : "<!-- changed -->");
}

void signed_configurations(const fs::path& folder) {
    for (const auto& one : cases_of(folder)) {
        const auto name = text_of(one, "name");
        const auto anchor =
            must(registry::read_anchor(contents_of(folder / text_of(one, "anchor", "configuration-anchor.xml"))));
        const auto at = must(parse_rfc3339("2027-01-01T00:00:00Z"));
        const auto body = contents_of(folder / text_of(one, "file"));
        const auto source = registry_view::source_of(anchor);
        const auto directory = registry_view::verify_directory(body, source, at, {});
        Verdict ours = replay::verdict_of(directory);
        if (directory) {
            std::map<std::string, Octets> parts;
            for (const auto& part : directory->parts)
                if (auto octets = served(folder, one, part.location)) parts.emplace(part.location, std::move(*octets));
            ours = replay::verdict_of(registry_view::verify(body, source, std::move(parts), at, {}));
        }
        const auto& codes = one.at("codes").as_array();
        Tally::all().judge("globalconf/" + folder.filename().string(), name, ours,
                           codes.empty() ? "accepted" : std::string(codes.front().as_string()));
    }
}

void signed_directories(const fs::path& folder) {
    const auto at = must(parse_rfc3339("2026-01-15T00:00:00Z"));
    for (const auto& one : cases_of(folder)) {
        const auto name = text_of(one, "name");
        const auto judged_with = [&](const std::string& certificate) {
            const registry_view::Source source{
                "EE", {must(x509::Certificate::from_pem_or_der(contents_of(folder / certificate))).der()}};
            return replay::verdict_of(
                registry_view::verify_directory(contents_of(folder / text_of(one, "file")), source, at, {}));
        };
        const auto expected = text_of(one, "testExpects");
        Tally::all().judge("globalconf/signed-source", name, judged_with(text_of(one, "verificationCertificate")),
                           expected.substr(0, expected.find(' ')));
        if (const auto other = text_of(one, "withOtherCertificate"); !other.empty())
            Tally::all().judge("globalconf/signed-source", name + ", another certificate", judged_with("producer.pem"),
                               other);
    }
}

/// One instance in the words of the recordings.
std::string summary(const registry::SharedParameters& shared) {
    std::string text =
        fmt::format("{}: {} members, {} servers, {} CAs, {} TSAs, {} groups, freshness {}", shared.instance,
                    shared.members.size(), shared.servers.size(), shared.approved_cas.size(),
                    shared.approved_tsas.size(), shared.groups.size(), shared.ocsp_freshness_seconds);
    for (const auto& server : shared.servers)
        text += fmt::format("; MEMBER:{}/{} @ {} clients {} authCerts {}", server.id.owner.url(), server.id.code,
                            server.address.empty() ? "null" : server.address, server.clients.size(),
                            server.auth_certificate_hashes.size());
    return text;
}
std::string summary(const json::value& recorded) {
    const auto number = [&](const char* name) { return recorded.at(name).to_number<std::int64_t>(); };
    std::string text =
        fmt::format("{}: {} members, {} servers, {} CAs, {} TSAs, {} groups, freshness {}",
                    text_of(recorded, "instance"), number("members"), number("securityServers"), number("approvedCAs"),
                    number("approvedTSAs"), number("globalGroups"), number("ocspFreshnessSeconds"));
    for (const auto& server : recorded.at("servers").as_array()) text += "; " + std::string(server.as_string());
    return text;
}

void kept_directories(const fs::path& folder) {
    for (const auto& one : cases_of(folder)) {
        const auto name = text_of(one, "name");
        const auto& genuine = one.at("genuineReads");
        const auto trust = container::load_verification_conf(folder / text_of(one, "directory"));
        const auto* instances = genuine.as_object().if_contains("instances");
        Tally::all().judge(
            "globalconf/source", name, replay::verdict_of(trust),
            instances ? "accepted"
            : text_of(genuine, "readiness").starts_with("FAILURE") || genuine.as_object().contains("error")
                ? "malformed_global_conf"
                : "accepted");
        if (!trust || !instances) continue;
        std::vector<std::string> ours, theirs;
        for (const auto& instance : (*trust)->instances()) ours.push_back(summary(instance));
        for (const auto& instance : instances->as_array()) theirs.push_back(summary(instance));
        std::ranges::sort(ours);
        std::ranges::sort(theirs);
        Tally::all().equal("globalconf/source: content", name, ours == theirs);
    }
}

void single_parts(const fs::path& folder) {
    for (const auto& one : cases_of(folder)) {
        const auto name = text_of(one, "name");
        const auto kind = "globalconf/parts";
        const auto octets = contents_of(folder / text_of(one, "file"));
        const auto theirs = text_of(one, "testExpects").starts_with("valid") ? "accepted" : "malformed_global_conf";
        registry::OptionalParameters into;
        if (name.find("fetchinterval") != std::string::npos)
            Tally::all().judge(kind, name, replay::verdict_of(registry::read_fetch_interval(octets, into)), theirs);
        else if (name.find("nextupdate") != std::string::npos)
            Tally::all().judge(kind, name, replay::verdict_of(registry::read_next_update(octets, into)), theirs);
        else
            Tally::all().waits(kind, "operational monitoring");
    }
}

}  // namespace

TEST_CASE("recorded configurations get the verdict of genuine software") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    const auto place = *folder / "globalconf";
    for (const auto* each : {"signed", "signed-more"}) signed_configurations(place / each);
    signed_directories(place / "signed-source");
    kept_directories(place / "source");
    single_parts(place / "parts");
    if (fs::exists(place / "signed")) CHECK(Tally::all().ran("globalconf/signed") > 0);
}
