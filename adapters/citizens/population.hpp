// Invented households and the people in them.
#pragma once

#include "adapters/citizens/identity_number.hpp"
#include "adapters/citizens/random.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace onceway::citizens {

struct Person {
    std::string identity_number, name, surname;
    std::string maiden_name;  // of women who took another name; otherwise empty
    Gender gender = Gender::female;
    std::string nationality;
    std::chrono::year_month_day born;
    std::string marital_status, employment_status;
    std::string address, city, municipality, province;
    std::string email, telephone, cell;  // a child has those of the household
};

/// `count` people who were alive on 1 January of `year`, in households; about a third are of school age (6 to 18). The
/// same for the same random numbers and year. No two share an identity number, and nobody has the first number of a
/// day.
std::vector<Person> make_population(std::size_t count, int year, Random& random);

/// "female" or "male".
const char* word_of(Gender gender);
/// YYYY-MM-DD.
std::string written(std::chrono::year_month_day day);
/// Whole years between `born` and 1 January of `year`.
int age_in(int year, std::chrono::year_month_day born);

}  // namespace onceway::citizens
