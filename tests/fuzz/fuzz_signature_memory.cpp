// Verifying with a memory beside verifying without: valid messages are altered as the input says, and both must say the
// same about each, whatever the memory has seen before.
#include "certs/signature/memory.hpp"
#include "certs/signature/sealer.hpp"
#include "tests/fuzz/target.hpp"

#include <array>
#include <cstdlib>

namespace onceway::fuzz {
namespace {

using Documents = std::array<Octets, 3>;  // signature, chain result, chain

const identity::MemberId member{"TEST", "GOV", "1"};
constexpr Instant now = Instant(std::chrono::hours(24 * 365 * 50));

/// An authority that answers for itself, and two messages of two parts under one signature of its member.
struct World {
    World() {
        const auto ca_key = keys::PrivateKey::generate_rsa();
        auto key = std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_rsa());
        const auto day = std::chrono::hours(24);
        x509::Issue ca{
            {{"CN", "CA"}}, ca_key.public_key().spki(), x509::Profile::ca, "1", now - day, now + day, {}, {}};
        const auto authority = x509::issue(ca, nullptr, ca_key).value();
        x509::Issue own{{{"businessCategory", "GOV"}, {"serialNumber", "1"}},
                        key->public_key().spki(),
                        x509::Profile::signing,
                        "2",
                        now - day,
                        now + day,
                        {},
                        {}};
        const auto certificate = x509::issue(own, &authority, ca_key).value();
        x509::OcspAnswer good;
        good.this_update = now;
        const auto answer = x509::write_ocsp_response(certificate, authority, good, authority, ca_key).value();
        for (const auto part : {"message", "body"}) digests.push_back(keys::sha512(part));
        const auto seals =
            signature::seal_together({key, certificate, {}, {answer}}, {digests, {digests[1]}}, now).value();
        genuine = {*seals[0].signature, *seals[0].chain_result, seals[0].chain};

        registry::SharedParameters parameters;
        parameters.instance = "TEST";
        registry::ApprovedCa service;
        service.name = "CA";
        service.top.certificate = authority.der();
        service.profile = "ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider";
        parameters.approved_cas.push_back(std::move(service));
        trust = x509::Trust::build("TEST", {std::move(parameters)});
    }

    signature::Question question(const Documents& documents) const {
        return {member,
                {{"/message.xml", digests[0], {}}, {"/attachment1", digests[1], {}}},
                documents[0],
                documents[1],
                documents[2]};
    }

    std::vector<Octets> digests;
    Documents genuine;
    std::shared_ptr<const x509::Trust> trust;
};

/// Edits follow one another: which document, where (two octets), how many octets go, how many come, and these.
Documents edited(Documents documents, OctetsView edits) {
    const auto number = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(edits[i])); };
    while (edits.size() >= 5) {
        Octets& document = documents[number(0) % documents.size()];
        const std::size_t at = (number(1) << 8 | number(2)) % (document.size() + 1);
        const OctetsView come = edits.substr(5, number(4) % 32);
        document.replace(at, std::min(number(3) % 64, document.size() - at), come);
        edits.remove_prefix(5 + come.size());
    }
    return documents;
}

std::string verdict(const Result<signature::Verified>& verified) {
    if (!verified) return verified.error().wire_code() + ": " + verified.error().detail;
    return fmt::format("{} {} {} {} {}", verified->certificate.der(), verified->by_chain, verified->value,
                       verified->covered.size(), verified->signing_time ? rfc3339(*verified->signing_time) : "");
}

}  // namespace
}  // namespace onceway::fuzz

ONCEWAY_FUZZ(signature_memory) {
    static const World world;
    static signature::VerifyMemory seen;  // goes on from input to input
    signature::VerifyMemory nothing_seen;
    if (!signature::verify(world.question(world.genuine), world.trust, now, seen)) std::abort();

    const Documents documents = edited(world.genuine, input);
    const auto question = world.question(documents);
    const auto without = verdict(signature::verify(question, *world.trust, now));
    if (verdict(signature::verify(question, world.trust, now, nothing_seen)) != without) std::abort();
    if (verdict(signature::verify(question, world.trust, now, seen)) != without) std::abort();
    if (verdict(signature::verify(question, world.trust, now, seen)) != without) std::abort();
}
