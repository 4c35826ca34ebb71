// Recorded messages with their signatures, taken apart for the tests of verifying.
#pragma once

#include "certs/container/asic.hpp"
#include "certs/container/message_facts.hpp"
#include "certs/signature/verify.hpp"
#include "schemas/message/http_head.hpp"
#include "schemas/message/mime.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onceway::tests::recorded {

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

inline Result<void> split(const std::string& content_type, OctetsView body, std::vector<Part>& parts) {
    auto boundary = message::boundary_of(content_type);
    if (!boundary) return boundary.error();
    Collector collector(parts);
    message::MimeReader reader(*boundary, message::MimeRules::configuration, collector);
    if (auto fed = reader.feed(body); !fed) return fed;
    return reader.end();
}

inline Result<void> Collector::part_ends() {
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

inline std::optional<std::string> head_field(const std::string& head, std::string_view name) {
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

inline std::optional<Recorded> take_apart(const std::filesystem::path& folder, const std::string& which) {
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

/// What a receiver asks about it; views into `message`. None when it names no signer.
inline std::optional<signature::Question> question_about(const Recorded& message) {
    const auto facts = container::read_message_facts(message.message->octets);
    if (!facts || !facts->signer()) return std::nullopt;
    signature::Question question{facts->signer()->member(), {}, message.signature->octets, std::nullopt, std::nullopt};
    const bool usual = message.digest_name == "SHA-512";
    const auto digest = [&](const Octets& octets) { return usual ? keys::sha512(octets) : Octets(); };
    question.parts.push_back({"/message.xml", digest(message.message->octets), message.message->octets});
    for (const Part* part : message.attachments)
        question.parts.push_back({fmt::format("/attachment{}", question.parts.size()), digest(part->octets), {}});
    if (message.result) question.chain_result = message.result->octets;
    if (message.chain) question.chain = message.chain->octets;
    return question;
}

/// One message of a recorded exchange, and when and under which configuration it was judged.
struct Judged {
    std::string room, name, which;  // "negative", "neg-request-…", "request"
    std::string genuine;            // verdict
    Recorded message;
    std::shared_ptr<const x509::Trust> trust;
    Instant at;
};

/// Verdicts that are about the signature; what the reader or the TLS certificate decides is tested elsewhere.
inline bool is_about_signature(const std::string& genuine) {
    return genuine == "accepted" || genuine == "internal error" || genuine.starts_with("signature_verification.");
}

/// Calls `each` with a `Judged` for every recorded message whose verdict is about its signature. Returns how many could
/// not be read as far as that.
template <class Each>
int for_each_judged(const std::filesystem::path& vectors, const Each& each) {
    std::map<std::string, std::shared_ptr<const x509::Trust>> trusts;
    int passed_over = 0;
    for (const std::string room : {"exchanges", "negative", "other-configuration"})
        for (const auto& folder : std::filesystem::directory_iterator(vectors / room)) {
            const boost::json::value parsed = boost::json::parse(contents_of(folder.path() / "exchange.json"));
            const auto& about = parsed.as_object();
            const auto* verdicts = about.if_contains("messageVerdict");
            if (!verdicts || !verdicts->is_object()) continue;
            const auto* configured = about.if_contains("globalConfiguration");
            const std::string configuration = configured ? std::string(configured->as_string()) : "trust/globalconf";
            auto& trust = trusts[configuration];
            const auto here = folder.path() / configuration, there = vectors / configuration;
            if (!trust) {
                auto loaded = container::load_verification_conf(std::filesystem::exists(here) ? here : there);
                if (!loaded) throw std::runtime_error(loaded.error().detail);
                trust = *loaded;
            }
            for (const std::string which : {"request", "response"}) {
                const auto* verdict = verdicts->as_object().if_contains(which);
                if (!verdict || !is_about_signature(std::string(verdict->as_string()))) continue;
                auto message = take_apart(folder.path(), which);
                if (message && question_about(*message))
                    each(Judged{room, folder.path().filename(), which, std::string(verdict->as_string()),
                                std::move(*message), trust, *parse_rfc3339(about.at("judgeTime").as_string())});
                else
                    ++passed_over;
            }
        }
    return passed_over;
}

}  // namespace onceway::tests::recorded
