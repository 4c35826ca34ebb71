// Names to draw from: common ones of many languages, combined by chance.
#pragma once

#include <array>
#include <string_view>

namespace onceway::citizens {

inline constexpr std::array female_names = std::to_array<std::string_view>({
    "Thandiwe",  "Nomvula",  "Zanele",    "Lindiwe",   "Ayanda",  "Nokuthula", "Busisiwe", "Sibongile", "Lerato",
    "Palesa",    "Dineo",    "Kagiso",    "Boitumelo", "Naledi",  "Refilwe",   "Tshepiso", "Mpho",      "Rofhiwa",
    "Tintswalo", "Khensani", "Anna",      "Maria",     "Elsabé",  "Annelize",  "Marlene",  "Riana",     "Chantel",
    "Ilse",      "Sarah",    "Emily",     "Charlotte", "Megan",   "Kerry",     "Fatima",   "Ayesha",    "Nadia",
    "Zainab",    "Priya",    "Anjali",    "Kavitha",   "Shireen", "Candice",   "Bronwyn",  "Leanne",    "Nomsa",
    "Yolanda",   "Zinhle",   "Siphokazi", "Amahle",    "Khanyi",
});
inline constexpr std::array male_names = std::to_array<std::string_view>({
    "Sipho",    "Themba",  "Bongani", "Mandla",  "Sibusiso", "Lwazi",     "Andile",  "Luyanda",  "Thabo",  "Tshepo",
    "Kabelo",   "Katlego", "Lesego",  "Tumelo",  "Neo",      "Karabo",    "Mulalo",  "Ndivhuwo", "Vusi",   "Xolani",
    "Johannes", "Pieter",  "Hendrik", "Jaco",    "Francois", "Gerhard",   "Ruan",    "Dirk",     "James",  "Matthew",
    "Daniel",   "Ryan",    "Craig",   "Yusuf",   "Imraan",   "Rashid",    "Ebrahim", "Rajesh",   "Suresh", "Vikram",
    "Ashwin",   "Clinton", "Keegan",  "Ricardo", "Lungelo",  "Siyabonga", "Mthunzi", "Anele",    "Langa",  "Enzokuhle",
});
inline constexpr std::array surnames = std::to_array<std::string_view>({
    "Dlamini",   "Nkosi",         "Ndlovu",    "Khumalo",  "Mkhize",  "Zulu",      "Sithole",    "Mthembu",
    "Buthelezi", "Cele",          "Ngcobo",    "Mahlangu", "Sibiya",  "Mbatha",    "Ntuli",      "Mokoena",
    "Molefe",    "Mofokeng",      "Tau",       "Phiri",    "Maseko",  "Modise",    "Motaung",    "Mashaba",
    "Mudau",     "Netshitenzhe",  "Baloyi",    "Chauke",   "Mabunda", "Hlungwani", "Mbuli",      "Sokhela",
    "Jacobs",    "Adams",         "Williams",  "Petersen", "Davids",  "Fortuin",   "Arendse",    "Hendricks",
    "Botha",     "van der Merwe", "Pretorius", "Venter",   "Coetzee", "Fourie",    "du Plessis", "Nel",
    "Smit",      "Steyn",         "Smith",     "Jones",    "Brown",   "Naidoo",    "Pillay",     "Govender",
    "Reddy",     "Moodley",       "Khan",      "Patel",
});
inline constexpr std::array streets = std::to_array<std::string_view>({
    "Protea Street", "Main Road",           "Church Street",    "Long Street",     "Acacia Avenue",
    "Aloe Close",    "Milkwood Lane",       "Station Road",     "School Street",   "Market Square",
    "Freedom Way",   "Yellowwood Drive",    "Weaver Street",    "Harbour Road",    "Vineyard Road",
    "Marula Street", "Strelitzia Crescent", "Springbok Avenue", "Blue Crane Road", "Kingfisher Way",
});

}  // namespace onceway::citizens
