#include "certs/container/judging.hpp"

#include "certs/container/manifest.hpp"
#include "certs/signature/names.hpp"
#include "certs/signature/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::container {
namespace {

using signature::Mode;
using signature::Reading;

constexpr std::string_view stamped_signature = "/META-INF/signatures.xml";

Fault malformed(std::string detail) { return fault(FaultCode::malformed_signature, std::move(detail)); }

/// Every entry but attachments, as a chain names them.
std::vector<signature::ChainInput> chain_inputs(const Loaded& loaded) {
    std::vector<signature::ChainInput> inputs;
    for (const auto& [name, octets] : loaded.texts) inputs.push_back({"/" + name, {}, {}, OctetsView(octets)});
    return inputs;
}

}  // namespace

Judging::Judging(const x509::Trust& trust, Mode mode, std::optional<Instant> at) : trust_(trust), mode_(mode), at_(at) {
    verdict_.mode = mode == Mode::strict ? "strict" : "compatible";
    for (const auto name : check_names) verdict_.checks.push_back({name, "not_done", {}});
}

void Judging::pass(std::string_view check, std::string detail) {
    for (Check& each : verdict_.checks)
        if (each.name == check) each = {each.name, "pass", std::move(detail)};
}

Fault Judging::fail(std::string_view check, Fault fault) {
    for (Check& each : verdict_.checks)
        if (each.name == check) each = {each.name, "fail", fault.detail};
    return fault;
}

Verdict Judging::refused(const Fault& fault) {
    const bool unreadable = fault.code == FaultCode::io_error;  // says nothing about the container
    if (!unreadable) fail("container", fault);
    verdict_.verdict = unreadable ? "unknown" : "invalid";
    verdict_.code = fault.wire_code();
    verdict_.reason = fault.detail;
    return verdict_;
}

Verdict Judging::run(const ZipReader& zip) {
    const auto outcome = judge(zip);
    verdict_.verdict = outcome ? "valid" : "invalid";
    if (!outcome) {
        verdict_.code = outcome.error().wire_code();
        verdict_.reason = outcome.error().detail;
    }
    return std::move(verdict_);
}

Result<void> Judging::judge(const ZipReader& zip) {
    // 0. to 8. The entries.
    auto loaded = load(zip, mode_);
    if (!loaded) {
        for (const ZipEntry& entry : zip.entries()) verdict_.entries.push_back({entry.name, false, std::nullopt});
        return fail("container", loaded.error());
    }
    loaded_ = std::move(*loaded);
    const bool known_comment = loaded_.comment.empty() || loaded_.comment == fmt::format("mimetype={}", container_type);
    if (strict() && !known_comment)
        return fail("container", fault(FaultCode::asic_malformed, "the archive has a comment that no container has"));
    for (const auto& name : loaded_.names) verdict_.entries.push_back({name, false, std::nullopt});

    // 9. One parse of the signature.
    auto reading = Reading::of(loaded_.text(signature_entry), mode_);
    if (!reading) return fail("container", reading.error());
    pass("container", fmt::format("{} entries, one signature", loaded_.names.size()));
    name_variant(*reading);

    // 10. and 11. Who should have signed, and that something of the message is signed at all.
    if (auto good = read_message(); !good) return good;
    if (!reading->refers_to(signature::message_name) && !reading->refers_to(signature::chain_result_name))
        return fail("references", malformed("the signature refers neither to the message nor to a hash chain result"));

    // 12. to 15. When: from here on everything is judged at the time of the time-stamp.
    if (auto good = judge_time_stamp(*reading); !good) return good;
    // 16. From the message to the signed hash chain result.
    if (auto good = judge_hash_chain(*reading); !good) return good;
    // 17. to 19. Who signed.
    if (auto good = judge_certificate(*reading); !good) return good;
    // 20. The value, and every reference.
    if (auto good = judge_core(*reading); !good) return good;
    // 22. to 25. Path and OCSP.
    if (auto good = judge_path(*reading); !good) return good;
    // What a genuine verifier leaves out.
    describe_entries(*reading);
    return judge_coverage(*reading);
}

Result<void> Judging::read_message() {
    auto facts = read_message_facts(loaded_.text(message_entry));
    if (!facts) return fail("message", facts.error());
    facts_ = std::move(*facts);
    verdict_.message_id = facts_.id;
    verdict_.message_kind = facts_.kind;
    verdict_.message_direction = facts_.direction;
    verdict_.client = facts_.client;
    verdict_.service = facts_.service;
    if (facts_.signer())
        pass("message",
             fmt::format("{} {}, to be signed by {}", facts_.kind, facts_.direction, facts_.signer()->text()));
    return {};
}

void Judging::name_variant(const Reading& reading) {
    const auto is_attachment = [](const signature::Reference& each) { return each.uri.starts_with("/attachment"); };
    const auto& references = reading.references();
    const bool several = std::any_of(references.begin(), references.end(), is_attachment);
    const bool chained = reading.refers_to(signature::chain_result_name), batch = loaded_.time_chain.has_value();
    verdict_.variant = several ? "V5" : fmt::format("V{}", 1 + (chained ? 1 : 0) + (batch ? 2 : 0));
}

// --- time-stamp

Result<Octets> Judging::stamped_data(const Reading& reading) const {
    if (!loaded_.time_chain) return reading.value();
    signature::ChainRules rules;
    rules.chain_name = "/ts-hashchain.xml";
    rules.required = {std::string(stamped_signature)};
    rules.mode = mode_;
    auto found =
        signature::follow_chain(loaded_.time_chain->result, loaded_.time_chain->chain, chain_inputs(loaded_), rules);
    if (!found)
        return malformed(
            fmt::format("the hash chain of the time-stamp: {} ({})", found.error().detail, found.error().wire_code()));
    return loaded_.time_chain->result;
}

Result<Octets> Judging::token(const Reading& reading) const {
    if (loaded_.token) return *loaded_.token;
    auto embedded = reading.embedded_token();
    if (embedded && strict() && loaded_.time_chain)
        return malformed("the container has the hash chain of a batch time-stamp, and only a token over the signature");
    return embedded;
}

Result<void> Judging::judge_time_stamp(const Reading& reading) {
    auto der = token(reading);
    if (!der) return fail("time_stamp", der.error());
    auto data = stamped_data(reading);
    if (!data) return fail("time_stamp", data.error());
    auto judged = timestamp::judge_token(*der, *data, trust_.time_stampers(), strict());
    if (!judged) return fail("time_stamp", judged.error());

    // A container with both forms has two times; each has to hold.
    if (strict() && loaded_.token)
        if (auto second = reading.embedded_token()) {
            auto also = timestamp::judge_token(*second, reading.value(), trust_.time_stampers(), true);
            if (!also) return fail("time_stamp", also.error());
        }
    verdict_.stamped_at = judged->at;
    verdict_.stamp_authority = judged->signer.subject();
    if (!at_) at_ = judged->at;
    pass("time_stamp", fmt::format("{} by {}", rfc3339(judged->at), judged->signer.subject()));
    return {};
}

// --- signature

Result<void> Judging::judge_hash_chain(const Reading& reading) {
    by_chain_ = loaded_.signature_chain && reading.refers_to(signature::chain_result_name);
    if (!by_chain_) return {};
    signature::ChainRules rules;
    rules.required = {std::string(signature::message_name)};
    rules.mode = mode_;
    rules.trusts = [this](std::string_view name) {
        if (name.starts_with("/attachment")) return true;
        return !strict() && name.starts_with('/') && !loaded_.texts.contains(name.substr(1));
    };
    auto found = signature::follow_chain(loaded_.signature_chain->result, loaded_.signature_chain->chain,
                                         chain_inputs(loaded_), rules);
    if (!found) return fail("hash_chain", found.error().within("malformed_signature"));
    chain_ = std::move(*found);
    pass("hash_chain", fmt::format("{} part(s) lead to the signed value", chain_->used.size()));
    return {};
}

Result<void> Judging::judge_certificate(const Reading& reading) {
    auto certificate = reading.certificate();
    if (!certificate) return fail("signing_certificate", certificate.error());
    certificate_ = *certificate;
    verdict_.certificate_sha256 = certificate->sha256();
    if (auto good = signature::check_signing_usage(*certificate); !good)
        return fail("signing_certificate", good.error());
    pass("signing_certificate", fmt::format("{}, issued by {}", certificate->subject(), certificate->issuer()));

    const auto signer = facts_.signer();
    if (!signer)
        return fail("message",
                    fault(FaultCode::internal_error, "the SOAP header of message.xml does not say who signs"));
    if (auto good = signature::check_member(*certificate, signer->member(), trust_, mode_); !good)
        return fail("member", good.error());
    verdict_.signer = signer->member();
    pass("member", signer->member().text());
    return {};
}

Result<void> Judging::judge_core(const Reading& reading) {
    if (auto good = signature::check_value(reading, *certificate_); !good) return fail("signature_value", good.error());
    pass("signature_value", reading.signature_algorithm());
    const signature::PartDigest parts = [this](const std::string& uri, keys::Digest algorithm) -> Result<Octets> {
        const std::string name = uri.starts_with('/') ? uri.substr(1) : uri;
        if (const auto found = loaded_.attachments.find(name); found != loaded_.attachments.end()) {
            if (algorithm == keys::Digest::sha512 || !strict()) return found->second;
        } else if (const auto text = loaded_.texts.find(name); text != loaded_.texts.end()) {
            return keys::digest(algorithm, text->second);
        }
        return fault(FaultCode::invalid_signature_value,
                     fmt::format("the signature refers to {}, which is not in the container", uri.substr(0, 100)));
    };
    if (auto good = signature::check_references(reading, parts, mode_); !good) return fail("references", good.error());
    pass("references", fmt::format("{} references have the digests that were signed", reading.references().size()));
    return {};
}

Result<void> Judging::judge_path(const Reading& reading) {
    auto judgement = signature::check_path(reading, *certificate_, facts_.signer()->member(), trust_, *at_, mode_);
    if (!judgement) {
        const bool path_stands = judgement.error().phase.starts_with("invalid_cert_path");
        if (path_stands) pass("path", "leads to an approved authority, valid at " + rfc3339(*at_));
        return fail(path_stands ? "ocsp" : "path", judgement.error());
    }
    pass("path", fmt::format("{} certificate(s) below the approved authority, valid at {}", judgement->path.size(),
                             rfc3339(*at_)));
    pass("ocsp", fmt::format("good, as of {}, said by {}", rfc3339_seconds(judgement->ocsp.front().this_update),
                             judgement->ocsp.front().responder.subject()));
    return {};
}

}  // namespace onceway::container
