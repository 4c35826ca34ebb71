#include "security-server/records/logged_parts.hpp"

#include "certs/keys/digest.hpp"

#include <fmt/format.h>

namespace onceway::records {
namespace {

/// Whether a signature proves the message without its attachments: through a hash chain, or because there is none.
bool may_go_without(const Record& record) {
    return record.language == message::Language::soap && (record.seal.chain_result || !record.seal.signature);
}

Fault too_large(const Record& record, std::uint64_t octets, std::uint64_t limit) {
    return fault(FaultCode::logging_failed,
                 fmt::format("{} has {} octets; the message log takes at most {} (setting body_limit_octets)",
                             record.language == message::Language::soap ? "An attachment" : "The body", octets, limit));
}

}  // namespace

Result<std::vector<LoggedPart>> parts_to_log(const Record& record, const MessageLog::Settings& settings) {
    std::vector<LoggedPart> logged;
    if (!record.body) return logged;
    const bool choice = may_go_without(record);
    bool all = true;
    for (const auto& part : record.body->parts()) {
        const bool fits = settings.body_limit == 0 || part.size <= settings.body_limit;
        if (!fits && !choice) return too_large(record, part.size, settings.body_limit);
        const bool kept = !choice || (fits && settings.soap_attachments == SoapAttachments::kept);
        logged.push_back({part.size, part.sha512, kept});
        all = all && kept;
    }
    if (all && logged.size() == 1) logged.clear();
    return logged;
}

std::uint64_t kept_octets(std::span<const LoggedPart> parts) {
    std::uint64_t octets = 0;
    for (const auto& part : parts) octets += part.kept ? part.size : 0;
    return octets;
}

Octets digest_of_kept(std::span<const LoggedPart> parts) {
    Octets digests;
    for (const auto& part : parts)
        if (part.kept) digests += part.sha512;
    return digests.size() == keys::sha512({}).size() ? digests : keys::sha512(digests);
}

}  // namespace onceway::records
