// The entries of a container that a judge works with, read once and bounded.
#pragma once

#include "certs/container/asic.hpp"
#include "certs/container/zip.hpp"
#include "certs/signature/verify.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onceway::container {

inline constexpr std::string_view message_entry = "message.xml", signature_entry = "META-INF/signatures.xml",
                                  token_entry = "META-INF/timestamp.tst", manifest_entry = "META-INF/manifest.xml",
                                  asic_manifest_entry = "META-INF/ASiCManifest.xml", mimetype_entry = "mimetype",
                                  attachment_entry = "attachment";  // with a number behind it

/// A hash chain and its result.
struct ChainPair {
    Octets result, chain;
};

struct Loaded {
    std::map<std::string, Octets, std::less<>> texts;        // every entry but attachments, by name
    std::map<std::string, Octets, std::less<>> attachments;  // SHA-512 by name: "attachment1"
    std::vector<std::string> names;                          // in the order of the archive
    std::optional<ChainPair> signature_chain, time_chain;
    std::optional<Octets> token;  // of META-INF/timestamp.tst
    std::string comment;

    const Octets& text(std::string_view name) const;  // which is there
};

/// Steps 0 to 8 of message-log §5.2. Faults: `asic_…`, `too_large`.
Result<Loaded> load(const ZipReader& zip, signature::Mode mode);

}  // namespace onceway::container
