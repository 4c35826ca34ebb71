// What a SOAP exchange leaves in both logs: documents that prove envelope and attachments of question and answer.
#include "certs/container/asic.hpp"
#include "tests/security-server/soap_system.hpp"
#include "tests/support/certificates.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

const std::string type = R"(multipart/related; type="text/xml"; boundary=b)";

std::string multipart(const std::string& soap, const std::vector<std::string>& attachments) {
    std::string text = "--b\r\nContent-Type: text/xml; charset=UTF-8\r\n\r\n" + soap + "\r\n";
    for (const auto& octets : attachments) text += "--b\r\nContent-Type: a/b\r\n\r\n" + octets + "\r\n";
    return text + "--b--\r\n";
}

/// Stamps every record of a log, each with a token of its own.
void stamp_each(records::MessageLog& log, const Identity& tsa) {
    const auto now = Clock::system().now();
    for (const auto& waiting : must(log.unstamped(100))) {
        const auto token = time_stamp(tsa, must(log.signature_value(waiting.number)), now);
        must(log.keep_stamp({token, now, {}, {{waiting.number, Octets()}}}));
    }
}

container::ZipReader document(records::MessageLog& log, std::uint64_t number) {
    Octets octets;
    must(log.export_container(number, [&](OctetsView piece) { octets += piece; }));
    return must(container::ZipReader::from_memory(std::move(octets)));
}

std::vector<Octets> attachments_in(const container::ZipReader& zip) {
    std::vector<Octets> found;
    for (const auto* entry = zip.find("attachment1"); entry;
         entry = zip.find("attachment" + std::to_string(found.size() + 1)))
        found.push_back(must(zip.read(*entry, 16 * 1024 * 1024)));
    return found;
}

}  // namespace

TEST_CASE("both sides can prove a SOAP exchange, envelopes and attachments, large ones and empty ones") {
    ProviderWorld world;
    const CertificateAuthority stampers("Stampers");
    const auto tsa = stampers.issue_time_stamper();
    std::string large;
    for (unsigned i = 0; large.size() < 300'000; ++i) large += std::to_string(i * 7919);
    const std::vector<std::string> asked{"first", large, ""}, answered{"one"};
    world.answer_with({200, {{"Content-Type", type}}, multipart(soap_answer(), answered)});
    const auto envelope = soap_request();
    auto answer = ask_as_system(world, {.envelope = multipart(envelope, asked), .type = type});
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "none");

    auto shared = world.shared();
    shared.approved_tsas = shared_parameters(stampers, &tsa).approved_tsas;
    const auto trust = x509::Trust::build("ZA", {shared});
    for (auto* server : {&world.consumer_server, &world.provider_server}) {
        const auto party = server == &world.consumer_server ? World::client() : World::owner();
        stamp_each(*server->log, tsa);
        const auto found = must(server->log->find(party, "soap-1"));
        REQUIRE(found.size() == 2);
        for (const auto& record : found) {
            const bool request = record.direction == records::Direction::request;
            CAPTURE(request);
            const auto zip = document(*server->log, record.number);
            const auto verdict = container::verify_container(zip, *trust, signature::Mode::strict, std::nullopt);
            CHECK(verdict.reason == "");
            CHECK(verdict.verdict == "valid");
            CHECK(verdict.message_kind == "soap");
            CHECK(verdict.message_direction == (request ? "request" : "response"));
            CHECK(verdict.message_id == "soap-1");
            CHECK(verdict.absent.empty());
            CHECK(attachments_in(zip) == (request ? asked : answered));
            if (request) CHECK(must(zip.read(*zip.find("message.xml"), 1 << 20)) == envelope);
        }
    }
    // What both logs hold of one message is the same, signature included.
    for (const auto* name : {"message.xml", "sig-hashchain.xml", "sig-hashchainresult.xml"})
        for (const std::uint64_t number : {1u, 2u}) {
            const auto ours = document(*world.consumer_server.log, number),
                       theirs = document(*world.provider_server.log, number);
            REQUIRE(ours.find(name));
            REQUIRE(theirs.find(name));
            CHECK(must(ours.read(*ours.find(name), 1 << 20)) == must(theirs.read(*theirs.find(name), 1 << 20)));
        }
}
