#include "security-server/records/lateness.hpp"

#include "tests/security-server/records/samples.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;
using namespace std::chrono_literals;

TEST_CASE("a stamp is late by the OCSP answer in the oldest signature that waits for it") {
    const TemporaryFolder folder;
    SealingMember member;
    member.ocsp = member.authority.ocsp(member.signer.certificate, test_time() - 20min);
    const auto log = open_log(folder / "log");
    const auto trust = member.trust();  // OCSP answers are fresh for an hour
    CHECK_FALSE(must(oldest_of(*log, *trust, test_time())).stamp_before);

    append(*log, sealed(request("first"), member));
    member.ocsp = member.authority.ocsp(member.signer.certificate, test_time());
    append(*log, sealed(request("second"), member));
    const std::pair<std::chrono::minutes, Lateness> rows[] = {{0min, Lateness::in_time},
                                                              {24min, Lateness::in_time},
                                                              {26min, Lateness::late},
                                                              {40min, Lateness::late},
                                                              {41min, Lateness::too_late}};
    for (const auto& [later, lateness] : rows) {
        CAPTURE(later.count());
        const auto oldest = must(oldest_of(*log, *trust, test_time() + later));
        CHECK(oldest.at == test_time());
        CHECK(oldest.stamp_before == test_time() + 40min);
        CHECK(oldest.lateness == lateness);
    }
}

TEST_CASE("a signature whose OCSP answer cannot be judged has the freshness from its own time") {
    const TemporaryFolder folder;
    const SealingMember member, stranger;
    const auto log = open_log(folder / "log");
    SUBCASE("its authority is not approved") { append(*log, sealed(request("m"), stranger)); }
    SUBCASE("it is no signature") { append(*log, with_evidence(request("m"))); }
    const auto oldest = must(oldest_of(*log, *member.trust(), test_time()));
    CHECK(oldest.stamp_before == test_time() + 1h);
    CHECK(oldest.lateness == Lateness::in_time);
}
