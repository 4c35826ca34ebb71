// The global configuration: the anchor, every place that hands it out, and what is in force.
#include "security-server/doctor/blame.hpp"
#include "security-server/doctor/checks.hpp"
#include "security-server/registry-view/download.hpp"

#include "security-server/admin/waited.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace onceway::doctor {
namespace {

constexpr auto group = Group::configuration;

std::int64_t seconds_left(Instant now, Instant end) {
    return std::chrono::duration_cast<std::chrono::seconds>(end - now).count();
}

Finding anchor_finding(const Patient& patient) {
    const auto file = patient.file.anchor.string();
    if (patient.no_anchor)
        return failed(
            group, "anchor", file, patient.no_anchor->detail, Turn::here,
            "Get the current anchor from the registry's operator, compare its hash by another way than it came, "
            "and take it with `onceway-server anchor`.");
    return ok(group, "anchor", file, fmt::format("Of {}; SHA-224 {}.", patient.anchor->instance, patient.anchor_hash));
}

/// What a wrong answer of the registry means.
Blame blame_answer(const Fault& fault, const Asked& asked) {
    switch (fault.code) {
        case FaultCode::global_conf_outdated:
            return {Turn::registry,
                    "Have the registry publish again: `onceway-registry status` there says what keeps it "
                    "from it. If the clock below is wrong, it is this machine's fault instead."};
        case FaultCode::global_conf_missing_verification_cert:
        case FaultCode::global_conf_foreign_instance:
            return {Turn::here,
                    "The anchor does not fit what the registry signs. Get its current anchor, compare the "
                    "hash, and take it with `onceway-server anchor`."};
        case FaultCode::global_conf_rolled_back:
            return {Turn::registry,
                    "It hands out an older configuration than before. Ask whether it was restored from a "
                    "backup; if so, accept it once with `onceway-server anchor --accept-older`."};
        case FaultCode::network_error:
        case FaultCode::timed_out:
        case FaultCode::unknown_host:
            return blame(fault, asked);
        default:
            return {Turn::registry,
                    "What was handed out does not verify, so it is not used. Show the sentence above to the "
                    "registry's operator."};
    }
}

/// The directory of one place, and its parts where they are other ones than those that are stored.
Result<registry_view::Configuration> download(const Patient& patient, const registry_view::Candidate& candidate,
                                              Asker& asker) {
    std::optional<registry_view::Previous> previous;
    if (patient.stored) previous = registry_view::Previous{patient.stored->expires, patient.stored->version};
    registry_view::Downloader downloader(asker.fetch(), patient.file.tls_roots);
    const auto directory = admin::waited(
        downloader.directory(candidate, patient.anchor->instance, std::nullopt, patient.clock.now(), previous));
    if (!directory) return directory.error();
    std::map<std::string, Octets> parts;
    for (const auto& listed : directory->directory.parts) {
        auto known = registry_view::Store(patient.file.configuration()).part(listed);
        auto octets =
            known ? Result<Octets>(std::move(*known)) : admin::waited(downloader.part(directory->location, listed));
        if (!octets) return octets.error();
        parts.emplace(listed.location, std::move(*octets));
    }
    return registry_view::verify_parts(directory->directory, patient.anchor->instance, std::move(parts));
}

Outcome examine_source(const Patient& patient, const registry_view::Candidate& candidate) {
    Asker asker(patient.clock);
    const auto url = channel::Url::parse(candidate.url);
    const Asked asked{"the registry", Turn::registry, url ? fmt::format("{}:{}", url->host, url->port) : candidate.url};
    auto had = download(patient, candidate, asker);
    Outcome outcome;
    outcome.clocks = asker.clocks();
    if (had) {
        const auto left = seconds_left(patient.clock.now(), had->expires);
        outcome.findings.push_back(ok(group, "source", candidate.url,
                                      fmt::format("It verifies: version {}, expires {} ({} s left).", had->version,
                                                  rfc3339_seconds(had->expires), left)));
        outcome.configuration = std::make_shared<const registry_view::Configuration>(std::move(*had));
        return outcome;
    }
    const auto turn = blame_answer(had.error(), asked);
    // The octets are signed: plain http serves as well, so a certificate that nobody vouches for stops nothing.
    if (url && url->tls && had.error().code != FaultCode::global_conf_outdated)
        outcome.findings.push_back(
            ok(group, "source", candidate.url, "Not used, the plain address serves: " + had.error().detail));
    else
        outcome.findings.push_back(failed(group, "source", candidate.url, had.error().detail, turn.turn, turn.next));
    return outcome;
}

std::string refresh_trouble(const Patient& patient) {
    return admin::text_in(section(patient.status, "configuration"), "trouble");
}

}  // namespace

Checks configuration_checks(const PatientPtr& patient) {
    Checks checks;
    checks.push_back(check(unknown(group, "anchor", "", "It was not read in time.", "Look at the disk."),
                           [patient] { return anchor_finding(*patient); }));
    if (!patient->anchor) return checks;
    std::mt19937 random{std::random_device{}()};
    auto places =
        registry_view::candidates(*patient->anchor, patient->stored ? &patient->stored->shared : nullptr, random);
    std::ranges::sort(places, {}, &registry_view::Candidate::url);
    // One address under two lists of certificates is one place for people.
    const auto again = std::ranges::unique(places, {}, &registry_view::Candidate::url);
    places.erase(again.begin(), again.end());
    for (const auto& place : places)
        checks.push_back(
            {failed(group, "source", place.url, "It did not hand out everything in time.", Turn::network,
                    "See whether the way to it is slow, and ask the registry's operator whether it is busy."),
             [patient, place] { return examine_source(*patient, place); }});
    return checks;
}

Finding configuration_in_force(const Patient& patient, const registry_view::Configuration* fresh) {
    const auto now = patient.clock.now();
    if (patient.running) {
        const auto& told = section(patient.status, "configuration");
        const auto expires = admin::text_in(told, "expires");
        if (!is_true(told, "valid"))
            return failed(
                group, "in_force", "",
                expires.empty() ? "The running server has none." : "The running server's expired at " + expires + ".",
                fresh ? Turn::here : Turn::registry,
                fresh ? "It was handed out just now, so the server will have it within its refresh interval; if "
                        "not, look for `configuration.refresh_failed` in its log."
                      : "No message flows until a place above hands out a new one: mend what failed there.");
        const auto trouble = refresh_trouble(patient);
        const auto found = fmt::format("Version {}, expires {} ({} s left).", number_in(told, "version"), expires,
                                       number_in(told, "seconds_left"));
        if (!trouble.empty() && !fresh)
            return warning(group, "in_force", "", found + " The last download failed.", Turn::registry,
                           "Messages flow until then. Mend what failed above before it expires.");
        return ok(group, "in_force", "", found);
    }
    if (fresh) return ok(group, "in_force", "", "The one that was handed out just now will be in force at the start.");
    if (patient.no_stored)
        return failed(group, "in_force", "", patient.no_stored->detail, Turn::here,
                      "It is replaced by the next download: mend what failed above.");
    if (!patient.stored)
        return failed(group, "in_force", "", "There is none yet, and none can be had.", Turn::registry,
                      "Mend what failed above: without one the server starts, but carries nothing.");
    if (patient.stored->expires < now)
        return failed(group, "in_force", "",
                      "The stored one expired at " + rfc3339_seconds(patient.stored->expires) + ".", Turn::registry,
                      "Mend what failed above: with this one the server starts, but carries nothing.");
    return warning(
        group, "in_force", "",
        fmt::format("The stored one expires {}, and no other can be had.", rfc3339_seconds(patient.stored->expires)),
        Turn::registry, "Mend what failed above before that.");
}

}  // namespace onceway::doctor
