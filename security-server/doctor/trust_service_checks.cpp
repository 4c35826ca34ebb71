// Trust services, asked now: an OCSP answer about each of our certificates, a time-stamp on nothing in particular.
#include "certs/keys/digest.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/base/limits.hpp"
#include "security-server/admin/key_picture.hpp"
#include "security-server/doctor/blame.hpp"
#include "security-server/doctor/checks.hpp"
#include "security-server/records/stamp_authorities.hpp"
#include "security-server/registry-view/download.hpp"

#include <fmt/format.h>

#include <set>

namespace onceway::doctor {
namespace {

std::string host_of(const std::string& address) {
    const auto url = channel::Url::parse(address);
    return url ? fmt::format("{}:{}", url->host, url->port) : address;
}

/// Posts a question and gives the whole answer.
Result<Octets> post(Asker& asker, const std::string& address, std::string_view type, Octets question, std::size_t most,
                    const std::filesystem::path& roots) {
    channel::FetchRequest request;
    const auto url = channel::Url::parse(address);
    if (!url) return url.error();
    if (url->tls) {
        auto tls = channel::TlsContext::verified_client(registry_view::read_roots(roots), url->host);
        if (!tls) return tls.error();
        request.tls = std::move(*tls);
    }
    request.method = "POST";
    request.url = *url;
    request.fields = {{"Content-Type", std::string(type)}};
    request.body = std::move(question);
    request.most = most;
    auto answer = asker.ask(std::move(request));
    if (!answer) return answer.error();
    if (answer->status != 200)
        return fault(FaultCode::http_error, fmt::format("It answered with status {}.", answer->status));
    return std::move(answer->body);
}

// --- OCSP ---

/// A certificate of ours and one responder that speaks for its issuer.
struct OcspQuestion {
    x509::Certificate certificate;
    const x509::Authority* issuer;
    std::string url;

    std::string about() const { return certificate.subject() + " at " + url; }
};

Finding revoked(const OcspQuestion& question, x509::Revocation status) {
    if (status == x509::Revocation::revoked)
        return failed(
            Group::ocsp, "ocsp", question.about(), "The authority has revoked this certificate.", Turn::here,
            "Make a new key and have it certified; ask the authority why, if you did not ask for it yourself.");
    return failed(Group::ocsp, "ocsp", question.about(), "The responder does not know this certificate.",
                  Turn::authority, "Have the authority see why its responder does not know what it issued.");
}

Finding ask_responder(const Patient& patient, const registry_view::Snapshot& snapshot, const OcspQuestion& question,
                      Asker& asker) {
    const Asked asked{"the OCSP responder", Turn::authority, host_of(question.url)};
    const auto refuse = [&](const Fault& why) {
        const auto turn = blame(why, asked);
        return failed(Group::ocsp, "ocsp", question.about(), why.detail, turn.turn,
                      turn.next + " Messages flow while the answers that the server holds are fresh.");
    };
    auto response = post(asker, question.url, "application/ocsp-request",
                         x509::write_ocsp_request(question.certificate, question.issuer->certificate),
                         limits::ocsp_answer_octets, patient.file.tls_roots);
    if (!response) return refuse(response.error());
    const x509::OcspRules rules{snapshot.trust->ocsp_freshness_seconds(),
                                snapshot.trust->optional().verify_next_update};
    const auto verdict = x509::judge_ocsp(*response, question.certificate, question.issuer->certificate,
                                          question.issuer->responders, patient.clock.now(), rules);
    if (!verdict) return refuse(verdict.error());
    if (verdict->status != x509::Revocation::good) return revoked(question, verdict->status);
    const auto age =
        std::chrono::duration_cast<std::chrono::seconds>(patient.clock.now() - verdict->this_update).count();
    return ok(Group::ocsp, "ocsp", question.about(),
              fmt::format("Good, {} s old, signed by {}.", age, verdict->responder.subject()));
}

void add_ocsp(const PatientPtr& patient, const SnapshotPtr& snapshot, OcspQuestion question, Checks& checks) {
    auto late = failed(Group::ocsp, "ocsp", question.about(), "It did not answer in time.", Turn::authority,
                       "Ask the authority whether its responder is overloaded.");
    checks.push_back({std::move(late), [patient, snapshot, question = std::move(question)] {
                          Asker asker(patient->clock);
                          auto finding = ask_responder(*patient, *snapshot, question, asker);
                          return Outcome{{std::move(finding)}, asker.clocks(), nullptr};
                      }});
}

// --- time-stamps ---

Finding ask_authority(const Patient& patient, const registry_view::Snapshot& snapshot, const std::string& url,
                      Asker& asker) {
    const Asked asked{"the time-stamping authority", Turn::authority, host_of(url)};
    const auto question = timestamp::Question::about(keys::sha512(random_letters(32)));
    const auto before = patient.clock.now();
    auto answer = post(asker, url, "application/timestamp-query", question.der(), limits::timestamp_answer_octets,
                       patient.file.tls_roots);
    const auto after = patient.clock.now();
    auto token =
        answer ? question.judge(*answer, snapshot.trust->time_stampers()) : Result<timestamp::Token>(answer.error());
    if (!token) {
        const auto turn = blame(token.error(), asked);
        return failed(Group::time_stamping, "time_stamp", url, token.error().detail, turn.turn,
                      turn.next + " Messages flow until the acceptable period ends (server.toml, [time_stamping]).");
    }
    // Signed, and to the second at least: the best witness of the time that we have.
    const auto ours = before + (after - before) / 2;
    asker.note(
        {host_of(url) + " (signed)", ours - token->at, std::chrono::milliseconds(1'000) + (after - before) / 2, after});
    return ok(Group::time_stamping, "time_stamp", url,
              fmt::format("It stamped a random imprint in {} ms, signed by {}.", (after - before).count(),
                          token->signer.subject()));
}

}  // namespace

Checks ocsp_checks(const PatientPtr& patient, const SnapshotPtr& snapshot) {
    Checks checks;
    const auto token = keys::SoftwareToken::open(patient->file.keys());
    if (!token) return checks;
    const auto& trust = *snapshot->trust;
    const auto picture = admin::draw_picture(*token, patient->file.id, snapshot->trust, patient->clock.now());
    for (const auto& certificate : picture->in_use(patient->clock.now())) {
        const auto* issuer = trust.issuer_of(certificate, trust.own_instance());
        if (!issuer) continue;  // told among the keys
        std::set<std::string> urls(issuer->ocsp_urls.begin(), issuer->ocsp_urls.end());
        for (auto& url : certificate.ocsp_urls()) urls.insert(std::move(url));
        for (const auto& url : urls) add_ocsp(patient, snapshot, {certificate, issuer, url}, checks);
        if (urls.empty())
            checks.push_back(check({}, [subject = certificate.subject()] {
                return failed(Group::ocsp, "ocsp", subject,
                              "Neither the configuration nor the certificate names a responder.", Turn::registry,
                              "Have the registry name the authority's OCSP responder.");
            }));
    }
    return checks;
}

Checks time_stamping_checks(const PatientPtr& patient, const SnapshotPtr& snapshot) {
    const auto& trust = *snapshot->trust;
    const auto* own = trust.instance(trust.own_instance());
    const auto approved = own ? own->approved_tsas : std::vector<registry::ApprovedTsa>{};
    const auto& settings = patient->file.stamping;
    const auto urls = records::authorities_in_order(settings.authorities, approved, settings.preference);
    Checks checks;
    for (const auto& url : urls)
        checks.push_back({failed(Group::time_stamping, "time_stamp", url, "It did not answer in time.", Turn::authority,
                                 "Ask the authority whether it is overloaded."),
                          [patient, snapshot, url] {
                              Asker asker(patient->clock);
                              auto finding = ask_authority(*patient, *snapshot, url, asker);
                              return Outcome{{std::move(finding)}, asker.clocks(), nullptr};
                          }});
    if (urls.empty())
        checks.push_back(check({}, [] {
            return failed(Group::time_stamping, "time_stamp", "", "No authority is approved or selected.",
                          Turn::registry,
                          "Have the registry approve one, or look at [time_stamping] in server.toml: without one every "
                          "message is refused.");
        }));
    return checks;
}

}  // namespace onceway::doctor
