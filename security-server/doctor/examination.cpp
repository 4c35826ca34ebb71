#include "security-server/doctor/examination.hpp"

#include <algorithm>
#include <iterator>

namespace onceway::doctor {
namespace {

/// What came together so far.
struct Gathered {
    Examined examined;
    std::vector<admin::ClockOffset> clocks;
    std::shared_ptr<const registry_view::Configuration> fresh;

    void take(Rounds rounds) {
        examined.abandoned = examined.abandoned || rounds.abandoned;
        for (auto& outcome : rounds.outcomes) {
            std::ranges::move(outcome.findings, std::back_inserter(examined.findings));
            std::ranges::move(outcome.clocks, std::back_inserter(clocks));
            if (outcome.configuration && (!fresh || outcome.configuration->expires > fresh->expires))
                fresh = std::move(outcome.configuration);
        }
    }
};

void add(Checks more, Checks& to) { std::ranges::move(more, std::back_inserter(to)); }

/// What certificates and peers are judged by: what the registry hands out now, else what was stored, even expired.
SnapshotPtr known(const Patient& patient, const Gathered& gathered) {
    if (gathered.fresh) return registry_view::snapshot_of(*gathered.fresh, 1);
    if (patient.stored) return registry_view::snapshot_of(*patient.stored, 1);
    return nullptr;
}

}  // namespace

Examined examine(const PatientPtr& patient, const Wishes& wishes) {
    Gathered gathered;

    // 1. What needs nobody else, and the registry.
    Checks first = server_checks(patient);
    add(port_checks(patient), first);
    add(folder_checks(patient), first);
    add(log_checks(patient), first);
    add(configuration_checks(patient), first);
    add(service_checks(patient), first);
    gathered.take(make_rounds(std::move(first), wishes.patience, wishes.progress));
    gathered.examined.findings.push_back(configuration_in_force(*patient, gathered.fresh.get()));

    // 2. Those whom the configuration names.
    const auto snapshot = known(*patient, gathered);
    std::ranges::move(key_findings(*patient, snapshot), std::back_inserter(gathered.examined.findings));
    if (snapshot) {
        Checks second = ocsp_checks(patient, snapshot);
        add(time_stamping_checks(patient, snapshot), second);
        add(peer_checks(patient, snapshot, wishes.peers), second);
        gathered.take(make_rounds(std::move(second), wishes.patience, wishes.progress));
    }

    // 3. What they all said about the time.
    gathered.examined.findings.push_back(clock_finding(gathered.clocks));
    std::ranges::stable_sort(gathered.examined.findings, {}, &Finding::group);
    return std::move(gathered.examined);
}

}  // namespace onceway::doctor
