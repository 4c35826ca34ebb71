// What a server writes from what it was given: parts, bodies, digests, chains, framing and faults of recorded
// exchanges, written again by our own writers, to the octet.
#include "certs/signature/tree.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/hash_chain.hpp"
#include "security-server/provider/catalogue.hpp"
#include "security-server/transport/incoming.hpp"
#include "security-server/transport/outgoing.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/recorded.hpp"
#include "tests/support/run.hpp"

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;
using transport::Incoming;

namespace {

/// A recorded message as our reader took it; nothing when it could not.
struct Taken {
    TemporaryFolder spool;
    std::optional<Incoming> incoming;
    std::string boundary;

    Taken(const RecordedHttp& http, Incoming::Expect expect) {
        const auto named = transport::message_boundary(http.field("Content-Type"));
        if (!named) return;
        boundary = *named;
        incoming.emplace(expect, boundary, spool.path());
        transport::GivenSource source(http.body);
        auto read = run(incoming->read_rest(source));
        if (!read || incoming->relayed()) incoming.reset();
    }
    explicit operator bool() const {
        return incoming && (incoming->request() || incoming->response() || incoming->soap());
    }
    const transport::Message& message() const { return incoming->received(); }
};

struct Rebuilding {
    const RecordedExchange& exchange;
    std::optional<RecordedHttp> request_http = exchange.http("request-proxy"),
                                response_http = exchange.http("response-proxy");
    std::optional<Taken> request, response;

    explicit Rebuilding(const RecordedExchange& given) : exchange(given) {
        if (request_http) request.emplace(*request_http, Incoming::Expect::request);
        if (response_http) response.emplace(*response_http, Incoming::Expect::response);
    }
    void equal(const char* what, bool same) const {
        Tally::all().equal(std::string("written: ") + what, exchange.name, same);
    }
    bool altered(std::string_view side) const {
        return exchange.tampered() == side || exchange.tampered() == "nothing" ||
               exchange.facts.as_object().contains("requestMadeBy");
    }

    void request_part() const {
        const auto client = exchange.http("request-client");
        if (exchange.soap() || !client || !request || !*request || altered("request")) return;
        const auto blank = client->start.find(' '), second = client->start.rfind(' ');
        const auto& read = *request->incoming->request();
        std::optional<std::string_view> made;
        if (!message::field(client->fields, "X-Road-Id")) made = read.id;
        const auto part = message::write_rest_request(client->start.substr(0, blank),
                                                      client->start.substr(blank + 1, second - blank - 1),
                                                      client->fields, text_of(exchange.facts, "xRoadRequestId"), made);
        equal("REST request part", part == request->message().part);
        const auto& body = request->message().body;
        equal("REST request body", body ? body->sha512() == keys::sha512(client->body) : client->body.empty());
    }
    void request_hash() const {
        const auto recorded = text_of(exchange.facts, "requestHash");
        if (request && *request && !recorded.empty())
            equal("request hash", to_base64(request->message().request_hash()) == recorded);
    }
    void response_part() const {
        const auto service = exchange.http("response-service");
        if (exchange.soap() || !service || !request || !*request || !response || !*response || altered("response") ||
            !request_http)
            return;
        const auto& asked = *request->incoming->request();
        if (provider::answers_by_itself(asked)) return;  // the recorded service was another one
        const auto first = service->start.find(' '),
                   second = std::min(service->start.find(' ', first + 1), service->start.size());
        const auto status = std::stoi(service->start.substr(first + 1, 3));
        const auto reason = second < service->start.size() ? service->start.substr(second + 1) : std::string();
        const auto part =
            message::write_rest_response(status, reason, service->fields,
                                         {asked.id, asked.client, asked.parsed.service,
                                          request_http->field("x-road-request-id"), request->message().request_hash()});
        equal("REST response part", part == response->message().part);
        const auto& body = response->message().body;
        equal("REST response body", body ? body->sha512() == keys::sha512(service->body) : service->body.empty());
    }
    /// A message signed alone commits to its parts in the one way there is.
    void chain(const char* side, const std::optional<Taken>& taken) const {
        if (!taken || !*taken || altered(side) || batch_size(side) != 1) return;
        const auto& seal = taken->message().seal;
        if (!seal.chain_result || seal.chain.empty()) return;
        const auto ours = signature::build_tree({taken->message().digests()});
        const auto result = message::parse_hash_chain_result(*seal.chain_result);
        const auto chain = message::parse_hash_chain(seal.chain);
        equal("hash chain result",
              result && message::write_hash_chain_result(*result) == message::write_hash_chain_result(ours.result));
        equal("hash chain",
              chain && message::write_hash_chain(*chain) == message::write_hash_chain(ours.chains.front()));
    }
    std::int64_t batch_size(std::string_view side) const {
        const auto* batch = exchange.facts.as_object().if_contains("batch");
        if (!batch) return 1;
        const auto* size = batch->as_object().if_contains(std::string(side) + "BatchSize");
        return size ? size->as_int64() : 1;
    }
    void framing(const char* side, const std::optional<RecordedHttp>& http, const std::optional<Taken>& taken) const {
        if (!http || !taken || !*taken || altered(side)) return;
        transport::KeptOctets again;
        auto written = run(transport::write_message(again, taken->boundary, taken->message()));
        equal("multipart framing", written && again.octets == http->body);
    }
    void fault() const {
        if (!response_http || response_http->media_type() != "text/xml" || altered("response")) return;
        const auto read = message::read_soap_fault(response_http->body);
        equal("fault between servers", read && *read && message::write_soap_fault(**read) == response_http->body);
        const auto client = exchange.http("response-client"), asked = exchange.http("request-client");
        if (exchange.soap() || !client || !asked || !read || !*read) return;  // SOAP's callers get it as it is
        std::vector<std::string> accept;
        for (const auto& [name, value] : asked->fields)
            if (same_ignoring_case(name, "Accept")) accept.push_back(value);
        const auto error = message::write_rest_error(**read, accept);
        equal("error to the information system",
              error.body == client->body && client->start.find(std::to_string(error.status)) == 9);
    }
};

/// The way through a tree: which side at each step.
std::vector<bool> path_of(const message::HashChain& chain) {
    std::vector<bool> path;
    for (const auto& step : chain.steps)
        if (step.items.size() == 2)
            for (std::size_t i = 0; i < 2; ++i)
                if (step.items[i].kind == message::HashItem::Kind::value) path.push_back(i == 0);
    return path;
}

/// Messages of one batch, by the result document that they share.
struct Batches {
    struct Batch {
        std::int64_t size = 0;
        std::string names;
        std::map<std::vector<bool>, Octets> leaves;  // in the order of the tree
    };
    std::map<Octets, Batch> batches;

    void add(const Rebuilding& one, const char* side, const std::optional<Taken>& taken) {
        if (!taken || !*taken || one.batch_size(side) < 2) return;
        const auto& seal = taken->message().seal;
        const auto chain = message::parse_hash_chain(seal.chain);
        if (!seal.chain_result || !chain) return;
        auto& batch = batches[*seal.chain_result];
        batch.size = one.batch_size(side);
        batch.names += one.exchange.name + " ";
        batch.leaves.emplace(path_of(*chain), signature::leaf_value(taken->message().digests()));
    }
    void check() const {
        for (const auto& [result, batch] : batches) {
            if (static_cast<std::int64_t>(batch.leaves.size()) < batch.size) continue;  // not all of it was recorded
            std::vector<Octets> leaves;
            for (const auto& [path, leaf] : batch.leaves) leaves.push_back(leaf);
            const auto read = message::parse_hash_chain_result(result);
            Tally::all().equal("written: tree of a whole batch", batch.names,
                               read && read->digest == signature::tree_root(leaves));
        }
    }
};

}  // namespace

TEST_CASE("what a recorded server wrote from what it was given, our writers write to the octet") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    Batches batches;
    for (const auto& exchange : exchanges_of(*folder)) {
        const Rebuilding one(exchange);
        one.request_part();
        one.request_hash();
        one.response_part();
        one.chain("request", one.request);
        one.chain("response", one.response);
        one.framing("request", one.request_http, one.request);
        one.framing("response", one.response_http, one.response);
        one.fault();
        if (exchange.group != "exchanges") continue;
        batches.add(one, "request", one.request);
        batches.add(one, "response", one.response);
    }
    batches.check();
    CHECK(Tally::all().ran("written: REST request part") > 0);
    CHECK(Tally::all().ran("written: tree of a whole batch") > 0);
}
