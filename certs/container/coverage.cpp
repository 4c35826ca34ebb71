#include "certs/container/judging.hpp"
#include "certs/container/manifest.hpp"
#include "certs/signature/names.hpp"
#include "certs/signature/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace onceway::container {
namespace {

bool is_manifest(std::string_view name) { return name == manifest_entry || name == asic_manifest_entry; }

/// The numbers of attachments in ascending order; none when one has no number as writers write it.
std::optional<std::vector<std::size_t>> numbers_of(const std::map<std::string, Octets, std::less<>>& attachments) {
    std::vector<std::size_t> numbers;
    for (const auto& [name, digest] : attachments) {
        std::size_t number = 0;
        const auto* const end = name.data() + name.size();
        const auto read = std::from_chars(name.data() + attachment_entry.size(), end, number);
        if (read.ec != std::errc() || read.ptr != end || name != fmt::format("{}{}", attachment_entry, number))
            return std::nullopt;
        numbers.push_back(number);
    }
    std::ranges::sort(numbers);
    return numbers;
}

/// Names of entries, joined for people.
std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name.substr(0, 100);
    return text;
}

}  // namespace

EntryReport Judging::describe_attachment(const std::string& name, const signature::Reading& reading) const {
    const std::string uri = "/" + name;
    if (reading.refers_to(uri)) return {name, true, true};  // its digest was compared with the others
    if (chain_)
        for (const auto& part : chain_->trusted) {
            if (part.name != uri) continue;
            const bool same = part.method == keys::uri_of(keys::Digest::sha512) &&
                              part.digest == loaded_.attachments.find(name)->second;
            return {name, true, same};
        }
    return {name, false, std::nullopt};
}

EntryReport Judging::describe(const std::string& name, const signature::Reading& reading) const {
    if (loaded_.attachments.contains(name)) return describe_attachment(name, reading);
    if (name == mimetype_entry || name == signature_entry || name == token_entry) return {name, true, std::nullopt};
    if (name == message_entry) return {name, true, true};
    if (name == manifest_entry) {
        auto numbers = numbers_of(loaded_.attachments);
        if (!numbers) return {name, false, false};
        const ManifestFacts facts{loaded_.signature_chain.has_value(), loaded_.time_chain.has_value(),
                                  std::move(*numbers)};
        return {name, false, loaded_.text(name) == write_manifest(facts)};
    }
    if (name == asic_manifest_entry) {
        const bool same = loaded_.time_chain && loaded_.text(name) == write_asic_manifest(loaded_.time_chain->result);
        return {name, false, same};
    }
    const bool of_signature = name == "sig-hashchainresult.xml" || name == "sig-hashchain.xml";
    const bool of_time = name == "ts-hashchainresult.xml" || name == "ts-hashchain.xml";
    return {name, (of_signature && by_chain_) || (of_time && loaded_.time_chain.has_value()), std::nullopt};
}

void Judging::describe_entries(const signature::Reading& reading) {
    verdict_.entries.clear();
    for (const auto& name : loaded_.names) verdict_.entries.push_back(describe(name, reading));
}

/// Entries that nothing covers; the manifests are no evidence, and are only compared.
std::string Judging::uncovered() const {
    std::vector<std::string> names;
    for (const EntryReport& entry : verdict_.entries)
        if (!entry.covered && !is_manifest(entry.name)) names.push_back(entry.name);
    return joined(names);
}

/// Parts that were signed and are not in the container: genuine servers keep no SOAP attachments.
std::vector<std::string> Judging::absent() const {
    std::vector<std::string> names;
    if (chain_)
        for (const auto& part : chain_->trusted)
            if (!loaded_.attachments.contains(part.name.substr(1)) && part.name.starts_with("/attachment"))
                names.push_back(part.name.substr(1));
    return names;
}

Result<void> Judging::require_coverage(const signature::Reading& reading) {
    if (auto good = reading.check_signed_properties(*certificate_, *at_); !good)
        return fail("signing_certificate", good.error());
    if (loaded_.signature_chain && !by_chain_)
        return fail("hash_chain", fault(FaultCode::hashchain_unused_inputs,
                                        "the container has a hash chain that the "
                                        "signature does not refer to")
                                      .within("malformed_signature"));
    for (const EntryReport& entry : verdict_.entries)
        if (entry.covered && entry.digest_ok == false)
            return fail("hash_chain", fault(FaultCode::invalid_hash_chain_ref,
                                            entry.name + " does not have the digest that the hash chain gives")
                                          .within("malformed_signature"));
    if (const auto names = uncovered(); !names.empty())
        return fail("coverage", fault(FaultCode::asic_uncovered_entry, "covered by no signature: " + names));
    std::vector<std::string> parts{std::string(signature::message_name)};
    for (const auto& [name, digest] : loaded_.attachments) parts.push_back("/" + name);
    if (auto good = signature::check_coverage(reading, parts, by_chain_); !good) return fail("coverage", good.error());
    return {};
}

Result<void> Judging::judge_coverage(const signature::Reading& reading) {
    verdict_.absent = absent();
    const std::string note =
        verdict_.absent.empty() ? "" : "; signed and not in the container: " + joined(verdict_.absent);
    if (strict()) {
        if (auto good = require_coverage(reading); !good) return good;
        pass("coverage", "every entry is covered" + note);
        return {};
    }
    const std::string names = uncovered();
    for (Check& check : verdict_.checks)
        if (check.name == "coverage")
            check.detail =
                (names.empty() ? "every entry is covered" : "not asked; covered by nothing: " + names) + note;
    return {};
}

}  // namespace onceway::container
