// Records for tests: sealed as a server seals them, or with evidence of the shape that a test is about.
#pragma once

#include "security-server/records/message_log.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/run.hpp"

#include <memory>
#include <string>
#include <vector>

namespace onceway::tests {

inline const identity::ClientId consumer{"TEST", "GOV", "1", "consumer"};
inline const identity::ServiceId service{{"TEST", "GOV", "2", "provider"}, "roads", std::nullopt};

/// A member that can seal, and whom the trust of the same object approves.
struct SealingMember {
    SealingMember();
    ~SealingMember();

    CertificateAuthority authority;
    Identity tsa = authority.issue_time_stamper();
    Identity signer = authority.issue_signing(consumer.member(), shared_key("RSA-2048"));
    Octets ocsp = authority.ocsp(signer.certificate);

    signature::SigningKey key() const;
    std::shared_ptr<const x509::Trust> trust() const;
};

/// Octets that do not compress; the same for the same count and seed.
std::string random_octets(std::size_t count, std::uint32_t state = 12345);

/// A body of `octets`; in memory up to 64 KiB, in a temporary file above.
std::shared_ptr<channel::Payload> body_of(std::string_view octets, const std::filesystem::path& spool);

/// Attachments one behind another, as a SOAP message carries them; in memory up to 64 KiB together.
std::shared_ptr<channel::Payload> attachments_of(const std::vector<std::string>& contents,
                                                 const std::filesystem::path& spool);

/// A request of `consumer`; the message part is what a server would write.
records::Record request(std::string message_id, std::shared_ptr<channel::Payload> body = {});

/// A SOAP request of `consumer`; its message part is an envelope.
records::Record soap_request(std::string message_id, std::shared_ptr<channel::Payload> attachments = {});

/// The same with a signature that has the right shape and verifies against nothing; cheap.
records::Record with_evidence(records::Record record, std::string_view signature = "<ds:Signature/>");

/// The same, sealed.
records::Record sealed(records::Record record, const SealingMember& member);

/// Waits for a story that ends in a result.
template <class T>
Result<T> outcome_of(Async<T> story) {
    return run(std::move(story));
}

/// Appends and gives the number; throws when it is refused.
std::uint64_t append(records::MessageLog& log, records::Record record);

/// Opens a log as a server would.
std::unique_ptr<records::MessageLog> open_log(const records::MessageLog::Settings& settings);
/// The log in `folder`.
std::unique_ptr<records::MessageLog> open_log(const std::filesystem::path& folder, std::uint64_t body_limit = 0);

/// The container of a record, whole.
Result<Octets> exported(records::MessageLog& log, std::uint64_t number);

/// Stamps everything that waits, as the time-stamper does: alone a single stamp, otherwise a batch.
void stamp_all(records::MessageLog& log, const Identity& tsa);

}  // namespace onceway::tests
