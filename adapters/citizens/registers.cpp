#include "adapters/citizens/registers.hpp"

#include "adapters/citizens/immunisation.hpp"
#include "adapters/citizens/population.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::citizens {
namespace {

constexpr store::Migration person_table[] = {
    {1,
     "CREATE TABLE person ("
     " identity_number TEXT PRIMARY KEY, name TEXT NOT NULL, surname TEXT NOT NULL,"
     " maiden_name TEXT, gender TEXT NOT NULL, nationality TEXT NOT NULL,"
     " date_of_birth TEXT NOT NULL, marital_status TEXT NOT NULL,"
     " employment_status TEXT NOT NULL, address TEXT NOT NULL, city TEXT NOT NULL,"
     " municipality TEXT NOT NULL, province TEXT NOT NULL, email TEXT, telephone TEXT,"
     " cell TEXT) WITHOUT ROWID"}};
constexpr store::Migration immunisation_table[] = {
    {1,
     "CREATE TABLE immunisation ("
     " identity_number TEXT NOT NULL, vaccine TEXT NOT NULL, dose INTEGER NOT NULL,"
     " given_on TEXT NOT NULL, facility TEXT NOT NULL,"
     " PRIMARY KEY (identity_number, vaccine, dose)) WITHOUT ROWID"}};

void bind_or_null(store::Statement& statement, int position, const std::string& text) {
    if (text.empty())
        statement.bind_null(position);
    else
        statement.bind_text(position, text);
}

void insert(store::Database& database, const std::vector<Person>& people) {
    auto statement = database.prepare("INSERT INTO person VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    for (const auto& one : people) {
        const std::string values[] = {one.identity_number,   one.name,        one.surname,       one.maiden_name,
                                      word_of(one.gender),   one.nationality, written(one.born), one.marital_status,
                                      one.employment_status, one.address,     one.city,          one.municipality,
                                      one.province,          one.email,       one.telephone,     one.cell};
        int position = 0;
        for (const auto& value : values) bind_or_null(statement, ++position, value);
        statement.step();
        statement.reset();
    }
}

void insert(store::Database& database, const std::vector<Dose>& doses) {
    auto statement = database.prepare("INSERT INTO immunisation VALUES (?,?,?,?,?)");
    for (const auto& one : doses) {
        statement.bind_text(1, one.identity_number).bind_text(2, one.vaccine).bind(3, std::int64_t{one.dose});
        statement.bind_text(4, written(one.given_on)).bind_text(5, one.facility);
        statement.step();
        statement.reset();
    }
}

/// Makes the database beside its place and moves it there when it is whole.
template <class Rows>
Result<void> write_database(const std::filesystem::path& path, std::span<const store::Migration> table,
                            std::int64_t application, const Rows& rows) {
    auto temporary = path;
    temporary += ".new-" + random_letters(8);
    try {
        auto database = store::Database::open({.path = temporary, .application_id = application, .migrations = table});
        if (!database) return database.error();
        database->transaction([&] { insert(*database, rows); });
        database->execute("PRAGMA journal_mode=DELETE");  // one file, as older systems leave it
    } catch (const store::StoreError& error) {
        std::error_code ignored;
        for (const auto* companion : {"", "-wal", "-shm"})
            std::filesystem::remove(temporary.string() + companion, ignored);
        return fault(FaultCode::database_error, error.what());
    }
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error)
        return fault(FaultCode::io_error, fmt::format("putting {} in place: {}", path.string(), error.message()));
    return {};
}

}  // namespace

Result<Written> write_registers(const Wish& wish) {
    for (const auto& path : {wish.population, wish.immunisation})
        if (!wish.replace && std::filesystem::exists(path))
            return fault(FaultCode::invalid_argument,
                         fmt::format("{} is there already; name another file or say --replace", path.string()));
    Random random(wish.seed);
    const auto people = make_population(wish.people, wish.year, random);
    const auto doses = make_immunisations(people, wish.year, random);
    constexpr std::int64_t population_application = 0x504f5055,
                           immunisation_application = 0x494d4d55;  // "POPU", "IMMU"
    if (auto done = write_database(wish.population, person_table, population_application, people); !done)
        return done.error();
    if (auto done = write_database(wish.immunisation, immunisation_table, immunisation_application, doses); !done)
        return done.error();
    Written written{people.size(), 0, doses.size()};
    written.of_school_age =
        static_cast<std::size_t>(std::count_if(people.begin(), people.end(), [&](const Person& one) {
            const int age = age_in(wish.year, one.born);
            return age >= 6 && age <= 18;
        }));
    return written;
}

}  // namespace onceway::citizens
