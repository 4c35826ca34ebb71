// The text of the one signature document that we write, and of its signed parts in canonical form. Internal to
// `signature`: with texts filled in it is written, with gaps it is recognised.
#pragma once

#include "certs/x509/certificate.hpp"
#include "schemas/base/bytes.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace onceway::signature {

/// The same text is needed twice: as it stands in the document, and as canonicalisation gives it in its context.
enum class Form { document, canonical };

/// What the document says, each as it stands there: Base64, or escaped character data. In the order of the document.
struct DocumentTexts {
    std::string_view algorithm;                            // URI
    std::string_view reference_digest, properties_digest;  // of the two references
    std::string_view signature_value;
    std::string_view certificate;  // with the line ends around it
    std::string_view signing_time;
    std::string_view certificate_digest, issuer_name, serial_number;
    std::string_view evidence;  // what stands in xades:UnsignedSignatureProperties
};

/// `by_chain`: reference 0 is the hash chain result, otherwise the message. Rule: message-transport §4.3.
std::string signed_properties(Form form, const DocumentTexts& texts, bool by_chain);
std::string signed_info(Form form, const DocumentTexts& texts, bool by_chain);
std::string document(const DocumentTexts& texts, bool by_chain);

/// Answers, and intermediates before them if there are any.
std::string evidence_text(const std::vector<x509::Certificate>& intermediates, const std::vector<Octets>& ocsp);

/// Escapes character data as canonicalisation writes it, so that document and canonical form agree.
std::string character_data(std::string_view text);

}  // namespace onceway::signature
