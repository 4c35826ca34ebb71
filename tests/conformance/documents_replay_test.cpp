// Everything recorded that is no exchange between servers and no configuration: containers, hash chains, certificates,
// access rights, the OCSP port.
#include "certs/container/asic.hpp"
#include "certs/container/loading.hpp"
#include "certs/signature/chain.hpp"
#include "certs/x509/ocsp.hpp"
#include "security-server/access/rights.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/run.hpp"

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;

namespace {

std::string before_colon(const std::string& text) { return text.substr(0, text.find(':')); }

// --- containers ---

Verdict verdict_of_container(const fs::path& file, const fs::path& configuration, signature::Mode mode) {
    const auto trust = container::load_verification_conf(configuration);
    if (!trust) return refused(trust.error());
    const auto verdict = container::verify_file(file, **trust, mode, std::nullopt);
    return verdict.verdict == "valid" ? accepted() : Verdict{verdict.code, verdict.reason};
}

Verdict verdict_of_loading(const fs::path& file) {
    const auto zip = container::ZipReader::open(file);
    if (!zip) return refused(zip.error());
    return replay::verdict_of(container::load(*zip, signature::Mode::compatible));
}

void containers(const fs::path& folder) {
    for (const auto& one : cases_of(folder)) {
        const auto name = text_of(one, "name");
        const auto theirs =
            before_colon(text_of(one, "verdict", text_of(one, "verifierPrinted", text_of(one, "testExpects"))));
        const auto configuration = text_of(one, "globalConfiguration");
        const auto file = folder / text_of(one, "file");
        const auto kind = "asic/" + folder.filename().string();
        if (configuration.empty()) {
            Tally::all().judge(kind + ", loaded", name, verdict_of_loading(file), theirs);
            continue;
        }
        for (const auto& [mode, words] :
             {std::pair{signature::Mode::compatible, ", compatible"}, {signature::Mode::strict, ", strict"}})
            Tally::all().judge(kind + words, name, verdict_of_container(file, folder / configuration, mode), theirs);
    }
}

// --- hash chains ---

constexpr std::string_view sha256_uri = "http://www.w3.org/2001/04/xmlenc#sha256";

void hash_chains(const fs::path& folder) {
    for (const auto& one : cases_of(folder)) {
        const auto name = text_of(one, "name");
        Octets chain;
        std::map<std::string, Octets> documents;
        for (const auto& [uri, file] : one.at("resources").as_object())
            documents.emplace(std::string(uri), contents_of(folder / std::string(file.as_string())));
        std::vector<signature::ChainInput> inputs;
        signature::ChainRules rules{"/hashchain.xml", {}, {}, signature::Mode::compatible};
        for (const auto& [uri, input] : one.at("inputs").as_object()) {
            rules.required.emplace_back(uri);
            if (input.is_null()) {
                inputs.push_back({std::string(uri), {}, {}, documents[std::string(uri)]});
                continue;
            }
            const std::string words(input.as_string());
            const auto last = words.substr(words.rfind(' ') + 1);
            inputs.push_back({std::string(uri),
                              std::string(sha256_uri),
                              words.find("value") != std::string::npos ? must(from_hex(last))
                                                                       : keys::sha256(contents_of(folder / last)),
                              {}});
        }
        const auto result = contents_of(folder / text_of(one, "result"));
        Tally::all().judge(
            "hashchain", name,
            replay::verdict_of(signature::follow_chain(result, documents["/hashchain.xml"], inputs, rules)),
            text_of(one, "testExpects"));
    }
}

// --- certificates ---

std::string usage(const Result<bool>& answer) { return answer ? (*answer ? "true" : "false") : "error"; }
std::string recorded_usage(const json::value& value) {
    return value.is_bool() ? (value.as_bool() ? "true" : "false") : "error";
}

void profiles(const fs::path& folder) {
    for (const auto& one : cases_of(folder)) {
        const auto name = text_of(one, "name"), signer = text_of(one, "expectedSigner");
        const auto certificate = must(x509::Certificate::from_der(contents_of(folder / text_of(one, "certificate"))));
        const auto first = signer.find('/'), second = signer.find('/', first + 1);
        const identity::MemberId expected{signer.substr(0, first), signer.substr(first + 1, second - first - 1),
                                          signer.substr(second + 1)};
        const auto member = x509::member_of(
            certificate, "ee.ria.xroad.common.certificateprofile.impl." + text_of(one, "profile"), expected);
        const auto* matches = one.as_object().if_contains("matchesExpectedSigner");
        const auto error = text_of(one, "error");
        // Accepted is what names the member that was expected.
        const auto theirs = !error.empty() ? (error.find("Illegal") != std::string::npos ? "internal_error" : error)
                            : matches && !matches->as_bool() ? "incorrect_certificate"
                                                             : "accepted";
        auto ours = replay::verdict_of(member);
        if (member && *member != expected) ours = {"incorrect_certificate", "it names " + member->text()};
        Tally::all().judge("certificates: member", name, ours, theirs);
        Tally::all().judge("certificates: for signing", name, {usage(certificate.is_signing()), {}},
                           recorded_usage(one.at("isSigningCertificate")));
        Tally::all().judge("certificates: for authentication", name, {usage(certificate.is_authentication()), {}},
                           recorded_usage(one.at("isAuthenticationCertificate")));
    }
}

// --- access rights ---

/// "I/C/M/S", "GLOBALGROUP:I/code" or "LOCALGROUP:code=client,client", whose group is given to `owner`.
access::Subject subject_of(const std::string& written, access::Client& owner) {
    using Kind = access::Subject::Kind;
    const auto slash = written.find('/'), equals = written.find('=');
    if (written.starts_with("GLOBALGROUP:"))
        return {Kind::global_group, {}, written.substr(12, slash - 12), written.substr(slash + 1)};
    if (!written.starts_with("LOCALGROUP:"))
        return {Kind::client, must(identity::ClientId::from_header(written)), {}, {}};
    access::LocalGroup group{written.substr(11, equals - 11), "", {}};
    for (auto rest = written.substr(equals + 1); !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        group.members.push_back(must(identity::ClientId::from_header(rest.substr(0, comma))));
        rest.erase(0, comma + 1);
    }
    owner.groups.push_back(group);
    return {Kind::local_group, {}, {}, group.code};
}

void access_rights(const fs::path& vectors) {
    if (!fs::exists(vectors / "access/cases.json")) return;
    const auto trust = must(container::load_verification_conf(vectors / "trust/globalconf"));
    const auto document = read_json(vectors / "access/cases.json");
    for (const auto& one : document.at("cases").as_array()) {
        access::Client owner;
        for (const auto& right : document.at("rights").at(text_of(one, "rights")).as_array())
            owner.rights.push_back({subject_of(text_of(right, "subject"), owner), "acc", text_of(right, "method"),
                                    text_of(right, "path")});
        const auto whole = text_of(one, "path");
        const auto path = access::ServicePath::read(whole.substr(0, whole.find('?')));
        Verdict ours = replay::verdict_of(path);
        if (path && !access::may_call(owner, must(identity::ClientId::from_header(text_of(one, "client"))), "acc",
                                      text_of(one, "method"), *path, *trust))
            ours = {"access_denied", "no right opens " + whole};
        auto theirs = text_of(one, "verdict");
        if (theirs == "allowed") theirs = "accepted";
        if (theirs.starts_with("server.serverproxy.")) theirs.erase(0, 19);
        Tally::all().judge("access", text_of(one, "name"), ours, theirs);
    }
}

// --- the OCSP port ---

struct Collected : message::MimeSink {
    std::vector<Octets> parts;
    Result<void> part_begins(const message::Fields&) override {
        parts.emplace_back();
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        parts.back() += octets;
        return {};
    }
    Result<void> part_ends() override { return {}; }
};

/// The recorded answers are about the certificates that were asked for, in order, and good at their time.
void ocsp_port(const fs::path& vectors) {
    const auto trust = must(container::load_verification_conf(vectors / "trust/globalconf"));
    std::map<std::string, x509::Certificate> known;
    for (const auto& entry : fs::directory_iterator(vectors / "trust/pki"))
        if (entry.path().extension() == ".der") {
            const auto certificate = must(x509::Certificate::from_der(contents_of(entry.path())));
            known.emplace(to_hex(certificate.sha1()), certificate);
        }
    for (const auto& folder : folders_in(vectors / "ocsp-port")) {
        const auto facts = read_json(folder / "exchange.json");
        const auto request = read_http(folder, "request-ocsp"), response = read_http(folder, "response-ocsp");
        if (!request || !response || response->start.find(" 200 ") == std::string::npos ||
            !request->start.starts_with("GET "))
            continue;
        const auto boundary = message::boundary_of(response->field("Content-Type"));
        Collected collected;
        if (boundary) {
            message::MimeReader reader(*boundary, message::MimeRules::configuration, collected);
            if (reader.feed(response->body)) (void)reader.end();
        }
        std::size_t asked = 0;
        for (auto at = request->start.find("cert="); at != std::string::npos;
             at = request->start.find("cert=", at + 5), ++asked) {
            const auto about = known.find(to_lower(request->start.substr(at + 5, 40)));
            REQUIRE(about != known.end());
            const auto* issuer = trust->issuer_of(about->second, "VEC");
            REQUIRE(issuer != nullptr);
            const auto answer = asked < collected.parts.size() ? collected.parts[asked] : Octets();
            const auto judged = x509::judge_ocsp(answer, about->second, issuer->certificate, issuer->responders,
                                                 must(parse_rfc3339(text_of(facts, "judgeTime"))),
                                                 {trust->ocsp_freshness_seconds(), true});
            Tally::all().judge("ocsp-port", folder.filename().string() + ", part " + std::to_string(asked + 1),
                               judged && judged->status != x509::Revocation::good ? Verdict{"not good", {}}
                                                                                  : replay::verdict_of(judged),
                               "accepted");
        }
        Tally::all().equal("ocsp-port: number of parts", folder.filename().string(), collected.parts.size() == asked);
    }
}

}  // namespace

TEST_CASE("recorded containers, chains, certificates, rights and OCSP answers get the recorded verdict") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    for (const auto& each : folders_in(*folder / "asic")) containers(each);
    hash_chains(*folder / "hashchain");
    profiles(*folder / "certificates/profiles");
    access_rights(*folder);
    ocsp_port(*folder);
    if (fs::exists(*folder / "asic/recorded")) CHECK(Tally::all().ran("asic/recorded, strict") > 0);
}
