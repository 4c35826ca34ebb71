// What the log keeps of a body or of attachments: all of it, some of it, or only how large each was and its digest.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "security-server/records/message_log.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace onceway::records {

/// An attachment as a record lists it. What is kept lies one behind another, in the order of the list.
struct LoggedPart {
    std::uint64_t size = 0;
    Octets sha512;  // raw; when it was read: empty where the octets lie in the record itself
    bool kept = true;
};

/// The attachments of `record`, and which are kept. Empty where nothing needs listing: no body, or one part that is
/// kept whole. What a signature names by a reference of its own is always kept, as a REST body is; SOAP attachments
/// under a hash chain are kept as `settings` say. Faults: `logging_failed` for a part over the limit that has to be
/// kept. Rule: message-log §1.4, §1.7; decision 0013.
Result<std::vector<LoggedPart>> parts_to_log(const Record& record, const MessageLog::Settings& settings);

/// Octets of the parts that are kept.
std::uint64_t kept_octets(std::span<const LoggedPart> parts);
/// What a body file says of its content: the digest of the one part in it, or of the digests of all, one behind
/// another.
Octets digest_of_kept(std::span<const LoggedPart> parts);

}  // namespace onceway::records
