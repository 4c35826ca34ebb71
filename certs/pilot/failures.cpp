#include "certs/pilot/failures.hpp"

#include "schemas/store/database.hpp"

#include <boost/json.hpp>

#include <array>

namespace onceway::pilot {
namespace {

constexpr std::array<std::string_view, 6> names{"off", "refuse", "delay", "expire", "wrong", "garbage"};
constexpr std::chrono::seconds default_delay{5}, default_age{86400}, longest{10 * 365 * 86400};

// One file a service, so that two instructions given at once do not overwrite each other.
std::filesystem::path file_of(const std::filesystem::path& folder, ServiceKind service) {
    return folder / (service == ServiceKind::ocsp ? "fail-ocsp.json" : "fail-tsa.json");
}

}  // namespace

std::string_view name_of(Failing how) { return names[static_cast<std::size_t>(how)]; }

std::optional<Failing> failing_from_name(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Failing>(i);
    return {};
}

Result<Instruction> instruct(const std::filesystem::path& folder, ServiceKind service, Failing how,
                             std::optional<std::chrono::seconds> seconds) {
    const bool timed = how == Failing::delay || how == Failing::expire;
    if (seconds && (!timed || seconds->count() < 0 || *seconds > longest))
        return fault(FaultCode::invalid_argument,
                     "Failing on purpose: --seconds goes with delay and expire, from 0 to ten years");
    Instruction instruction{how, std::chrono::seconds(0)};
    if (timed) instruction.seconds = seconds.value_or(how == Failing::delay ? default_delay : default_age);
    const boost::json::object json{
        {"format", "onceway-pilot-fail/1"}, {"how", name_of(how)}, {"seconds", instruction.seconds.count()}};
    if (auto written = store::write_whole(file_of(folder, service), boost::json::serialize(json) + "\n"); !written)
        return written.error();
    return instruction;
}

Result<Instruction> instruction_for(const std::filesystem::path& folder, ServiceKind service) {
    const auto file = file_of(folder, service);
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return Instruction{};
    const auto text = store::read_whole(file, 4096);
    if (!text) return text.error();
    try {
        const auto json = boost::json::parse(*text).as_object();
        const auto how = failing_from_name(json.at("how").as_string());
        if (how) return Instruction{*how, std::chrono::seconds(json.at("seconds").as_int64())};
    } catch (const std::exception&) {  // said below, whatever is wrong with it
    }
    return fault(FaultCode::io_error, "Reading " + file.string() + ": it is damaged; give the instruction anew");
}

}  // namespace onceway::pilot
