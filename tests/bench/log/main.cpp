// bench_log [FOLDER [SIZE]]: the writer's part of the message log alone, on one thread: processor time and octets on
// disk for each record, and how long a commit takes, by the number of records in a commit and by what their bodies are.
// The figures that came of it stand in docs/performance.md. FOLDER chooses the disk; a new folder in it is removed
// again. SIZE: only commits of so many records, many of them, for a profile.
#include "certs/signature/sealer.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/records/store.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <random>

namespace onceway {
namespace {

using records::Direction;
using records::Record;
using Folder = std::filesystem::path;

const identity::ClientId client{"DEMO", "GOV", "EDUCATION", "admission"};
const identity::ServiceId service{{"DEMO", "GOV", "HOME", "people"}, "register", "v1"};
std::mt19937_64 chance(7);

enum class Bodies { letters, text, random, soap };

/// A kibibyte: letters at random, as `./dev bench` sends it, also inside an envelope; JSON as a register might answer;
/// or noise.
std::string body_of(Bodies kind) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string body;
    while ((kind == Bodies::letters || kind == Bodies::soap) && body.size() < 1024)
        body += letters[chance() % letters.size()];
    while (kind == Bodies::random && body.size() < 1024) body += static_cast<char>(chance());
    while (kind == Bodies::text && body.size() < 900)
        body += fmt::format(
            R"({{"personalCode":"{}","dateOfBirth":"19{:02}-{:02}-{:02}","municipality":"{:04x}","valid":{}}},)",
            38'000'000'000 + chance() % 999'999'999, chance() % 100, chance() % 12 + 1, chance() % 28 + 1,
            chance() % 65'536, chance() % 2 ? "true" : "false");
    body.resize(1024, ' ');
    return body;
}

std::shared_ptr<channel::Payload> payload(const std::string& octets, const Folder& folder) {
    auto body = std::make_shared<channel::Payload>(folder);
    boost::asio::io_context context;
    auto take = [&]() -> boost::asio::awaitable<void> { (void)co_await body->append(octets); };
    boost::asio::co_spawn(context, take(), [](std::exception_ptr) {});
    context.run();
    body->seal();
    return body;
}

signature::SigningKey signing_key() {
    const auto key = std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_rsa(2048));
    const auto now = Clock::system().now();
    const x509::Issue wanted{{{"CN", "bench"}},
                             key->public_key().spki(),
                             x509::Profile::signing,
                             {},
                             now - std::chrono::hours(1),
                             now + std::chrono::hours(24),
                             {},
                             {}};
    return {key, x509::issue(wanted, nullptr, *key).value(), {}, {std::string(1500, 'o')}};
}

std::string identifier(std::string_view name, std::string_view type, const identity::ClientId& id,
                       std::string_view more) {
    return fmt::format(
        "<xrd:{0} iden:objectType=\"{1}\">\n<iden:xRoadInstance>{2}</iden:xRoadInstance>\n<iden:memberClass>{3}"
        "</iden:memberClass>\n<iden:memberCode>{4}</iden:memberCode>\n<iden:subsystemCode>{5}</iden:subsystemCode>\n"
        "{6}</xrd:{0}>\n",
        name, type, id.instance, id.member_class, id.member_code, *id.subsystem, more);
}

/// What a SOAP system asks or answers: a header as frameworks write it, and a kibibyte in the body.
Octets envelope_of(Direction direction, const Record& record) {
    const bool asks = direction == Direction::request;
    const auto hash =
        asks ? std::string()
             : fmt::format("<xrd:requestHash algorithmId=\"{}\">{}</xrd:requestHash>",
                           "http://www.w3.org/2001/04/xmlenc#sha512", to_base64(keys::sha512(random_uuid())));
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope"
        " xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xrd=\"http://x-road.eu/xsd/xroad.xsd\""
        " xmlns:iden=\"http://x-road.eu/xsd/identifiers\">\n<soapenv:Header>\n{}{}<xrd:id>{}</xrd:id>{}"
        "<xrd:protocolVersion>4.0</xrd:protocolVersion>\n</soapenv:Header>\n<soapenv:Body>\n<g:getGrant{}"
        " xmlns:g=\"http://grants.example\"><g:data>{}</g:data></g:getGrant{}>\n</soapenv:Body>\n</soapenv:Envelope>\n",
        identifier("client", "SUBSYSTEM", record.client, ""),
        identifier("service", "SERVICE", record.service.provider,
                   "<iden:serviceCode>getGrant</iden:serviceCode>\n<iden:serviceVersion>v1</iden:serviceVersion>\n"),
        record.message_id, hash, asks ? "" : "Response", body_of(Bodies::soap), asks ? "" : "Response");
}

Record record_of(Direction direction, Bodies bodies, const Folder& folder) {
    Record record{records::Side::client, direction, client, service, "DEMO-" + random_uuid(), random_uuid()};
    record.at = Clock::system().now();
    if (bodies == Bodies::soap) {
        record.language = message::Language::soap;
        record.message = envelope_of(direction, record);
        return record;
    }
    const message::Fields fields{{"Accept", "*/*"},
                                 {"Content-Type", "application/json"},
                                 {"X-Road-Client", "DEMO/GOV/EDUCATION/admission"},
                                 {"x-road-id", record.message_id},
                                 {"Date", "Sat, 21 Nov 2026 10:00:00 GMT"}};
    if (direction == Direction::request)
        record.message = message::write_rest_request("POST", "/r1/DEMO/GOV/HOME/people/register/v1/persons", fields,
                                                     record.request_id, std::nullopt);
    else
        record.message = message::write_rest_response(
            200, "OK", fields, {record.message_id, client, service, record.request_id, keys::sha512(random_uuid())});
    record.body = payload(body_of(bodies), folder);
    return record;
}

/// Groups as they are committed: each half requests and half responses, and each half signed as one batch.
std::vector<std::vector<Record>> groups_of(std::size_t size, std::size_t count, Bodies bodies, const Folder& folder) {
    static const auto key = signing_key();
    std::vector<std::vector<Record>> groups(count);
    for (std::size_t g = 0; g < count; ++g)
        for (std::size_t begin = 0; begin < size; begin += std::max<std::size_t>(size / 2, 1)) {
            std::vector<std::vector<Octets>> digests;
            const auto end = std::min(begin + std::max<std::size_t>(size / 2, 1), size);
            const bool asks = size == 1 ? g % 2 == 0 : begin == 0;
            for (auto i = begin; i < end; ++i) {
                auto& record =
                    groups[g].emplace_back(record_of(asks ? Direction::request : Direction::response, bodies, folder));
                auto& parts = digests.emplace_back(1, keys::sha512(record.message));
                if (record.body) parts.push_back(record.body->sha512());
            }
            auto seals = signature::seal_together(key, digests, groups[g].back().at).value();
            for (auto i = begin; i < end; ++i) groups[g][i].seal = std::move(seals[i - begin]);
        }
    return groups;
}

double thread_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

std::uint64_t octets_in(const Folder& folder) { return std::filesystem::file_size(folder / "messages.db"); }

void measure(std::size_t size, std::size_t count, Bodies bodies, const char* name, const Folder& parent) {
    const auto folder = parent / ("bench-log-" + random_uuid());
    std::filesystem::create_directories(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    const auto groups = groups_of(size, count, bodies, folder);
    std::vector<double> walls;
    double spent = 0;
    std::uint64_t before = 0, number = 0;
    const auto commit = [&](records::StoreWriter& store, const std::vector<Record>& group) {
        const auto began = std::chrono::steady_clock::now();
        const auto cpu = thread_microseconds();
        store.commit([&] {
            for (const auto& record : group)
                store.insert(++number,
                             {record, record.body ? std::optional(record.body->view()) : std::nullopt, nullptr});
        });
        spent += thread_microseconds() - cpu;
        walls.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
    };
    commit(*records::StoreWriter::open(folder / "messages.db").value(), groups.front());
    before = octets_in(folder), spent = 0, walls.clear();
    {
        auto store = records::StoreWriter::open(folder / "messages.db").value();
        for (std::size_t g = 1; g < count; ++g) commit(*store, groups[g]);
    }
    const auto written = static_cast<double>((count - 1) * size);
    std::ranges::sort(walls);
    fmt::print(
        "{:10} {:4} a commit  {:7.1f} us a record  {:6.0f} octets an exchange  {:6.0f} us a commit, p99 {:6.0f}\n",
        name, size, spent / written, static_cast<double>(octets_in(folder) - before) / written * 2,
        walls[walls.size() / 2], walls[walls.size() * 99 / 100]);
    std::fflush(stdout);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace onceway

int main(int count, char** words) {
    using namespace onceway;
    const Folder folder = count > 1 ? Folder(words[1]) : std::filesystem::temp_directory_path();
    if (count > 2) {
        const auto size = static_cast<std::size_t>(std::max(1, std::atoi(words[2])));
        measure(size, 20'000 / size, Bodies::letters, "letters", folder);
        return 0;
    }
    for (const auto& [bodies, name] : {std::pair{Bodies::letters, "letters"}, std::pair{Bodies::text, "text"},
                                       std::pair{Bodies::random, "random"}, std::pair{Bodies::soap, "soap"}})
        for (const std::size_t size : {1, 2, 5, 10, 20, 64, 128})
            if (bodies == Bodies::letters || bodies == Bodies::soap || size == 1 || size == 20)
                measure(size, std::clamp<std::size_t>(4'000 / size, 100, 600), bodies, name, folder);
    return 0;
}
