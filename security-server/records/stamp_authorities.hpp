// Which time-stamping authorities are asked, and in which order.
#pragma once

#include "schemas/registry/documents.hpp"

#include <string>
#include <vector>

namespace onceway::records {

/// How the cost that the registry names for an authority decides. Those of the wanted kind come first, the others
/// behind them as they stood, or not at all. Rule: message-log §1.9, failover.
enum class Preference { none, free_first, paid_first, only_free, only_paid };

/// The URLs to ask, in turn: those that the operator `selected`, in that order, otherwise all `approved` ones in the
/// order of the configuration; then as `preference` says.
std::vector<std::string> authorities_in_order(const std::vector<std::string>& selected,
                                              const std::vector<registry::ApprovedTsa>& approved,
                                              Preference preference);

}  // namespace onceway::records
