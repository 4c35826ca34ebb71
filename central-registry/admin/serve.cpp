#include "central-registry/admin/commands.hpp"
#include "central-registry/admin/report.hpp"
#include "central-registry/admin/service.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

namespace onceway::central {
namespace {

constexpr std::string_view format = "onceway-registry-serve/1";
constexpr std::chrono::milliseconds glance{200};  // between two looks for decisions

/// SIGINT and SIGTERM, blocked in every thread that is started later, and waited for here.
class StopSignals {
public:
    StopSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }
    /// True when one arrived within `time`.
    bool within(std::chrono::milliseconds time) const {
        const timespec wait{time.count() / 1000, (time.count() % 1000) * 1'000'000};
        return sigtimedwait(&signals_, nullptr, &wait) > 0;
    }

private:
    sigset_t signals_{};
};

void report_ready(Service& service, bool json) {
    const auto instance = service.instance(), http = service.http_url(), https = service.https_url();
    log::info("registry.ready", {{"instance", instance}, {"http", http}, {"https", https}});
    if (json)
        print({{"format", format},
               {"ok", true},
               {"instance", instance},
               {"http", http},
               {"https", https},
               {"pid", ::getpid()}});
    else
        print_line(fmt::format("onceway-registry: ready. Instance {}, {} {}", instance, http, https));
}

}  // namespace

int serve(const Place& place, const ServeWishes& wishes, bool json) {
    const StopSignals stop;
    auto service = Service::start(place, wishes);
    if (!service) return refuse(service.error(), format, json);
    report_ready(**service, json);
    while (!stop.within(glance)) (*service)->look();
    (*service)->stop();
    log::info("registry.stopped");
    return 0;
}

}  // namespace onceway::central
