#include "tests/security-server/records/samples.hpp"

#include "schemas/message/rest.hpp"
#include "security-server/records/stamp_tree.hpp"

#include <fmt/format.h>

namespace onceway::tests {

SealingMember::SealingMember() = default;
SealingMember::~SealingMember() = default;

signature::SigningKey SealingMember::key() const { return {signer.key, signer.certificate, {}, {ocsp}}; }

std::shared_ptr<const x509::Trust> SealingMember::trust() const {
    auto parameters = shared_parameters(authority, &tsa);
    parameters.sources.push_back({"127.0.0.1", {}, {authority.certificate().der()}});
    add_member(parameters, consumer);
    add_member(parameters, service.provider);
    return trust_of(std::move(parameters));
}

std::string random_octets(std::size_t count, std::uint32_t state) {
    std::string octets(count, '\0');
    for (auto& octet : octets) octet = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return octets;
}

std::shared_ptr<channel::Payload> body_of(std::string_view octets, const std::filesystem::path& spool) {
    auto payload = std::make_shared<channel::Payload>(spool);
    must(run(payload->append(octets)));
    payload->seal();
    return payload;
}

std::shared_ptr<channel::Payload> attachments_of(const std::vector<std::string>& contents,
                                                 const std::filesystem::path& spool) {
    auto payload = std::make_shared<channel::Payload>(spool);
    for (const auto& content : contents) {
        must(run(payload->append(content)));
        payload->end_part();
    }
    payload->seal();
    return payload;
}

records::Record request(std::string message_id, std::shared_ptr<channel::Payload> body) {
    records::Record record;
    record.side = records::Side::client;
    record.direction = records::Direction::request;
    record.client = consumer;
    record.service = service;
    record.request_id = "6a60c558-16f1-40f0-8450-7caefeed3225";
    record.message = message::write_rest_request(body ? "POST" : "GET", "/r1/TEST/GOV/2/provider/roads/permits/17",
                                                 {{"X-Road-Client", "TEST/GOV/1/consumer"}, {"x-road-id", message_id}},
                                                 record.request_id, std::nullopt);
    record.message_id = std::move(message_id);
    record.body = std::move(body);
    record.at = test_time();
    return record;
}

records::Record soap_request(std::string message_id, std::shared_ptr<channel::Payload> attachments) {
    auto record = request(message_id, std::move(attachments));
    record.language = message::Language::soap;
    record.message = fmt::format(
        R"(<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/")"
        R"( xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"><s:Header>)"
        R"(<x:client id:objectType="SUBSYSTEM"><id:xRoadInstance>TEST</id:xRoadInstance><id:memberClass>GOV</id:memberClass>)"
        R"(<id:memberCode>1</id:memberCode><id:subsystemCode>consumer</id:subsystemCode></x:client>)"
        R"(<x:service id:objectType="SERVICE"><id:xRoadInstance>TEST</id:xRoadInstance><id:memberClass>GOV</id:memberClass>)"
        R"(<id:memberCode>2</id:memberCode><id:subsystemCode>provider</id:subsystemCode>)"
        R"(<id:serviceCode>roads</id:serviceCode></x:service><x:id>{}</x:id><x:protocolVersion>4.0</x:protocolVersion>)"
        R"(</s:Header><s:Body><r:roads xmlns:r="urn:roads"><permit>17</permit></r:roads></s:Body></s:Envelope>)",
        message_id);
    return record;
}

records::Record with_evidence(records::Record record, std::string_view signature) {
    record.seal.signature = std::make_shared<const Octets>(signature);
    return record;
}

records::Record sealed(records::Record record, const SealingMember& member) {
    std::vector<Octets> digests{keys::sha512(record.message)};
    if (record.body)
        for (const auto& part : record.body->parts()) digests.push_back(part.sha512);
    record.seal = must(signature::seal_now(member.key(), digests, record.at));
    return record;
}

std::uint64_t append(records::MessageLog& log, records::Record record) {
    return must(outcome_of(log.append(std::move(record))));
}

std::unique_ptr<records::MessageLog> open_log(const records::MessageLog::Settings& settings) {
    return must(records::MessageLog::open(settings, Clock::system()));
}

std::unique_ptr<records::MessageLog> open_log(const std::filesystem::path& folder, std::uint64_t body_limit) {
    return open_log(records::MessageLog::Settings{folder, body_limit});
}

Result<Octets> exported(records::MessageLog& log, std::uint64_t number) {
    Octets container;
    auto done = log.export_container(number, [&](OctetsView octets) { container += octets; });
    if (!done) return std::move(done).error();
    return container;
}

void stamp_all(records::MessageLog& log, const Identity& tsa) {
    const auto waiting = must(log.unstamped(10'000));
    records::MessageLog::Stamp stamp{{}, test_time(), {}, {}};
    std::vector<Octets> leaves;
    for (const auto& [number, leaf] : waiting) {
        stamp.records.emplace_back(number, leaf);
        leaves.push_back(leaf);
    }
    if (leaves.size() > 1)
        stamp.chain_result = records::StampTree(leaves).result_document();
    else
        stamp.records.front().second.clear();
    const auto data = leaves.size() > 1 ? stamp.chain_result : must(log.signature_value(waiting.front().number));
    stamp.token = time_stamp(tsa, data);
    must(log.keep_stamp(stamp));
}

}  // namespace onceway::tests
