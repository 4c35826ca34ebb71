// The SOAP messages of the original test suite: questions as our consumer side reads them, answers of services as our
// provider side does, and messages of one server to another. The codes are what the original tests assert; what only
// the state of those servers decides (rights, addresses, keys) is not asked here.
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "schemas/message/soap.hpp"
#include "security-server/consumer/answer.hpp"
#include "security-server/consumer/soap_call.hpp"
#include "security-server/transport/incoming.hpp"
#include "security-server/transport/related.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/house.hpp"
#include "tests/support/run.hpp"

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;

namespace {

/// One case of the suite.
struct Case {
    fs::path folder;
    json::value facts;

    std::string name() const { return text_of(facts, "name"); }
    std::string theirs() const {
        const auto& expects = facts.at("testExpectsCode");
        return std::string(expects.is_array() ? expects.as_array().front().as_string() : expects.as_string());
    }
    Octets octets(std::string_view which) const {
        const auto file = text_of(facts, which);
        return file.empty() ? Octets() : contents_of(folder / "queries" / file);
    }
    /// The content type, put right where the collection cut it at a quotation mark.
    std::string type(std::string_view which) const {
        const auto given = text_of(facts, std::string(which) + "ContentType", "text/xml; charset=UTF-8");
        if (!given.ends_with('\\')) return given;
        if (!to_lower(given).starts_with("multipart/")) return "text/xml; charset=UTF-8";
        const auto first = octets(which);
        return "multipart/related; boundary=" + first.substr(2, first.find('\n') - 2);
    }
    /// The same between servers, where lines end in CRLF; the collection has LF.
    Octets framed(std::string_view which) const {
        auto text = octets(which);
        for (auto at = text.find('\n'); at != Octets::npos; at = text.find('\n', at + 2)) text.insert(at, 1, '\r');
        return text;
    }
    bool between_servers(std::string_view which) const { return type(which).starts_with("multipart/mixed"); }
};

/// Their code when it is one of those that a reader finds, behind `prefix`; otherwise the message was read.
std::string of_reader(const std::string& code, std::string_view prefix) {
    static constexpr std::string_view found[] = {"invalid_soap",         "invalid_xml",
                                                 "missing_header",       "missing_header_field",
                                                 "missing_body",         "duplicate_header_field",
                                                 "invalid_body",         "inconsistent_headers",
                                                 "missing_soap",         "invalid_protocol_version",
                                                 "invalid_content_type", "mime_parsing_failed",
                                                 "invalid_message",      "missing_signature",
                                                 "invalid_http_method",  "invalid_soap_action"};
    if (!code.starts_with(prefix)) return "accepted";
    const auto last = std::string_view(code).substr(code.rfind('.') + 1);
    return std::ranges::find(found, last) != std::end(found) ? code : "accepted";
}

message::RequestHead head_of(const Case& one, const Octets& body) {
    // Neither method nor SOAPAction is in the collection; the names of three cases tell them.
    const bool get = one.name().starts_with("WrongHttpMethod");
    const bool unquoted = one.name() == "SoapActionMalformedHeader";
    return must(message::parse_request_head(
        fmt::format("{} / HTTP/1.1\r\nHost: a\r\nContent-Type: {}\r\nSOAPAction: {}\r\nContent-Length: {}\r\n\r\n",
                    get ? "GET" : "POST", one.type("request"), unquoted ? "action" : "\"action\"", body.size())));
}

/// A question, and what our consumer side makes of it.
struct Question {
    Verdict verdict;
    std::optional<transport::Message> message;
    std::optional<message::SoapHeader> header;

    Question(const Case& one, const House& house) {
        const auto body = one.octets("request");
        RecordedRequest exchange(head_of(one, body), body, {});
        auto call = run(consumer::read_soap_call(exchange, house));
        auto whole = call ? run((*call)->take_message(exchange, house)) : Result<transport::Message>(call.error());
        if (!whole) {
            verdict = refused(whole.error());
            return;
        }
        verdict = accepted();
        header = must(message::read_soap(whole->part, whole->type)).header;
        message.emplace(std::move(*whole));
    }
};

/// An answer of a service, as far as it needs no service: read, hashed, and held against its question.
Verdict judge_answer(const Case& one, const Question& question, const fs::path& spool) {
    const auto failed = [](const Fault& why) {
        return refused(why.within("service_failed").within("server.serverproxy"));
    };
    const auto type = one.type("serviceResponse");
    auto envelope = one.octets("serviceResponse");
    auto envelope_type = type;
    if (transport::is_related(type)) {
        transport::Related related(must(message::boundary_of(type)), spool);
        transport::GivenSource source(envelope);
        auto read = run(related.read_rest(source));
        if (!read) return failed(read.error());
        envelope_type = related.received().type;
        envelope = related.take_received().part;
    } else if (!transport::is_soap_type(type)) {
        return failed(fault(FaultCode::invalid_content_type, type));
    }
    const auto read = message::read_soap(envelope, envelope_type);
    if (!read) return failed(read.error());
    const auto hashed = message::with_request_hash(envelope, *read, question.message->request_hash());
    if (!hashed) return failed(hashed.error());
    const auto answer = message::read_soap(*hashed);
    if (!answer) return refused(answer.error());
    auto belongs = message::check_same_exchange(*question.header, answer->header);
    if (belongs) belongs = message::check_request_hash(answer->header, question.message->request_hash());
    return belongs ? accepted() : refused(belongs.error().within("service_failed").within("server.clientproxy"));
}

/// A message from one server to the other, up to its signature.
Verdict judge_message(const Case& one, const fs::path& spool) {
    const auto proxy = [](const Fault& why) { return refused(why.within("server.serverproxy")); };
    const auto body = one.framed("request");
    const auto boundary = transport::message_boundary(one.type("request"));
    if (!boundary) return proxy(boundary.error().within("service_failed"));
    transport::Incoming incoming(transport::Incoming::Expect::request, *boundary, spool);
    transport::GivenSource source(body);
    auto read = run(incoming.read_rest(source));
    if (!read) return proxy(read.error().within("service_failed"));
    if (!incoming.soap()) return proxy(fault(FaultCode::missing_soap, "there is no message part"));
    if (!incoming.received().seal.signature) return proxy(fault(FaultCode::missing_signature, "there is none"));
    return accepted();
}

boost::asio::awaitable<void> receive(channel::Connection& connection, fs::path spool, Verdict& into) {
    auto answer = co_await consumer::receive_answer(connection, message::Language::soap, std::move(spool));
    into = answer ? accepted() : refused(answer.error().within("server.clientproxy"));
}

/// What somebody in the provider's place answered.
Verdict judge_peer(const Case& one, const fs::path& spool) {
    const auto body = one.framed("serviceResponse");
    RecordedAnswer connection(
        fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nx-hash-algorithm: SHA-512\r\nContent-Length: {}\r\n\r\n",
                    one.type("serviceResponse"), body.size()) +
        body);
    Verdict verdict;
    run(receive(connection, spool, verdict));
    return verdict;
}

void judge_case(const Case& one, const House& house) {
    auto& tally = Tally::all();
    const auto theirs = one.theirs();
    const bool named = one.name() == "WrongHttpMethodServerProxy";  // the same octets, for the other port
    if (one.between_servers("request"))
        return tally.judge("soap-messages, between servers", one.name(), judge_message(one, house.spool),
                           of_reader(theirs, "server.serverproxy."));
    if (named) return;
    const Question question(one, house);
    tally.judge("soap-messages, our consumer's reading", one.name(), question.verdict, of_reader(theirs, "client."));
    if (one.octets("serviceResponse").empty() || !question.message) return;
    if (text_of(one.facts, "base") == "dummy peer")
        tally.judge("soap-messages, our consumer's verdict", one.name(), judge_peer(one, house.spool),
                    of_reader(theirs, "server.clientproxy."));
    else if (theirs == "accepted" || theirs.find("service_failed") != std::string::npos)
        tally.judge("soap-messages, our provider's reading", one.name(), judge_answer(one, question, house.spool),
                    theirs.ends_with("inconsistent_response") ? theirs : of_reader(theirs, "server.serverproxy."));
}

}  // namespace

TEST_CASE("every SOAP message of the original suite is read, or refused with the code that its test asserts") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    Premises premises;
    const auto exchanges = exchanges_of(*folder);
    REQUIRE_FALSE(exchanges.empty());
    const HouseThere there(premises, *folder, exchanges.front(), {{"VEC", "ORG", "1000"}, "ss1"});
    for (auto& facts : cases_of(*folder / "soap-messages"))
        judge_case({*folder / "soap-messages", std::move(facts)}, there.house);
    if (fs::exists(*folder / "soap-messages")) CHECK(Tally::all().ran("soap-messages, our consumer's reading") > 0);
}
