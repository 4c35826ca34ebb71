#include "schemas/base/fault.hpp"

#include <cstddef>

namespace onceway {
namespace {

constexpr bool rows_stand_in_order() {
    for (std::size_t i = 0; i < fault_table.size(); ++i)
        if (fault_table[i].code != static_cast<FaultCode>(i)) return false;
    return true;
}
static_assert(rows_stand_in_order(), "fault_table has one row per FaultCode, in the order of the enumerators");

const FaultRow& row(FaultCode code) { return fault_table[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view spelling(FaultCode code) { return row(code).spelling; }
std::string_view older_spelling(FaultCode code) { return row(code).older_spelling; }
std::string_view advice(FaultCode code) { return row(code).advice; }

Fault Fault::within(std::string_view outer) const {
    Fault seen = *this;
    const std::string whole = wire_code();
    const bool already = whole.starts_with(outer) && (whole.size() == outer.size() || whole[outer.size()] == '.');
    if (!already) seen.phase.insert(0, std::string(outer) + '.');
    return seen;
}

std::string Fault::wire_code() const { return phase + std::string(spelling(code)); }

}  // namespace onceway
