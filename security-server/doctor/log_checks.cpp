// The message log: does it open, is it whole, does every record get its time-stamp in time.
#include "security-server/doctor/checks.hpp"
#include "security-server/records/message_log.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace onceway::doctor {
namespace {

constexpr auto group = Group::log;
constexpr std::int64_t freshness_unless_told_s = 3'600;

std::int64_t freshness(const Patient& patient) {
    return patient.stored ? patient.stored->shared.ocsp_freshness_seconds : freshness_unless_told_s;
}

Finding stamps(const std::string& where, std::uint64_t unstamped, std::int64_t oldest_s, std::int64_t most_s) {
    const auto found = unstamped == 0
                           ? std::string("Every record has its time-stamp.")
                           : fmt::format("{} records wait for a time-stamp, the oldest for {} s.", unstamped, oldest_s);
    if (unstamped == 0 || oldest_s * 2 <= most_s) return ok(group, "unstamped", where, found);
    const auto next = fmt::format(
        "Mend the time-stamping authorities above: a stamp that comes later than {} s after its "
        "record no longer proves the signature.",
        most_s);
    if (oldest_s <= most_s) return warning(group, "unstamped", where, found, Turn::authority, next);
    return failed(group, "unstamped", where, found, Turn::authority, next);
}

std::vector<Finding> of_running(const Patient& patient) {
    const auto where = patient.file.log_folder.string();
    const auto& told = section(patient.status, "message_log");
    std::vector<Finding> findings;
    if (is_true(told, "writable"))
        findings.push_back(ok(group, "log", where,
                              fmt::format("It can be written; last record {}, {} waiting.",
                                          number_in(told, "last_number"), number_in(told, "waiting"))));
    else
        findings.push_back(
            failed(group, "log", where, admin::text_in(told, "trouble"), Turn::here,
                   "Every message is refused until it can be written: see folder and disk above. After an "
                   "input/output error the server must be restarted."));
    findings.push_back(stamps(where, static_cast<std::uint64_t>(number_in(told, "unstamped")),
                              number_in(told, "oldest_unstamped_s"), freshness(patient)));
    return findings;
}

/// Opens it as the start does: every check of the tables, the numbers of the tail, its bodies.
std::vector<Finding> of_stopped(const Patient& patient) {
    const auto where = patient.file.log_folder.string();
    std::error_code error;
    if (!std::filesystem::exists(patient.file.log_folder / "messages.db", error))
        return {ok(group, "log", where, "There is none yet; the first start makes it.")};
    const auto log = records::MessageLog::open({patient.file.log_folder, patient.file.body_limit}, patient.clock);
    if (!log)
        return {
            failed(group, "log", where, log.error().detail, Turn::here,
                   "Do not delete it: it is evidence. Put permissions right, or restore it from the backup and keep "
                   "the damaged one.")};
    const auto health = (*log)->health();
    const auto age =
        health.oldest_unstamped
            ? std::chrono::duration_cast<std::chrono::seconds>(patient.clock.now() - *health.oldest_unstamped).count()
            : 0;
    return {ok(group, "log", where, fmt::format("It opens and its tail is whole; last record {}.", health.last_number)),
            stamps(where, health.unstamped, age, freshness(patient))};
}

}  // namespace

Checks log_checks(const PatientPtr& patient) {
    if (patient->silent) return {};  // the folder is not ours to open
    return {
        {unknown(group, "log", patient->file.log_folder.string(), "A large log takes longer to look through.",
                 "Start the server: it looks before it serves, and says what it found."),
         [patient] { return Outcome{patient->running ? of_running(*patient) : of_stopped(*patient), {}, nullptr}; }}};
}

}  // namespace onceway::doctor
