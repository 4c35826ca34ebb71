// Signatures of recorded messages: our verdict beside the genuine one, in both modes.
#include "certs/container/asic.hpp"
#include "certs/container/message_facts.hpp"
#include "certs/signature/verify.hpp"

#include "schemas/message/http_head.hpp"
#include "schemas/message/mime.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

using namespace onceway;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// The parts of a multipart in order, nested ones flattened: content type and octets.
struct Part {
    std::string type;
    Octets octets;
};

class Collector : public message::MimeSink {
public:
    explicit Collector(std::vector<Part>& parts) : parts_(parts) {}
    Result<void> part_begins(const message::Fields& headers) override {
        current_ = {std::string(message::field(headers, "content-type").value_or("")), {}};
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        current_.octets += octets;
        return {};
    }
    Result<void> part_ends() override;

private:
    std::vector<Part>& parts_;
    Part current_;
};

Result<void> split(const std::string& content_type, OctetsView body, std::vector<Part>& parts) {
    auto boundary = message::boundary_of(content_type);
    if (!boundary) return boundary.error();
    Collector collector(parts);
    message::MimeReader reader(*boundary, message::MimeRules::configuration, collector);
    if (auto fed = reader.feed(body); !fed) return fed;
    return reader.end();
}

Result<void> Collector::part_ends() {
    if (current_.type.starts_with("multipart/")) return split(current_.type, current_.octets, parts_);
    parts_.push_back(std::move(current_));
    return {};
}

/// A message taken apart; what has no signature, or cannot be read as far as that, is none.
struct Recorded {
    std::vector<Part> parts;
    std::vector<const Part*> attachments;
    const Part* message = nullptr;
    const Part* result = nullptr;
    const Part* chain = nullptr;
    const Part* signature = nullptr;
    std::string digest_name;
};

std::optional<std::string> head_field(const std::string& head, std::string_view name) {
    std::size_t at = 0;
    while (at < head.size()) {
        const auto end = std::min(head.find("\r\n", at), head.size());
        const std::string_view line = std::string_view(head).substr(at, end - at);
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && same_ignoring_case(line.substr(0, colon), name))
            return std::string(line.substr(std::min(line.size(), colon + 2)));
        at = end + 2;
    }
    return std::nullopt;
}

std::optional<Recorded> take_apart(const fs::path& folder, const std::string& which) {
    const std::string http = tests::contents_of(folder / (which + "-proxy.http"));
    const std::string head = http.substr(0, http.find("\r\n\r\n"));
    const std::string body = tests::contents_of(folder / (which + "-proxy.body"));
    const auto type = head_field(head, "content-type");
    auto recorded = std::make_optional<Recorded>();
    if (body.empty() || !type || !split(*type, body, recorded->parts)) return std::nullopt;
    recorded->digest_name = head_field(head, "x-hash-algorithm").value_or("");
    for (const Part& part : recorded->parts) {
        if (part.type == "application/ocsp-response") continue;
        if (!recorded->message)
            recorded->message = &part;
        else if (part.type == "application/hash-chain-result")
            recorded->result = &part;
        else if (part.type == "application/hash-chain")
            recorded->chain = &part;
        else if (part.type == "signature/bdoc-1.0/ts")
            recorded->signature = &part;
        else
            recorded->attachments.push_back(&part);
    }
    if (!recorded->message || !recorded->signature) return std::nullopt;
    return recorded;
}

std::string verdict_on(const Recorded& recorded, const x509::Trust& trust, Instant at, signature::Mode mode) {
    const auto facts = container::read_message_facts(recorded.message->octets);
    if (!facts || !facts->signer()) return "unreadable";
    signature::Question question{facts->signer()->member(), {}, recorded.signature->octets, std::nullopt, std::nullopt};
    const bool usual = recorded.digest_name == "SHA-512";
    const auto digest = [&](const Octets& octets) { return usual ? keys::sha512(octets) : Octets(); };
    question.parts.push_back({"/message.xml", digest(recorded.message->octets), recorded.message->octets});
    for (const Part* part : recorded.attachments)
        question.parts.push_back({fmt::format("/attachment{}", question.parts.size()), digest(part->octets)});
    if (recorded.result) question.chain_result = recorded.result->octets;
    if (recorded.chain) question.chain = recorded.chain->octets;
    const auto verified = signature::verify(question, trust, at, mode);
    return verified ? "accepted" : "signature_verification." + verified.error().wire_code();
}

/// Where strict mode refuses what genuine servers accept, or says more precisely why, and the rule behind it.
struct Difference {
    const char* code;
    const char* rule;
};
const std::map<std::string, Difference> differences{
    {"neg-request-body-added",
     {"malformed_signature.hashchain_unused_inputs", "rulings: part that no signature covers"}},
    {"neg-request-post-body-added",
     {"malformed_signature.hashchain_unused_inputs", "rulings: part that no signature covers"}},
    {"neg-request-signed-direct-body-only",
     {"malformed_signature.hashchain_unused_inputs", "rulings: part that no signature covers"}},
    {"neg-request-judged-1-day-earlier",
     {"invalid_cert_path.incorrect_validation_info", "rulings: thisUpdate in the future"}},
    {"neg-request-ocsp-value-this-update-in-5-minutes",
     {"invalid_cert_path.incorrect_validation_info", "rulings: thisUpdate in the future"}},
    {"neg-request-ocsp-value-sha1-signature",
     {"invalid_cert_path.incorrect_validation_info", "rulings: signatures made with SHA-1"}},
    {"neg-request-ocsp-value-trailing-octets",
     {"invalid_cert_path.incorrect_validation_info", "rulings: octets behind an OCSP answer"}},
    {"neg-request-ocsp-value-two-singles-revoked-second",
     {"invalid_cert_path.incorrect_validation_info", "rulings: second OCSP answer"}},
    {"neg-request-ocsp-value-two-singles-target-first",
     {"invalid_cert_path.incorrect_validation_info", "rulings: second OCSP answer"}},
    {"neg-request-ocsp-values-good-revoked",
     {"invalid_cert_path.incorrect_validation_info", "rulings: second OCSP answer"}},
    {"neg-request-signature-doctype", {"invalid_xml", "threats row 2: DOCTYPE"}},
    {"neg-request-signature-text-before", {"malformed_signature", "message-transport 4.3.2 a: first child node"}},
    {"neg-request-signed-certificate-digest-wrong", {"malformed_signature", "rulings: wrong certificate digest"}},
    {"neg-request-signed-certificate-serial-wrong", {"malformed_signature", "rulings: wrong certificate digest"}},
    {"neg-request-signed-signing-certificate-missing", {"malformed_signature", "message-log 5.7: SigningCertificate"}},
    {"neg-request-signed-no-signed-properties-reference",
     {"malformed_signature", "rulings: missing SignedProperties reference"}},
    {"neg-request-signed-policy-missing", {"malformed_signature", "note of the vector: no signature policy"}},
    {"neg-request-signed-signing-time-2030", {"malformed_signature", "note of the vector: signing time ahead"}},
    {"neg-request-signed-signing-time-missing", {"malformed_signature", "note of the vector: no signing time"}},
    {"neg-request-signed-ecdsa-padded", {"invalid_signature_value", "threats row 15: r or s longer than the field"}},
    {"neg-request-signed-certificate-authentication-only-ca",
     {"internal_error", "rulings: authority for authentication only"}},
    {"neg-request-hash-chain-self-reference",
     {"malformed_signature.invalid_hash_chain", "the genuine verifier has no verdict: its stack overflows"}},
};
/// What compatible mode cannot say as a genuine verifier does.
const std::map<std::string, Difference> limits_of_compatible{
    {"neg-request-signature-doctype", {"invalid_xml", "no document with a DOCTYPE is ever parsed"}},
    {"neg-request-ocsp-value-sha1-signature",
     {"invalid_cert_path.incorrect_validation_info", "SHA-1 signatures are not verified at all"}},
    {"neg-request-signed-ecdsa-padded", {"invalid_signature_value", "halves longer than the field are not verified"}},
    {"neg-request-hash-chain-self-reference", {"malformed_signature.invalid_hash_chain", "no stack overflows"}},
};

std::string expected_of(const std::string& name, const std::string& genuine,
                        const std::map<std::string, Difference>& table) {
    const auto found = table.find(name);
    return found == table.end() ? genuine : std::string("signature_verification.") + found->second.code;
}

/// Verdicts that are about the signature; what the reader or the TLS certificate decides is tested elsewhere.
bool is_about_signature(const std::string& genuine) {
    return genuine == "accepted" || genuine == "internal error" || genuine.starts_with("signature_verification.");
}

}  // namespace

TEST_CASE(
    "every recorded signature gets the genuine verdict in compatible mode, and the strict one where a rule asks for "
    "it") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    std::map<std::string, std::shared_ptr<const x509::Trust>> trusts;
    int messages = 0, passed_over = 0;
    for (const auto room : {"exchanges", "negative", "other-configuration"})
        for (const auto& folder : fs::directory_iterator(*vectors / room)) {
            const std::string name = folder.path().filename();
            const json::value parsed = json::parse(tests::contents_of(folder.path() / "exchange.json"));
            const auto& about = parsed.as_object();
            const auto* verdicts = about.if_contains("messageVerdict");
            if (!verdicts || !verdicts->is_object()) continue;
            const auto* configured = about.if_contains("globalConfiguration");
            const std::string configuration = configured ? std::string(configured->as_string()) : "trust/globalconf";
            auto& trust = trusts[configuration];
            if (!trust) {
                const fs::path here = folder.path() / configuration, there = *vectors / configuration;
                auto loaded = container::load_verification_conf(fs::exists(here) ? here : there);
                REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().detail));
                trust = *loaded;
            }
            const Instant at = *parse_rfc3339(about.at("judgeTime").as_string());
            for (const std::string which : {"request", "response"}) {
                const auto* verdict = verdicts->as_object().if_contains(which);
                if (!verdict || !is_about_signature(std::string(verdict->as_string()))) continue;
                const std::string genuine(verdict->as_string());
                const auto recorded = take_apart(folder.path(), which);
                const auto facts = recorded ? container::read_message_facts(recorded->message->octets)
                                            : Result<container::MessageFacts>(Fault{});
                if (!recorded || !facts || !facts->signer()) {
                    ++passed_over;
                    continue;
                }
                ++messages;
                CAPTURE(name);
                CAPTURE(which);
                const bool altered = room == std::string("exchanges") || name.starts_with("neg-" + which);
                const auto& strictly = altered ? differences : std::map<std::string, Difference>{};
                const auto& compatibly = altered ? limits_of_compatible : std::map<std::string, Difference>{};
                CHECK(verdict_on(*recorded, *trust, at, signature::Mode::compatible) ==
                      expected_of(name, genuine, compatibly));
                CHECK(verdict_on(*recorded, *trust, at, signature::Mode::strict) ==
                      expected_of(name, genuine, strictly));
            }
        }
    MESSAGE("signatures: ", messages, " judged in both modes, ", passed_over, " passed over");
    CHECK(messages > 0);
}
