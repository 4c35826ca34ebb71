// The one layout in which genuine servers, and ours, write signature documents: recognised without parsing XML, with
// the canonical octets of what is signed. Whatever is laid out otherwise is left to the parser. Internal to
// `signature`.
#pragma once

#include "certs/signature/document_text.hpp"
#include "certs/signature/gapped_text.hpp"
#include "schemas/base/bytes.hpp"

#include <optional>
#include <string_view>

namespace onceway::signature {

class SignatureLayout {
public:
    /// `by_chain`: reference 0 is the hash chain result, otherwise the message.
    static const SignatureLayout& of(bool by_chain);

    /// The texts of a document in this layout, as views into it; none when anything else stands anywhere. The texts
    /// that are signed consist of what canonicalisation leaves as it is, apart from line ends.
    std::optional<DocumentTexts> read(std::string_view document) const;

    /// SignedProperties and SignedInfo as canonicalisation gives them in the context of the document.
    Octets canonical_properties(const DocumentTexts& texts) const;
    Octets canonical_info(const DocumentTexts& texts) const;

private:
    explicit SignatureLayout(bool by_chain);
    GappedText document_, properties_, info_;
};

/// True when `text` is `base64`, broken into lines by LF or `&#13;` LF as it likes. Anything else between is false.
bool is_base64_of(std::string_view text, std::string_view base64);

}  // namespace onceway::signature
