// Recorded messages between genuine servers, judged alone and at their own time: transport reader, certificates of the
// other server, signature. And what a server writes from what it was given, to the octet.
#include "certs/signature/verify.hpp"
#include "schemas/message/fault_document.hpp"
#include "security-server/provider/envelope.hpp"
#include "security-server/transport/incoming.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/run.hpp"

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;
using transport::Incoming;

namespace {

/// The spellings of the recordings that are no codes.
std::string normalised(const std::string& verdict) {
    if (verdict == "internal error" || verdict == "missing message") return "internal_error";
    if (verdict == "ssl_authentication_failed (no OCSP)") return "tls: ssl_authentication_failed";
    return verdict;
}

/// Refusals of the other server's certificate are marked; an issuer that nobody approved has a code of its own.
Verdict tls(const Fault& fault) {
    return {(fault.phase.empty() && fault.code == FaultCode::internal_error ? "" : "tls: ") + fault.wire_code(),
            fault.detail};
}

/// A message as our reader took it.
struct Read {
    TemporaryFolder spool;
    std::optional<Incoming> incoming;
};

Verdict read_parts(Read& read, const RecordedHttp& http, Incoming::Expect expect) {
    const auto boundary = transport::message_boundary(http.field("Content-Type"));
    if (!boundary) return refused(boundary.error());
    read.incoming.emplace(expect, *boundary, read.spool.path());
    transport::GivenSource source(http.body);
    auto whole = run(read.incoming->read_rest(source));
    if (!whole) return refused(whole.error());
    if (read.incoming->relayed()) return {"fault " + read.incoming->relayed()->fault.code, {}};
    return accepted();
}

Verdict verify(const transport::Message& message, const identity::MemberId& signer, const RecordedExchange& exchange) {
    const auto& seal = message.seal;
    if (!seal.signature) return {"missing_signature", "there is none"};
    signature::Question question{.signer = signer, .parts = message.signed_parts(), .signature = *seal.signature};
    if (seal.chain_result) question.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) question.chain = seal.chain;
    auto verified = signature::verify(question, *exchange.trust, exchange.at);
    return verified ? accepted() : refused(verified.error().within("signature_verification"));
}

Verdict request_verdict(const RecordedHttp& http, const RecordedExchange& exchange, Read& read) {
    message::RequestHead head;
    head.fields = http.fields;
    const auto envelope = provider::read_envelope(head);
    if (!envelope && envelope.error().code == FaultCode::internal_error) return refused(envelope.error());
    auto parts = read_parts(read, http, Incoming::Expect::request);
    if (parts.code != "accepted") return parts;
    const auto& rest = read.incoming->request();
    const auto& soap = read.incoming->soap();
    if (!rest && !soap) return {envelope->rest ? "internal_error" : "missing_soap", "there is no message part"};
    const auto client = soap ? soap->header.client : rest->client;
    const auto& message = read.incoming->received();
    if (message.ocsp_answers().empty()) return {"tls: ssl_authentication_failed", "there are no OCSP parts"};
    auto peer =
        x509::judge_consumer_server(exchange.chain, message.ocsp_answers(), client, *exchange.trust, exchange.at);
    if (!peer) return tls(peer.error());
    return verify(message, client.member(), exchange);
}

Verdict response_verdict(const RecordedHttp& http, const RecordedExchange& exchange, Read& read) {
    if (http.media_type() == "text/xml") {
        auto fault = message::read_soap_fault(http.body);
        if (!fault) return refused(fault.error());
        return *fault ? Verdict{"fault " + (*fault)->code, {}} : Verdict{"invalid_message", "no fault"};
    }
    if (http.field("x-hash-algorithm") != transport::hash_algorithm)
        return {"internal_error", "x-hash-algorithm is not SHA-512"};
    auto parts = read_parts(read, http, Incoming::Expect::response);
    if (parts.code != "accepted") return parts;
    if (const auto& soap = read.incoming->soap())
        return verify(read.incoming->received(), soap->header.service.provider.member(), exchange);
    const auto& response = read.incoming->response();
    if (!response) return {"missing_soap", "there is no message part"};
    if (!response->service) return {"internal_error", "the part names no service"};
    return verify(read.incoming->received(), response->service->provider.member(), exchange);
}

void judge(const RecordedExchange& exchange, const std::string& side) {
    const auto theirs = exchange.fact("messageVerdict", side);
    const auto http = exchange.http(side + "-proxy");
    if (!http || theirs.empty()) return;
    const auto kind = exchange.group + ", " + side + " alone";
    Read read;
    const auto ours =
        side == "request" ? request_verdict(*http, exchange, read) : response_verdict(*http, exchange, read);
    Tally::all().judge(kind, exchange.name, ours, normalised(theirs));
}

}  // namespace

TEST_CASE("every recorded message gets, judged alone, the verdict of genuine software") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    for (const auto& exchange : exchanges_of(*folder))
        for (const auto* side : {"request", "response"}) judge(exchange, side);
    if (fs::exists(*folder / "exchanges")) CHECK(Tally::all().ran("exchanges, request alone") > 0);
}

/// Prints the tally when a run ends.
struct Summary : doctest::IReporter {
    explicit Summary(const doctest::ContextOptions& options) : out(*options.cout) {}
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override { out << Tally::all().summary(); }
    void test_case_start(const doctest::TestCaseData&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
    std::ostream& out;
};
REGISTER_LISTENER("replay", 1, Summary);
