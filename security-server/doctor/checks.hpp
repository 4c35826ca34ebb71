// The checks, group by group. Each function gives those that the patient's state calls for.
#pragma once

#include "security-server/doctor/patient.hpp"
#include "security-server/doctor/rounds.hpp"

#include <memory>
#include <string>
#include <vector>

namespace onceway::doctor {

using PatientPtr = std::shared_ptr<const Patient>;
using SnapshotPtr = std::shared_ptr<const registry_view::Snapshot>;
using Checks = std::vector<Check>;

// --- what needs nobody else ---
Checks server_checks(const PatientPtr& patient);
Checks port_checks(const PatientPtr& patient);
Checks folder_checks(const PatientPtr& patient);
Checks log_checks(const PatientPtr& patient);

// --- the registry ---
/// The anchor, and each place that it and the stored configuration name.
Checks configuration_checks(const PatientPtr& patient);
/// What is in force, given what the places said; `fresh` is a configuration that was downloaded just now, or null.
Finding configuration_in_force(const Patient& patient, const registry_view::Configuration* fresh);

// --- what a configuration says, asked of those whom it names ---
std::vector<Finding> key_findings(const Patient& patient, const SnapshotPtr& snapshot);
Checks ocsp_checks(const PatientPtr& patient, const SnapshotPtr& snapshot);
Checks time_stamping_checks(const PatientPtr& patient, const SnapshotPtr& snapshot);
/// Every server of the configuration, or those whose id or owner is named, and this one at its registered address.
Checks peer_checks(const PatientPtr& patient, const SnapshotPtr& snapshot, const std::vector<std::string>& named);
Checks service_checks(const PatientPtr& patient);

// --- last, from what the others brought back ---
Finding clock_finding(const std::vector<admin::ClockOffset>& offsets);

}  // namespace onceway::doctor
