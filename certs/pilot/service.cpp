#include "certs/pilot/service.hpp"

#include "certs/channel/server.hpp"
#include "certs/channel/threads.hpp"
#include "certs/channel/url.hpp"
#include "certs/pilot/failures.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <thread>

namespace onceway::pilot {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr int try_later = 3, rejection = 2;  // OCSPResponseStatus, PKIStatus
constexpr std::chrono::milliseconds patience{5'000}, glance{10};

/// One of the two services: what it is called on the wire, and how it answers.
struct Desk {
    ServiceKind kind;
    const char* name;
    const char* question_type;
    const char* answer_type;
};
constexpr Desk ocsp_desk{ServiceKind::ocsp, "ocsp", "application/ocsp-request", "application/ocsp-response"};
constexpr Desk tsa_desk{ServiceKind::tsa, "tsa", "application/timestamp-query", "application/timestamp-reply"};

/// What all requests share.
struct House {
    std::shared_ptr<const Authority> authority;
    ServiceSettings settings;
    const Clock& clock;
};

Octets declined(ServiceKind kind) {
    return kind == ServiceKind::ocsp ? x509::ocsp_error(try_later)
                                     : timestamp::refusal(rejection, "The pilot was told to refuse");
}

// The octets of an answer under an instruction. Reads the ledger and signs, so it runs on the disk pool.
Result<Octets> answer(const House& house, ServiceKind kind, OctetsView question, const Instruction& instruction) {
    if (instruction.how == Failing::refuse) return declined(kind);
    if (instruction.how == Failing::garbage) return Octets("This is no answer; the pilot was told to send garbage.");
    const Instant at = house.clock.now() - (instruction.how == Failing::expire ? instruction.seconds : 0s);
    const bool wrongly = instruction.how == Failing::wrong;
    if (kind == ServiceKind::tsa)
        return wrongly ? house.authority->answer_time_stamp_wrongly(question, at)
                       : house.authority->answer_time_stamp(question, at);
    const Answering how{at, house.settings.next_update};
    return wrongly ? house.authority->answer_ocsp_wrongly(question, how) : house.authority->answer_ocsp(question, how);
}

awaitable<void> sleep(std::chrono::seconds time) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    constexpr auto quietly = boost::asio::as_tuple(boost::asio::use_awaitable);
    co_await timer.async_wait(quietly);
}

awaitable<void> say(channel::Exchange& exchange, int status, std::string_view reason, std::string_view type,
                    OctetsView body) {
    const message::Fields fields{{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}};
    const auto said = co_await exchange.respond(status, reason, fields, body);
    if (!said) log::debug("pilot.answer_lost", {{"reason", said.error().detail}});
}

// The whole question, or none when it is longer than any.
Async<Octets> read_question(channel::Exchange& exchange) {
    Octets question;
    while (true) {
        const auto octets = co_await exchange.read_body();
        if (!octets) co_return octets.error();
        if (octets->empty()) co_return question;
        question.append(*octets);
        if (question.size() > limits::ocsp_answer_octets)
            co_return fault(FaultCode::too_large, "The question is larger than 64 KiB");
    }
}

awaitable<void> attend(const House& house, const Desk& desk, channel::Exchange& exchange) {
    // 1. The question: POST only, of the one type.
    const std::string type(message::field(exchange.head().fields, "Content-Type").value_or(""));
    std::string complaint;
    int status = 400;
    std::string_view reason = "Bad Request";
    if (exchange.head().method != "POST") {
        status = 405, reason = "Method Not Allowed", complaint = "Send the question with POST.\n";
    } else if (!same_ignoring_case(type.substr(0, type.find(';')), desk.question_type)) {
        status = 415, reason = "Unsupported Media Type", complaint = fmt::format("Send {}.\n", desk.question_type);
    }
    Result<Octets> question = Octets();
    if (complaint.empty()) question = co_await read_question(exchange);
    if (!question) complaint = question.error().detail + "\n";
    if (!complaint.empty()) {
        exchange.close_after();
        co_await say(exchange, status, reason, "text/plain", complaint);
        co_return;
    }

    // 2. The answer, as the folder says at this moment.
    Result<Instruction> instruction = Instruction{};
    Result<Octets> answered = fault(FaultCode::internal_error, "not answered");
    std::function<void()> work = [&] {
        instruction = instruction_for(house.authority->folder(), desk.kind);
        answered =
            instruction ? answer(house, desk.kind, *question, *instruction) : Result<Octets>(instruction.error());
    };
    co_await channel::on_disk_pool(std::move(work));
    if (!answered) {
        complaint = answered.error().detail + "\n";
        log::error("pilot.answer_failed", {{"service", desk.name}, {"reason", answered.error().detail}});
        co_await say(exchange, 500, "Internal Server Error", "text/plain", complaint);
        co_return;
    }
    if (instruction->how != Failing::off)
        log::info("pilot.failed_on_purpose", {{"service", desk.name}, {"how", name_of(instruction->how)}});
    if (instruction->how == Failing::delay) co_await sleep(instruction->seconds);
    co_await say(exchange, 200, "OK", desk.answer_type, *answered);
}

struct Place {
    std::string address;
    std::uint16_t port;
};
Result<Place> read_place(const std::string& text) {
    const auto colon = text.rfind(':');
    const std::string digits = colon == std::string::npos ? "" : text.substr(colon + 1);
    const bool number =
        !digits.empty() && digits.size() <= 5 && digits.find_first_not_of("0123456789") == std::string::npos;
    if (!number || std::stoul(digits) > 65535)
        return fault(FaultCode::invalid_argument, "'" + text + "' is no address and port, such as 127.0.0.1:8888");
    std::string address = text.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
        address = address.substr(1, address.size() - 2);
    return Place{std::move(address), static_cast<std::uint16_t>(std::stoul(digits))};
}

}  // namespace

struct Service::Parts {
    House house;
    channel::Threads threads{1};
    std::string ocsp_address, tsa_address;
    std::unique_ptr<channel::Listener> ocsp, tsa;

    Result<std::unique_ptr<channel::Listener>> open(const Desk& desk, const std::string& where, std::string& address) {
        auto place = read_place(where);
        if (!place) return place.error();
        channel::ListenerSettings settings;
        settings.name = std::string("pilot-") + desk.name;
        settings.address = address = place->address;
        settings.port = place->port;
        return channel::Listener::open(threads, std::move(settings), [this, &desk](channel::Exchange& exchange) {
            return attend(house, desk, exchange);
        });
    }
};

Result<std::unique_ptr<Service>> Service::start(std::shared_ptr<const Authority> authority,
                                                const ServiceSettings& settings, const Clock& clock) {
    auto parts =
        std::unique_ptr<Parts>(new Parts{{std::move(authority), settings, clock}, channel::Threads(1), {}, {}, {}, {}});
    auto ocsp = parts->open(ocsp_desk, settings.ocsp, parts->ocsp_address);
    if (!ocsp) return ocsp.error();
    parts->ocsp = std::move(*ocsp);
    auto tsa = parts->open(tsa_desk, settings.tsa, parts->tsa_address);
    if (!tsa) return tsa.error();
    parts->tsa = std::move(*tsa);
    return std::unique_ptr<Service>(new Service(std::move(parts)));
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Service::~Service() { stop(); }

std::string Service::ocsp_url() const {
    return channel::Url{false, parts_->ocsp_address, parts_->ocsp->port(), "/"}.text();
}
std::string Service::tsa_url() const {
    return channel::Url{false, parts_->tsa_address, parts_->tsa->port(), "/"}.text();
}

void Service::stop() {
    for (auto* listener : {parts_->ocsp.get(), parts_->tsa.get()}) listener->stop_accepting();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (parts_->ocsp->in_flight() + parts_->tsa->in_flight() > 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(glance);
}

}  // namespace onceway::pilot
