// Judges one container step by step and writes down the outcome of each check.
#pragma once

#include "certs/container/asic.hpp"
#include "certs/container/loading.hpp"
#include "certs/container/message_facts.hpp"
#include "certs/signature/chain.hpp"
#include "certs/signature/reading.hpp"

#include <array>
#include <optional>

namespace onceway::container {

/// The names of all checks, in the order in which a verdict lists them.
inline constexpr std::array check_names{
    "container", "message",    "signature_value", "references", "signing_certificate", "member", "path",
    "ocsp",      "time_stamp", "hash_chain",      "coverage"};

/// One judgement under way. Rule: message-log §5.2; each step returns the fault that ends it.
class Judging {
public:
    Judging(const x509::Trust& trust, signature::Mode mode, std::optional<Instant> at);

    Verdict run(const ZipReader& zip);
    /// The verdict on what could not be opened.
    Verdict refused(const Fault& fault);

private:
    Result<void> judge(const ZipReader& zip);
    Result<void> read_message();
    Result<void> judge_time_stamp(const signature::Reading& reading);
    Result<Octets> stamped_data(const signature::Reading& reading) const;
    Result<Octets> token(const signature::Reading& reading) const;
    Result<void> judge_hash_chain(const signature::Reading& reading);
    Result<void> judge_certificate(const signature::Reading& reading);
    Result<void> judge_core(const signature::Reading& reading);
    Result<void> judge_path(const signature::Reading& reading);
    Result<void> judge_coverage(const signature::Reading& reading);
    Result<void> require_coverage(const signature::Reading& reading);
    std::string uncovered() const;
    std::vector<std::string> absent() const;
    void name_variant(const signature::Reading& reading);
    void describe_entries(const signature::Reading& reading);
    EntryReport describe(const std::string& name, const signature::Reading& reading) const;
    EntryReport describe_attachment(const std::string& name, const signature::Reading& reading) const;
    bool strict() const { return mode_ == signature::Mode::strict; }

    void pass(std::string_view check, std::string detail);
    Fault fail(std::string_view check, Fault fault);

    const x509::Trust& trust_;
    signature::Mode mode_;
    std::optional<Instant> at_;
    Verdict verdict_;
    Loaded loaded_;
    MessageFacts facts_;
    std::optional<x509::Certificate> certificate_;
    std::optional<signature::ChainFinding> chain_;
    bool by_chain_ = false;
};

}  // namespace onceway::container
