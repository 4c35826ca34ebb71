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

x509::Issue wanted(const keys::PrivateKey& key, x509::Profile profile, x509::Subject subject, std::string serial) {
    const auto day = std::chrono::hours(24);
    return {std::move(subject), key.public_key().spki(), profile, std::move(serial), now - day, now + day, {}, {}};
}

/// Two messages under one signature of a member, whose certificate an authority below the approved one has issued. Both
/// authorities answer for themselves.
struct World {
    World() {
        const auto root_key = keys::PrivateKey::generate_rsa(), issuing_key = keys::PrivateKey::generate_rsa();
        const auto key = std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_rsa());
        const auto root =
            x509::issue(wanted(root_key, x509::Profile::ca, {{"CN", "Root"}}, "1"), nullptr, root_key).value();
        const auto issuing =
            x509::issue(wanted(issuing_key, x509::Profile::sub_ca, {{"CN", "Issuing"}}, "2"), &root, root_key).value();
        const x509::Subject named{{"businessCategory", "GOV"}, {"serialNumber", "1"}};
        const auto own = x509::issue(wanted(*key, x509::Profile::signing, named, "3"), &issuing, issuing_key).value();
        x509::OcspAnswer good;
        good.this_update = now;
        const auto about_own = x509::write_ocsp_response(own, issuing, good, issuing, issuing_key).value();
        const auto about_issuing = x509::write_ocsp_response(issuing, root, good, root, root_key).value();

        for (const auto part : {"message", "body"}) digests.push_back(keys::sha512(part));
        const signature::SigningKey signing{key, own, {issuing}, {about_own, about_issuing}};
        const auto seals = signature::seal_together(signing, {digests, {digests[1]}}, now).value();
        genuine = {*seals[0].signature, *seals[0].chain_result, seals[0].chain};

        registry::SharedParameters parameters;
        parameters.instance = "TEST";
        registry::ApprovedCa service;
        service.name = "CA";
        service.top.certificate = root.der();
        service.intermediates.push_back({issuing.der(), {}});
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
