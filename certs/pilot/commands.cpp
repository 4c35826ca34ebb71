#include "certs/pilot/commands.hpp"

#include "schemas/base/log.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdio>

namespace onceway::pilot {
namespace {

constexpr std::size_t file_octets_most = 64 * 1024;

void print_line(std::string_view text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
}
void print(const boost::json::object& json) { print_line(boost::json::serialize(json)); }

/// Says on stderr why a command failed, and for programs on stdout as well.
int refuse(const Fault& fault, std::string_view format, bool json) {
    fmt::print(stderr, "onceway-pilot: {}\n", fault.detail);
    if (json) print({{"format", format}, {"ok", false}, {"code", spelling(fault.code)}, {"reason", fault.detail}});
    const bool no_answer = fault.code == FaultCode::io_error || fault.code == FaultCode::database_error ||
                           fault.code == FaultCode::network_error || fault.code == FaultCode::not_found;
    return no_answer ? 2 : 1;
}

boost::json::object described(const Issued& issued) {
    const x509::Certificate& certificate = issued.certificate;
    boost::json::object json{{"serial", certificate.serial_decimal()},
                             {"subject", certificate.subject()},
                             {"profile", issued.profile},
                             {"not_before", rfc3339_seconds(certificate.not_before())},
                             {"not_after", rfc3339_seconds(certificate.not_after())},
                             {"sha256", to_hex(certificate.sha256())},
                             {"issued_at", rfc3339(issued.issued_at)},
                             {"status", issued.revoked_at ? "revoked" : "good"}};
    json["revoked_at"] =
        issued.revoked_at ? boost::json::value(rfc3339(*issued.revoked_at)) : boost::json::value(nullptr);
    return json;
}

// A serial number as it stands, or that of the certificate in a file.
Result<std::string> serial_of(const std::string& which) {
    if (!which.empty() && which.find_first_not_of("0123456789") == std::string::npos) return which;
    const auto text = store::read_whole(which, file_octets_most);
    if (!text) return text.error();
    const auto certificate = x509::Certificate::from_pem_or_der(*text);
    if (!certificate) return certificate.error();
    return certificate->serial_decimal();
}

/// SIGINT and SIGTERM, blocked in every thread that is started later, and waited for here.
class StopSignals {
public:
    StopSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }
    void wait() const {
        while (sigwaitinfo(&signals_, nullptr) < 0) {
        }
    }

private:
    sigset_t signals_{};
};

}  // namespace

int init(const std::filesystem::path& folder, const Setup& setup, bool json) {
    constexpr std::string_view format = "onceway-pilot-init/1";
    const auto authority = Authority::init(folder, setup);
    if (!authority) return refuse(authority.error(), format, json);
    const auto file = [&](const char* name) { return (folder / name).string(); };
    if (json) {
        print({{"format", format},
               {"ok", true},
               {"root", file("root.pem")},
               {"ca", file("ca.pem")},
               {"ocsp", file("ocsp.pem")},
               {"tsa", file("tsa.pem")},
               {"subject", authority->issuing().subject()}});
        return 0;
    }
    print_line(fmt::format("A pilot authority was made: {}\n", authority->issuing().subject()));
    print_line(fmt::format("  authority     {}\n  OCSP          {}\n  time-stamps   {}\n", file("ca.pem"),
                           file("ocsp.pem"), file("tsa.pem")));
    print_line("Its keys lie unprotected in that folder: for pilots, tests and training only.");
    return 0;
}

int issue(const std::filesystem::path& folder, const IssueWishes& wishes, bool json) {
    constexpr std::string_view format = "onceway-pilot-issue/1";
    auto authority = Authority::open(folder);
    if (!authority) return refuse(authority.error(), format, json);
    const auto request = store::read_whole(wishes.request, file_octets_most);
    if (!request) return refuse(request.error(), format, json);
    const auto certificate = authority->issue(*request, wishes.profile, wishes.addresses);
    if (!certificate) return refuse(certificate.error(), format, json);
    if (!wishes.out.empty())
        if (const auto written = store::write_whole(wishes.out, certificate->pem()); !written)
            return refuse(written.error(), format, json);
    if (json) {
        print({{"format", format},
               {"ok", true},
               {"serial", certificate->serial_decimal()},
               {"subject", certificate->subject()},
               {"not_after", rfc3339_seconds(certificate->not_after())},
               {"file", wishes.out.empty() ? boost::json::value(nullptr) : boost::json::value(wishes.out.string())},
               {"pem", certificate->pem()}});
    } else if (wishes.out.empty()) {
        fmt::print("{}", certificate->pem());
    } else {
        print_line(fmt::format("{}: {}, serial number {}, until {}", wishes.out.string(), certificate->subject(),
                               certificate->serial_decimal(), rfc3339_seconds(certificate->not_after())));
    }
    return 0;
}

int revoke(const std::filesystem::path& folder, const std::string& which, bool json) {
    constexpr std::string_view format = "onceway-pilot-revoke/1";
    auto authority = Authority::open(folder);
    if (!authority) return refuse(authority.error(), format, json);
    const auto serial = serial_of(which);
    if (!serial) return refuse(serial.error(), format, json);
    const auto revoked = authority->revoke(*serial);
    if (!revoked) return refuse(revoked.error(), format, json);
    if (json) {
        boost::json::object told{{"format", format}, {"ok", true}};
        told["certificate"] = described(*revoked);
        print(told);
    } else {
        print_line(fmt::format("Revoked since {}: {}, serial number {}", rfc3339_seconds(*revoked->revoked_at),
                               revoked->certificate.subject(), *serial));
    }
    return 0;
}

int list(const std::filesystem::path& folder, bool json) {
    constexpr std::string_view format = "onceway-pilot-list/1";
    const auto authority = Authority::open(folder);
    if (!authority) return refuse(authority.error(), format, json);
    const auto all = authority->list();
    if (!all) return refuse(all.error(), format, json);
    if (json) {
        boost::json::array certificates;
        for (const Issued& issued : *all) certificates.push_back(described(issued));
        print({{"format", format}, {"ok", true}, {"certificates", std::move(certificates)}});
        return 0;
    }
    for (const Issued& issued : *all)
        print_line(fmt::format("{:<7}  {:<14}  until {}  {}\n         {}", issued.revoked_at ? "revoked" : "good",
                               issued.profile, rfc3339_seconds(issued.certificate.not_after()),
                               issued.certificate.subject(), issued.certificate.serial_decimal()));
    return 0;
}

int fail(const std::filesystem::path& folder, const FailWishes& wishes, bool json) {
    constexpr std::string_view format = "onceway-pilot-fail/1";
    if (const auto authority = Authority::open(folder); !authority) return refuse(authority.error(), format, json);
    const auto instruction = instruct(folder, wishes.service, wishes.how, wishes.seconds);
    if (!instruction) return refuse(instruction.error(), format, json);
    const char* service = wishes.service == ServiceKind::ocsp ? "ocsp" : "tsa";
    if (json)
        print({{"format", format},
               {"ok", true},
               {"service", service},
               {"how", name_of(instruction->how)},
               {"seconds", instruction->seconds.count()}});
    else if (instruction->how == Failing::off)
        print_line(fmt::format("{} answers as it should.", service));
    else
        print_line(
            fmt::format("{} fails from now on: {}{}. End it with --how off.", service, name_of(instruction->how),
                        instruction->seconds.count() > 0 ? fmt::format(", {} s", instruction->seconds.count()) : ""));
    return 0;
}

int serve(const std::filesystem::path& folder, const ServiceSettings& settings, bool json) {
    constexpr std::string_view format = "onceway-pilot-serve/1";
    const StopSignals signals;
    auto authority = Authority::open(folder);
    if (!authority) return refuse(authority.error(), format, json);
    auto service = Service::start(std::make_shared<const Authority>(std::move(*authority)), settings);
    if (!service) return refuse(service.error(), format, json);
    const std::string ocsp = (*service)->ocsp_url(), tsa = (*service)->tsa_url();
    log::info("pilot.ready", {{"ocsp", ocsp}, {"tsa", tsa}});
    if (json)
        print({{"format", format}, {"ok", true}, {"ocsp", ocsp}, {"tsa", tsa}, {"pid", ::getpid()}});
    else
        print_line(fmt::format("onceway-pilot: ready. OCSP {}, time-stamps {}", ocsp, tsa));
    signals.wait();
    (*service)->stop();
    log::info("pilot.stopped");
    return 0;
}

}  // namespace onceway::pilot
