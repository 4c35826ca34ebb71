#include "security-server/metadata/signed_documents.hpp"

#include "certs/channel/threads.hpp"
#include "certs/container/asic.hpp"
#include "schemas/base/log.hpp"
#include "security-server/metadata/form.hpp"
#include "security-server/metadata/spool.hpp"

#include <algorithm>
#include <variant>

namespace onceway::metadata {
namespace {

constexpr std::string_view not_stamped = "Message signature has not been timestamped yet!";

boost::asio::awaitable<void> refuse(channel::Exchange& exchange, int status, std::string_view reason,
                                    std::string_view text) {
    const message::Fields fields{{"Content-Type", "text/plain; charset=UTF-8"}};
    auto sent = co_await exchange.respond(status, reason, fields, text);
    if (!sent) log::info("documents.not_delivered", {{"reason", sent.error().detail}});
}

/// The first of `names` that the query lacks, in the words of message-log §7.2.
std::optional<std::string> missing(const Query& query, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (query.value(name).value_or("").empty())
            return "Parameter \"" + std::string(name) + "\"  must be specified.";
    return std::nullopt;
}

bool is_stamped(const records::Stored& record) { return record.stamped; }

}  // namespace

/// What a query asks for.
struct SignedDocuments::Wanted {
    identity::ClientId client;
    std::string message_id;
    bool requests = true, responses = true, unique = false, force = false;

    bool both() const { return requests && responses; }
    bool includes(const records::Stored& record) const {
        return record.direction == records::Direction::request ? requests : responses;
    }
    /// E[-request|-response].zip. Rule: message-log §4.10.
    std::string zip_name() const {
        return form_encoded(message_id) + (both() ? "" : requests ? "-request" : "-response") + ".zip";
    }
};

SignedDocuments::SignedDocuments(records::MessageLog& log, Access access, Stamp stamp, const Clock& clock,
                                 std::filesystem::path spool)
    : log_(log), access_(std::move(access)), stamp_(std::move(stamp)), clock_(clock), spool_(std::move(spool)) {}

boost::asio::awaitable<void> SignedDocuments::answer(channel::Exchange& exchange) const {
    // 1. Whose log?
    const auto query = Query::of(exchange.head().target);
    if (auto lacks = missing(query, {"xRoadInstance", "memberClass", "memberCode"})) {
        co_await refuse(exchange, 400, "Bad Request", *lacks);
        co_return;
    }
    Wanted wanted;
    wanted.client = {std::string(*query.value("xRoadInstance")), std::string(*query.value("memberClass")),
                     std::string(*query.value("memberCode")), std::nullopt};
    if (const auto subsystem = query.value("subsystemCode")) wanted.client.subsystem = std::string(*subsystem);

    // 2. May this connection read it?
    if (auto admitted = access_(wanted.client, exchange); !admitted) {
        co_await refuse(exchange, 401, "Unauthorized", admitted.error().detail);
        co_return;
    }

    // 3. and 4. Which messages?
    if (auto lacks = missing(query, {"queryId"})) {
        co_await refuse(exchange, 400, "Bad Request", *lacks);
        co_return;
    }
    wanted.message_id = std::string(*query.value("queryId"));
    wanted.unique = query.has("unique");
    wanted.force = query.has("force");
    if (query.has("requestOnly") && query.has("responseOnly")) {
        co_await refuse(exchange, 400, "Bad Request",
                        "Parameters \"requestOnly\" and \"responseOnly\" exclude each other.");
        co_return;
    }
    if (query.has("requestOnly")) wanted.responses = false;
    if (query.has("responseOnly")) wanted.requests = false;

    // 5. Are there any?
    auto records = co_await found(wanted);
    if (!records || records->empty()) {
        if (records)
            co_await refuse(exchange, 404, "Not Found", "No signed documents found");
        else
            co_await refuse(exchange, 500, "Internal Server Error", records.error().detail);
        co_return;
    }

    // 6. and 7. Are they time-stamped, or shall they be now?
    if (!std::ranges::all_of(*records, is_stamped)) {
        if (!wanted.force) {
            co_await refuse(exchange, 500, "Internal Server Error", not_stamped);
            co_return;
        }
        auto done = co_await stamped(*records);
        if (!done) {
            co_await refuse(exchange, 500, "Internal Server Error", done.error().detail);
            co_return;
        }
    }

    // 8. One document needs to know which.
    if (wanted.unique && wanted.both()) {
        co_await refuse(exchange, 400, "Bad Request",
                        "Parameter \"unique\" needs \"requestOnly\" or \"responseOnly\" beside it.");
        co_return;
    }
    auto sent = co_await send(exchange, wanted, std::move(*records));
    if (sent) co_return;
    if (!exchange.answered())
        co_await refuse(exchange, 500, "Internal Server Error", sent.error().detail);
    else
        log::info("documents.not_delivered", {{"reason", sent.error().detail}});
}

Async<std::vector<records::Stored>> SignedDocuments::found(const Wanted& wanted) const {
    Result<std::vector<records::Stored>> records = std::vector<records::Stored>();
    std::function<void()> work = [&] { records = log_.find(wanted.client, wanted.message_id); };
    co_await channel::on_disk_pool(std::move(work));
    if (records) std::erase_if(*records, [&](const records::Stored& record) { return !wanted.includes(record); });
    co_return std::move(records);
}

Async<void> SignedDocuments::stamped(const std::vector<records::Stored>& records) const {
    std::vector<std::uint64_t> numbers;
    for (const auto& record : records)
        if (!record.stamped) numbers.push_back(record.number);
    co_return co_await stamp_(std::move(numbers));
}

Async<void> SignedDocuments::send(channel::Exchange& exchange, const Wanted& wanted,
                                  std::vector<records::Stored> records) const {
    if (wanted.unique) records.resize(1);
    const auto name_of = [](const records::Stored& record) {
        return container::container_name(record.message_id, record.direction == records::Direction::response,
                                         record.number);
    };
    using Sink = std::function<void(OctetsView)>;
    std::function<Result<void>(const Sink&)> fill = [&](const Sink& sink) -> Result<void> {
        if (wanted.unique) return log_.export_container(records.front().number, sink);
        container::ZipWriter zip(sink, clock_.now());
        for (const auto& record : records) {
            zip.begin(name_of(record), 0);
            auto exported = log_.export_container(record.number, [&](OctetsView octets) { zip.write(octets); });
            if (!exported) return exported;
            zip.end();
        }
        zip.finish();
        return {};
    };
    auto spool = co_await Spool::filled(spool_, std::move(fill));
    if (!spool) co_return std::move(spool).error();
    message::Fields fields{
        {"Content-Type", wanted.unique ? "application/vnd.etsi.asic-e+zip" : "application/zip"},
        {"Content-Disposition",
         "attachment; filename=\"" + (wanted.unique ? name_of(records.front()) : wanted.zip_name()) + '"'}};
    co_return co_await (*spool)->send(exchange, std::move(fields));
}

}  // namespace onceway::metadata
