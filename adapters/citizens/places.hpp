// Places to live: city, municipality and province as they belong together.
#pragma once

#include <array>
#include <string_view>

namespace onceway::citizens {

struct Place {
    std::string_view city, municipality, province;
};

inline constexpr std::array places = std::to_array<Place>({
    {"Cape Town", "City of Cape Town", "Western Cape"},
    {"Bellville", "City of Cape Town", "Western Cape"},
    {"Mitchells Plain", "City of Cape Town", "Western Cape"},
    {"Khayelitsha", "City of Cape Town", "Western Cape"},
    {"Stellenbosch", "Stellenbosch", "Western Cape"},
    {"Paarl", "Drakenstein", "Western Cape"},
    {"Worcester", "Breede Valley", "Western Cape"},
    {"George", "George", "Western Cape"},
    {"Knysna", "Knysna", "Western Cape"},
    {"Oudtshoorn", "Oudtshoorn", "Western Cape"},
    {"Beaufort West", "Beaufort West", "Western Cape"},
    {"Vredenburg", "Saldanha Bay", "Western Cape"},
    {"Gqeberha", "Nelson Mandela Bay", "Eastern Cape"},
    {"East London", "Buffalo City", "Eastern Cape"},
    {"Mthatha", "King Sabata Dalindyebo", "Eastern Cape"},
    {"Kimberley", "Sol Plaatje", "Northern Cape"},
    {"Upington", "Dawid Kruiper", "Northern Cape"},
    {"Bloemfontein", "Mangaung", "Free State"},
    {"Durban", "eThekwini", "KwaZulu-Natal"},
    {"Pietermaritzburg", "Msunduzi", "KwaZulu-Natal"},
    {"Rustenburg", "Rustenburg", "North West"},
    {"Johannesburg", "City of Johannesburg", "Gauteng"},
    {"Pretoria", "City of Tshwane", "Gauteng"},
    {"Mbombela", "City of Mbombela", "Mpumalanga"},
    {"Polokwane", "Polokwane", "Limpopo"},
});

}  // namespace onceway::citizens
