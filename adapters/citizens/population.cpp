#include "adapters/citizens/population.hpp"

#include "adapters/citizens/names.hpp"
#include "adapters/citizens/places.hpp"

#include <fmt/format.h>

#include <array>
#include <set>
#include <string_view>

namespace onceway::citizens {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year_month_day;

constexpr std::array foreign_nations =
    std::to_array<std::string_view>({"Zimbabwe", "Lesotho", "Mozambique", "Malawi", "Namibia", "Eswatini"});

constexpr int last_day[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};  // nobody here is born on 29 February

/// What the people of one household share.
struct Household {
    std::string surname, nationality, address, telephone, email, cell;
    const Place* place = nullptr;
    bool citizens = true;
};

class Maker {
public:
    Maker(int year, Random& random) : year_(year), random_(random) {}

    /// One household: one or two adults, their children, now and then a grandparent.
    std::vector<Person> household() {
        auto home = new_home();
        std::vector<Person> people;
        const int parents_age = random_.between(26, 55);
        const bool couple = random_.chance(60);
        people.push_back(
            adult(home, couple ? Gender::male : coin(), parents_age, couple ? "married" : single_status()));
        if (couple) people.push_back(wife(home, parents_age));
        home.email = people.back().email;  // of the parent who answers the school
        home.cell = people.back().cell;
        for (int child = children_of_school_age(); child > 0; --child)
            people.push_back(minor(home, random_.between(6, std::min(18, parents_age - 18))));
        if (parents_age < 45 && random_.chance(30)) people.push_back(minor(home, random_.between(0, 5)));
        if (random_.chance(15))
            people.push_back(adult(home, coin(), std::min(parents_age + random_.between(20, 30), 95), "widowed"));
        return people;
    }

private:
    Gender coin() { return random_.chance(50) ? Gender::female : Gender::male; }
    std::string_view single_status() {
        return random_.chance(55) ? "single" : random_.chance(70) ? "divorced" : "widowed";
    }
    int children_of_school_age() {
        static constexpr std::array counts{0, 0, 0, 1, 1, 1, 2, 2, 3};
        return random_.one_of(counts);
    }

    Household new_home() {
        Household home;
        home.surname = random_.one_of(surnames);
        home.place = &random_.one_of(places);
        home.citizens = random_.chance(94);
        home.nationality = home.citizens ? "South Africa" : random_.one_of(foreign_nations);
        home.address = fmt::format("{} {}", random_.between(1, 240), random_.one_of(streets));
        home.telephone = fmt::format("+27 29 {:03} {:04}", random_.between(0, 999), random_.between(0, 9999));
        return home;
    }

    /// A number of this day that nobody has yet. Sequence 0 stays free: tests ask for someone who is in no register.
    std::string new_number(year_month_day born, Gender gender, bool citizen) {
        while (true) {
            auto number = identity_number(born, gender, random_.between(1, 4'999), citizen);
            if (used_.insert(number).second) return number;
        }
    }

    Person person(const Household& home, Gender gender, int age) {
        Person one;
        one.gender = gender;
        // On 1 January everybody born in year - age - 1, after that day, has this age.
        const auto born_in = month(static_cast<unsigned>(random_.between(1, 12)));
        const int days = last_day[static_cast<unsigned>(born_in) - 1];
        one.born = year_month_day{std::chrono::year{year_ - age - 1}, born_in,
                                  day(static_cast<unsigned>(random_.between(2, days)))};
        one.identity_number = new_number(one.born, gender, home.citizens);
        one.name = gender == Gender::female ? random_.one_of(female_names) : random_.one_of(male_names);
        one.surname = home.surname;
        one.nationality = home.nationality;
        one.address = home.address;
        one.city = home.place->city;
        one.municipality = home.place->municipality;
        one.province = home.place->province;
        one.telephone = home.telephone;
        return one;
    }

    Person adult(const Household& home, Gender gender, int age, std::string_view marital_status) {
        auto one = person(home, gender, age);
        one.marital_status = marital_status;
        one.employment_status = employment(age);
        one.email = fmt::format("citizen{}@example.org", ++contacts_);
        one.cell = fmt::format("+27 99 {:03} {:04}", random_.between(0, 999), random_.between(0, 9999));
        if (gender == Gender::female && marital_status != "single" && random_.chance(80))
            one.maiden_name = other_surname(home);
        return one;
    }

    Person wife(const Household& home, int age) {
        auto one = adult(home, Gender::female, std::max(25, age - random_.between(0, 4)), "married");
        return one;
    }

    Person minor(const Household& home, int age) {
        auto one = person(home, coin(), age);
        one.marital_status = "single";
        one.employment_status = age >= 6 ? "learner" : "not of working age";
        one.email = home.email;
        one.cell = home.cell;
        return one;
    }

    std::string other_surname(const Household& home) {
        while (true) {
            const auto surname = random_.one_of(surnames);
            if (surname != home.surname) return std::string(surname);
        }
    }

    std::string employment(int age) {
        if (age >= 65) return "retired";
        const auto share = random_.below(100);
        return share < 52 ? "employed" : share < 66 ? "self-employed" : share < 94 ? "unemployed" : "student";
    }

    int year_;
    Random& random_;
    std::set<std::string> used_;
    std::size_t contacts_ = 0;
};

}  // namespace

std::vector<Person> make_population(std::size_t count, int year, Random& random) {
    Maker maker(year, random);
    std::vector<Person> people;
    while (people.size() < count)
        for (auto& one : maker.household())
            if (people.size() < count) people.push_back(std::move(one));
    return people;
}

const char* word_of(Gender gender) { return gender == Gender::female ? "female" : "male"; }

std::string written(std::chrono::year_month_day day) {
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                       static_cast<unsigned>(day.day()));
}

int age_in(int year, std::chrono::year_month_day born) {
    const bool birthday_passed = born.month() == std::chrono::January && born.day() == std::chrono::day{1};
    return year - static_cast<int>(born.year()) - (birthday_passed ? 0 : 1);
}

}  // namespace onceway::citizens
