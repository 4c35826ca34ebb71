#include "adapters/citizens/immunisation.hpp"

#include <fmt/format.h>

#include <array>

namespace onceway::citizens {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// One line of the schedule: the dose, and the age in days at which it is due.
struct Due {
    std::string_view vaccine;
    int dose, at_days;
};
constexpr std::array schedule = std::to_array<Due>({
    {"BCG", 1, 0},
    {"Oral polio", 1, 0},
    {"Oral polio", 2, 42},
    {"Rotavirus", 1, 42},
    {"Hexavalent", 1, 42},
    {"Pneumococcal", 1, 42},
    {"Hexavalent", 2, 70},
    {"Rotavirus", 2, 98},
    {"Hexavalent", 3, 98},
    {"Pneumococcal", 2, 98},
    {"Measles", 1, 183},
    {"Pneumococcal", 3, 274},
    {"Measles", 2, 365},
    {"Hexavalent", 4, 548},
    {"Tetanus-diphtheria", 1, 2192},
    {"Tetanus-diphtheria", 2, 4383},
});
constexpr std::array kinds = std::to_array<std::string_view>({"Clinic", "Community Health Centre", "Day Hospital"});

}  // namespace

std::vector<Dose> make_immunisations(const std::vector<Person>& people, int year, Random& random) {
    const sys_days today{std::chrono::year{year} / 1 / 1};
    std::vector<Dose> doses;
    for (const auto& person : people) {
        if (age_in(year, person.born) > 18 || random.chance(3)) continue;
        const auto facility = fmt::format("{} {}", person.city, random.one_of(kinds));
        for (const auto& due : schedule) {
            const auto given =
                sys_days{person.born} + days{due.at_days + (due.at_days == 0 ? 0 : random.between(0, 21))};
            const bool missed = random.chance(4);
            if (given >= today || missed) continue;
            doses.push_back({person.identity_number, std::string(due.vaccine), due.dose, given, facility});
        }
    }
    return doses;
}

}  // namespace onceway::citizens
