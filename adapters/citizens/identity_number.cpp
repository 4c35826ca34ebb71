#include "adapters/citizens/identity_number.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::citizens {

char check_digit(std::string_view digits) {
    int total = 0;
    bool doubled = true;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
        const int value = (*digit - '0') * (doubled ? 2 : 1);
        total += value > 9 ? value - 9 : value;
    }
    return static_cast<char>('0' + (10 - total % 10) % 10);
}

std::string identity_number(std::chrono::year_month_day born, Gender gender, int sequence, bool citizen) {
    const int place = sequence + (gender == Gender::male ? 5'000 : 0);
    auto digits =
        fmt::format("{:02}{:02}{:02}{:04}{}8", static_cast<int>(born.year()) % 100, static_cast<unsigned>(born.month()),
                    static_cast<unsigned>(born.day()), place, citizen ? 0 : 1);
    digits += check_digit(digits);
    return digits;
}

bool is_identity_number(std::string_view text) {
    const bool digits =
        text.size() == 13 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits && check_digit(text.substr(0, 12)) == text.back();
}

}  // namespace onceway::citizens
