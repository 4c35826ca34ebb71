#include "security-server/admin/asking.hpp"

#include "schemas/base/time.hpp"
#include "security-server/admin/local_socket.hpp"
#include "security-server/admin/pin.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace onceway::admin {
namespace {

namespace json = boost::json;
constexpr std::chrono::seconds patience{300};  // an RSA key of 4096 bits on a slow machine

}  // namespace

Result<Asking> Asking::of(const std::filesystem::path& folder) {
    auto file = load_server_file(folder);
    if (!file) return file.error();
    return Asking(std::move(*file));
}

bool Asking::running() const {
    const auto answer = ask_socket(file_.socket(), R"({"do":"state.show"})", std::chrono::seconds(5));
    return answer.has_value();
}

Result<Octets> Asking::ask_stopped(OctetsView line, bool needs_keys) {
    if (!stopped_) {
        auto opened = StoppedServer::open(file_, Clock::system());
        if (!opened) return opened.error();
        stopped_ = std::move(*opened);
    }
    if (needs_keys)
        if (auto unlocked = stopped_->unlock_by_file(); !unlocked) return unlocked.error();
    if (needs_keys && !stopped_->unlocked()) {
        const auto pin = type_pin("PIN of the keys: ");
        if (!pin) return pin.error();
        if (auto unlocked = stopped_->unlock(*pin); !unlocked) return unlocked.error();
    }
    return stopped_->answer(line);
}

Result<json::object> Asking::ask(const json::object& request, bool needs_keys) {
    const auto line = json::serialize(request);
    auto reply = stopped_ ? ask_stopped(line, needs_keys) : ask_socket(file_.socket(), line, patience);
    if (!reply && reply.error().code == FaultCode::network_error) reply = ask_stopped(line, needs_keys);
    if (!reply) return reply.error();
    return read_answer(*reply);
}

Result<json::object> read_answer(OctetsView reply) {
    boost::system::error_code error;
    auto parsed = json::parse(reply, error);
    if (error || !parsed.is_object())
        return fault(FaultCode::internal_error, "Asking the server: its answer is no JSON object.");
    auto answer = std::move(parsed.as_object());
    if (const auto* ok = answer.if_contains("ok"); ok && ok->is_bool() && ok->as_bool()) return answer;
    Fault refused = fault(FaultCode::invalid_request, text_in(answer, "detail"));
    for (const auto& row : fault_table)
        if (row.spelling == text_in(answer, "code")) refused.code = row.code;
    return refused;
}

std::string text_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->as_string()) : std::string{};
}

Outcome complain(const Fault& fault) {
    fmt::print(stderr, "{}\n({}: {})\n", fault.detail, fault.wire_code(), advice(fault.code));
    return Outcome::no;
}

void print(const json::object& object) { fmt::print("{}\n", json::serialize(object)); }

bool confirmed(const std::string& question) {
    if (::isatty(STDIN_FILENO) == 0) return false;
    fmt::print(stderr, "{} [y/N] ", question);
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace onceway::admin
