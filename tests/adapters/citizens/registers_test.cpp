#include "adapters/citizens/registers.hpp"

#include "adapters/citizens/immunisation.hpp"
#include "adapters/citizens/population.hpp"
#include "schemas/store/database.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace onceway;
using namespace onceway::citizens;
using namespace onceway::tests;

namespace {

std::vector<Person> people_of(std::uint64_t seed, int year = 2026, std::size_t count = 1'000) {
    Random random(seed);
    return make_population(count, year, random);
}

}  // namespace

TEST_CASE("an identity number is thirteen digits of which the last checks the others") {
    using namespace std::chrono;
    CHECK(identity_number(year{1980} / 1 / 1, Gender::male, 9, true) == "8001015009087");  // the published example
    CHECK(identity_number(year{2015} / 12 / 31, Gender::female, 7, false)
              .starts_with("1512310007"
                           "18"));
    CHECK(is_identity_number("8001015009087"));
    for (const auto* wrong : {"8001015009086", "8001015009", "80010150090870", "8001015009o87", "", "8010015009087"})
        CHECK_FALSE(is_identity_number(wrong));
    CHECK(check_digit("0") == '0');
    CHECK(check_digit("7992739871") == '3');
}

TEST_CASE("invented people have every field, and each field fits the others") {
    std::set<std::string> numbers;
    for (const auto& one : people_of(1)) {
        CAPTURE(one.identity_number);
        CHECK(is_identity_number(one.identity_number));
        CHECK(numbers.insert(one.identity_number).second);
        const auto born = written(one.born);
        CHECK(one.identity_number.substr(0, 6) == born.substr(2, 2) + born.substr(5, 2) + born.substr(8, 2));
        CHECK((one.identity_number[6] >= '5') == (one.gender == Gender::male));
        CHECK((one.identity_number[10] == '0') == (one.nationality == "South Africa"));
        CHECK(one.identity_number.substr(6, 4) != "0000");
        CHECK(one.identity_number.substr(6, 4) != "5000");
        for (const auto* field :
             {&one.name, &one.surname, &one.nationality, &one.marital_status, &one.employment_status, &one.address,
              &one.city, &one.municipality, &one.province, &one.email, &one.telephone, &one.cell})
            CHECK_FALSE(field->empty());
        CHECK(one.email.ends_with("@example.org"));
        const int age = age_in(2026, one.born);
        CHECK(age >= 0);
        CHECK(age <= 95);
        if (age < 18) CHECK(one.marital_status == "single");
        if (age >= 6 && age <= 18) CHECK((one.employment_status == "learner" || age == 18));
        if (!one.maiden_name.empty()) {
            CHECK(one.gender == Gender::female);
            CHECK(one.maiden_name != one.surname);
        }
    }
}

TEST_CASE("about a third are of school age, and some of five to seven have been immunised") {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
        Random random(seed);
        const auto people = make_population(1'000, 2026, random);
        const auto doses = make_immunisations(people, 2026, random);
        std::set<std::string> immunised;
        for (const auto& dose : doses) immunised.insert(dose.identity_number);
        int of_school_age = 0, entering = 0;
        for (const auto& one : people) {
            const int age = age_in(2026, one.born);
            of_school_age += age >= 6 && age <= 18;
            const int year = static_cast<int>(one.born.year());
            entering += year >= 2019 && year <= 2021 && immunised.contains(one.identity_number);
        }
        CHECK(of_school_age > 280);
        CHECK(of_school_age < 420);
        CHECK(entering > 10);
    }
}

TEST_CASE("doses are given to children alone, each once, in the order of the schedule and not in the future") {
    const auto people = people_of(3);
    Random random(9);
    const auto doses = make_immunisations(people, 2026, random);
    std::map<std::string, const Person*> by_number;
    for (const auto& one : people) by_number.emplace(one.identity_number, &one);
    std::set<std::string> given;
    for (const auto& dose : doses) {
        const auto& person = *by_number.at(dose.identity_number);
        CHECK(age_in(2026, person.born) <= 18);
        CHECK(dose.given_on >= person.born);
        CHECK(written(dose.given_on) < "2026-01-01");
        CHECK(given.insert(dose.identity_number + dose.vaccine + std::to_string(dose.dose)).second);
    }
    CHECK(doses.size() > 3'000);
}

TEST_CASE("the same seed and year give the same files, another seed or year others") {
    TemporaryFolder folder;
    const auto write = [&](const std::string& name, std::uint64_t seed, int year) {
        const auto written =
            write_registers({200, seed, year, folder / (name + "-people.db"), folder / (name + "-doses.db"), false});
        REQUIRE_MESSAGE(written, written.error().detail);
        return contents_of(folder / (name + "-people.db")) + contents_of(folder / (name + "-doses.db"));
    };
    const auto first = write("a", 7, 2026);
    CHECK(first.size() > 10'000);
    CHECK(write("b", 7, 2026) == first);
    CHECK(write("c", 8, 2026) != first);
    CHECK(write("d", 7, 2027) != first);
}

TEST_CASE("the databases hold what was said, and files that are there are not overwritten unasked") {
    TemporaryFolder folder;
    Wish wish{1'000, 1, 2026, folder / "population.db", folder / "immunisation.db", false};
    const auto written = write_registers(wish);
    REQUIRE_MESSAGE(written, written.error().detail);
    auto people = store::Database::open_foreign(wish.population);
    REQUIRE(people);
    auto count = people->prepare("SELECT count(*), count(maiden_name), count(DISTINCT province) FROM person");
    REQUIRE(count.step());
    CHECK(count.number(0) == 1'000);
    CHECK(count.number(1) > 50);
    CHECK(count.number(2) == 9);
    auto doses = store::Database::open_foreign(wish.immunisation);
    REQUIRE(doses);
    auto dose_count = doses->prepare("SELECT count(*) FROM immunisation");
    REQUIRE(dose_count.step());
    CHECK(dose_count.number(0) == static_cast<std::int64_t>(written->doses));

    const auto again = write_registers(wish);
    REQUIRE_FALSE(again);
    CHECK(contains(again.error().detail, "is there already"));
    wish.replace = true;
    CHECK(write_registers(wish));
    int entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
    CHECK(entries == 2);
    wish.population = folder / "none" / "x.db";
    CHECK_FALSE(write_registers(wish));
}
