// What invented children were given, after the national schedule.
#pragma once

#include "adapters/citizens/population.hpp"

namespace onceway::citizens {

struct Dose {
    std::string identity_number, vaccine;
    int dose = 1;
    std::chrono::year_month_day given_on;
    std::string facility;
};

/// The doses that people under 19 had been given by 1 January of `year`. A few were missed, a few children have none.
std::vector<Dose> make_immunisations(const std::vector<Person>& people, int year, Random& random);

}  // namespace onceway::citizens
