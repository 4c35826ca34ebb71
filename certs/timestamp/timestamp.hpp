// RFC 3161: the question to a time-stamping authority, the judge of its answer, and of tokens kept for years.
#pragma once

#include "certs/keys/private_key.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <optional>
#include <vector>

namespace onceway::timestamp {

/// A token that was verified.
struct Token {
    Octets der;  // TimeStampToken (CMS ContentInfo), as a container holds it
    Instant at;  // genTime
    x509::Certificate signer;
    Octets imprint;
    keys::Digest imprint_digest;
};

/// A question about a SHA-512 imprint. The caller carries both ways.
class Question {
public:
    /// Draws a fresh nonce of 64 bits and asks for the certificate.
    static Question about(Octets sha512_imprint);
    const Octets& der() const { return der_; }  // sent as application/timestamp-query

    /// Returns the token in `answer`, a whole TimeStampResp of at most 64 KiB, once status, imprint, nonce and signer
    /// are as asked; the signer's certificate is put into the token when the authority left it out. Faults: `mlog_…` as
    /// message-log §3.4 lists them. Rule: RFC 3161 §2.4.2; threats row 13.
    Result<Token> judge(OctetsView answer, const std::vector<x509::Certificate>& authorities) const;
    const Octets& imprint() const { return imprint_; }
    const Octets& nonce() const { return nonce_; }
    /// A question asked before, for judging its answer again.
    static Question asked(Octets imprint, std::optional<Octets> nonce);

private:
    Question() = default;
    static Result<Octets> granted_token(OctetsView answer);
    Octets der_, imprint_, nonce_;
};

/// Judges a bare token over `data`: imprint recomputed with the token's digest, signer found by SignerIdentifier and
/// ESSCertID and equal to one of `authorities`. `strict` asks for extended key usage timeStamping and validity at
/// genTime as well. Faults: `malformed_signature` (imprint), `mlog_…`. Rule: message-log §5.2 steps 13 and 14.
Result<Token> judge_token(OctetsView token, OctetsView data, const std::vector<x509::Certificate>& authorities,
                          bool strict);
/// The same when only the imprint is known.
Result<Token> judge_token_imprint(OctetsView token, OctetsView imprint,
                                  const std::vector<x509::Certificate>& authorities, bool strict);

/// What a time-stamping authority does; for the pilot.
struct Query {
    keys::Digest digest;
    Octets imprint;
    std::optional<Octets> nonce_der;  // INTEGER content
    bool wants_certificate = false;
};
Result<Query> read_query(OctetsView der);
/// A granted TimeStampResp.
Result<Octets> answer(const Query& query, const x509::Certificate& signer, const keys::PrivateKey& key, Instant at,
                      const Octets& serial);
/// A TimeStampResp with a PKIStatus other than granted.
Octets refusal(int status, std::string_view text);

}  // namespace onceway::timestamp
