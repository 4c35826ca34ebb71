// South African identity numbers: YYMMDD, four digits of sequence and gender, citizenship, an 8, and a check digit.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace onceway::citizens {

enum class Gender { female, male };

/// The check digit behind `digits`, after Luhn.
char check_digit(std::string_view digits);

/// `sequence` is 0 to 4999 among those of the day and gender.
std::string identity_number(std::chrono::year_month_day born, Gender gender, int sequence, bool citizen);

/// Thirteen digits of which the last fits.
bool is_identity_number(std::string_view text);

}  // namespace onceway::citizens
