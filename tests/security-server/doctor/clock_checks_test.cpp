#include "security-server/doctor/blame.hpp"
#include "security-server/doctor/checks.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::doctor;
using namespace onceway::tests;
using std::chrono::milliseconds;

namespace {

admin::ClockOffset ours_is_ahead(double seconds, const char* of = "registry:80") {
    return {of, milliseconds(static_cast<std::int64_t>(seconds * 1000)), milliseconds(600)};
}

}  // namespace

TEST_CASE("a clock is judged by the middle of those it was compared with") {
    struct {
        const char* what;
        std::vector<admin::ClockOffset> offsets;
        Verdict verdict;
        Turn turn;
        std::string_view says;
    } const rows[] = {
        {"right", {ours_is_ahead(0.2), ours_is_ahead(-0.3)}, Verdict::ok, Turn::nobody, "2 clocks were compared"},
        {"within what is known", {ours_is_ahead(5.4)}, Verdict::ok, Turn::nobody, "5.4 s ahead of"},
        {"ten seconds behind", {ours_is_ahead(-10)}, Verdict::warning, Turn::here, "10.0 s behind"},
        {"an hour ahead", {ours_is_ahead(3'600)}, Verdict::failed, Turn::here, "3600.0 s ahead of"},
        {"one of three is wrong, and it is not ours",
         {ours_is_ahead(0.1), ours_is_ahead(0.2), ours_is_ahead(-500, "tsa:8899")},
         Verdict::warning,
         Turn::authority,
         "500.0 s behind that of tsa:8899"},
        {"nobody answered", {}, Verdict::unknown, Turn::here, "Nobody answered"},
    };
    for (const auto& [what, offsets, verdict, turn, says] : rows) {
        CAPTURE(what);
        const auto finding = clock_finding(offsets);
        CHECK(finding.verdict == verdict);
        CHECK(finding.turn == turn);
        CHECK_MESSAGE(contains(finding.found, says), finding.found);
    }
}

TEST_CASE("the way in which the network fails says whose turn it is") {
    const Asked asked{"the registry", Turn::registry, "conf.example:80"};
    struct {
        Fault fault;
        Turn turn;
        std::string_view next;
    } const rows[] = {
        {fault(FaultCode::unknown_host, "Resolving"), Turn::network, "DNS"},
        {fault(FaultCode::timed_out, "Receiving from x: nothing came in time."), Turn::registry,
         "nothing comes over it"},
        {fault(FaultCode::timed_out, "Connecting to x: no answer in time."), Turn::network, "Open the way"},
        {fault(FaultCode::network_error, "Connecting to x: Connection refused."), Turn::registry, "no program listens"},
        {fault(FaultCode::network_error, "Connecting to x: No route to host."), Turn::network, "There is no way"},
        {fault(FaultCode::network_error, "Connecting to x: Network is unreachable."), Turn::network, "There is no way"},
        {fault(FaultCode::network_error, "The TLS handshake with x: the connection ended."), Turn::registry,
         "no TLS comes about"},
        {fault(FaultCode::http_error, "It answered with status 500."), Turn::registry, "the answer is wrong"},
        {fault(FaultCode::ssl_authentication_failed, "another certificate"), Turn::registry, "the answer is wrong"},
    };
    for (const auto& [why, turn, next] : rows) {
        CAPTURE(why.detail);
        const auto told = blame(why, asked);
        CHECK(told.turn == turn);
        CHECK(contains(told.next, next));
        CHECK(contains(told.next, "conf.example:80"));
    }
}
