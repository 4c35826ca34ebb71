#include "security-server/doctor/command.hpp"

#include "security-server/doctor/examination.hpp"
#include "security-server/doctor/report.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace onceway::doctor {
namespace {

/// On a terminal: how far it is, in one line that is written over and wiped out in the end.
void show_progress(std::size_t done, std::size_t of) {
    if (done < of)
        fmt::print(stderr, "\r{} of {} checks … ", done, of);
    else
        fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
}

}  // namespace

admin::Outcome doctor(const Options& options) {
    const auto began = std::chrono::steady_clock::now();
    auto asking = admin::Asking::of(options.folder);
    if (!asking) {
        admin::complain(asking.error());
        return admin::Outcome::could_not_tell;
    }
    Wishes wishes{options.peers};
    if (!options.json && ::isatty(STDERR_FILENO) != 0) wishes.progress = show_progress;
    const std::shared_ptr<const Patient> patient = Patient::meet(std::move(*asking), Clock::system());
    const auto examined = examine(patient, wishes);

    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    const Heading heading{patient->file.id.url(), rfc3339_seconds(patient->clock.now()), patient->running,
                          took.count()};
    if (options.json)
        admin::print(as_json(heading, examined.findings));
    else
        fmt::print("{}", as_text(heading, examined.findings));
    std::fflush(stdout);
    const int status = exit_status(examined.findings);
    if (examined.abandoned) std::_Exit(status);  // what hangs would be waited for otherwise
    return static_cast<admin::Outcome>(status);
}

}  // namespace onceway::doctor
