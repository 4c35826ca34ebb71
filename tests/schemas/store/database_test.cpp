#include "schemas/store/database.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

using namespace onceway;
using namespace onceway::store;
using namespace onceway::tests;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

constexpr Migration first[] = {{1, "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, data BLOB)"}};
constexpr Migration second[] = {
    {1, first[0].sql},
    {2, "ALTER TABLE word ADD COLUMN more INTEGER NOT NULL DEFAULT 7; CREATE INDEX word_more ON word(more)"}};

Database opened(const std::filesystem::path& path, std::span<const Migration> migrations = first) {
    auto database = Database::open({.path = path, .migrations = migrations});
    REQUIRE_MESSAGE(database, database.error().detail);
    return std::move(*database);
}

std::string answer(Database& database, std::string_view sql) {
    auto statement = database.prepare(sql);
    return statement.step() ? statement.text(0) : "";
}

void add(Database& database, std::string_view text) {
    auto statement = database.prepare("INSERT INTO word (text) VALUES (?)");
    statement.bind_text(1, text);
    statement.step();
}

std::string refusal(const std::filesystem::path& path, std::span<const Migration> migrations = first,
                    bool read_only = false) {
    const auto database = Database::open({.path = path, .migrations = migrations, .read_only = read_only});
    REQUIRE_FALSE(database);
    CHECK(database.error().code == FaultCode::database_error);
    CHECK(contains(database.error().detail, path.filename().string()));
    return database.error().detail;
}

}  // namespace

TEST_CASE("a database opens with every pragma that keeps its promises") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    const std::pair<const char*, const char*> expected[] = {{"journal_mode", "wal"},
                                                            {"synchronous", "2"},
                                                            {"foreign_keys", "1"},
                                                            {"trusted_schema", "0"},
                                                            {"cell_size_check", "1"},
                                                            {"busy_timeout", "5000"},
                                                            {"journal_size_limit", "67108864"},
                                                            {"application_id", "1330529093"},
                                                            {"user_version", "1"},
                                                            {"cache_size", "-2048"}};
    for (const auto& [pragma, value] : expected) CHECK(answer(database, "PRAGMA "s + pragma) == value);
    CHECK((answer(database, "PRAGMA mmap_size").empty() || answer(database, "PRAGMA mmap_size") == "0"));
}

TEST_CASE("a database and its companions belong to their owner alone") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    add(database, "x");
    for (const auto* name : {"a.db", "a.db-wal", "a.db-shm"}) {
        struct stat facts{};
        REQUIRE(::stat((folder / name).c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
    }
}

TEST_CASE("what is committed is there after opening again") {
    TemporaryFolder folder;
    {
        auto database = opened(folder / "a.db");
        database.transaction([&] { add(database, "one"); });
        CHECK(database.last_row() == 1);
    }
    auto again = opened(folder / "a.db");
    CHECK(answer(again, "SELECT text FROM word") == "one");
    auto reader = Database::open({.path = folder / "a.db", .migrations = first, .read_only = true});
    REQUIRE(reader);
    CHECK(answer(*reader, "SELECT count(*) FROM word") == "1");
    CHECK_THROWS_AS(add(*reader, "two"), StoreError);
}

TEST_CASE("values of every kind come back as they were bound") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    auto insert = database.prepare("INSERT INTO word (id, text, data) VALUES (?, ?, ?)");
    const Octets data = "\x00\xff\r\n"s;
    insert.bind(1, INT64_MIN).bind_text(2, "it's\0ä"s).bind_blob(3, data);
    CHECK_FALSE(insert.step());
    insert.reset();
    insert.bind(1, std::int64_t{2}).bind_text(2, "").bind_null(3);
    insert.step();
    insert.reset();
    insert.bind(1, std::int64_t{3}).bind_text(2, "x").bind_blob(3, {});
    insert.step();

    auto select = database.prepare("SELECT id, text, data, 1.5 AS half FROM word ORDER BY id");
    CHECK(select.columns() == 4);
    CHECK(select.column_name(3) == "half");
    REQUIRE(select.step());
    CHECK(select.number(0) == INT64_MIN);
    CHECK(select.text(1) == "it's\0ä"s);
    CHECK(select.blob(2) == data);
    CHECK(select.real(3) == 1.5);
    CHECK(select.kind(0) == Statement::Kind::integer);
    CHECK(select.kind(1) == Statement::Kind::text);
    CHECK(select.kind(2) == Statement::Kind::blob);
    CHECK(select.kind(3) == Statement::Kind::real);
    REQUIRE(select.step());
    CHECK(select.text(1).empty());
    CHECK_FALSE(select.is_null(1));
    CHECK(select.is_null(2));
    CHECK(select.kind(2) == Statement::Kind::null);
    REQUIRE(select.step());
    CHECK_FALSE(select.is_null(2));
    CHECK(select.blob(2).empty());
    CHECK_FALSE(select.step());
}

TEST_CASE("a reset statement forgets what was bound") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    auto echo = database.prepare("SELECT ?1");
    echo.bind(1, std::int64_t{5});
    REQUIRE(echo.step());
    CHECK(echo.number(0) == 5);
    echo.reset();
    REQUIRE(echo.step());
    CHECK(echo.is_null(0));
}

TEST_CASE("an exception rolls a transaction back, and the next one works") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    CHECK_THROWS_AS(database.transaction([&] {
        add(database, "lost");
        throw std::runtime_error("no");
    }),
                    std::runtime_error);
    CHECK(answer(database, "SELECT count(*) FROM word") == "0");
    CHECK(database.transaction([&] {
        add(database, "kept");
        return 41;
    }) == 41);
    CHECK(answer(database, "SELECT text FROM word") == "kept");
}

TEST_CASE("a violated constraint is a conflict that leaves the database usable") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    add(database, "one");
    CHECK_THROWS_AS(database.transaction([&] { add(database, "one"); }), StoreConflict);
    add(database, "two");
    CHECK(answer(database, "SELECT count(*) FROM word") == "2");
}

TEST_CASE("a full database says so, and works again when there is room") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    database.execute("PRAGMA max_page_count=20");
    auto insert = database.prepare("INSERT INTO word (text, data) VALUES (?, ?)");
    const Octets large(100'000, 'x');
    insert.bind_text(1, "large").bind_blob(2, large);
    CHECK_THROWS_AS(insert.step(), StoreFull);
    insert.reset();
    CHECK_THROWS_AS(database.transaction([&] {
        insert.bind_text(1, "large").bind_blob(2, large);
        insert.step();
    }),
                    StoreFull);
    insert.reset();
    database.execute("PRAGMA max_page_count=2000");
    database.transaction([&] {
        insert.bind_text(1, "large").bind_blob(2, large);
        insert.step();
    });
    CHECK(answer(database, "SELECT length(data) FROM word") == "100000");
}

TEST_CASE("a limit on file sizes is a full disk: it says so, and works again when there is room") {
    TemporaryFolder folder;
    const auto path = folder / "a.db";
    auto database = opened(path);
    add(database, "one");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{std::filesystem::file_size(folder / "a.db-wal") + 100, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    CHECK_THROWS_AS(database.transaction([&] { add(database, "two"); }), StoreFull);
    CHECK_THROWS_AS(database.transaction([&] { add(database, "two"); }), StoreFull);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, ignored);
    database.transaction([&] { add(database, "three"); });
    CHECK(answer(database, "SELECT group_concat(text) FROM word") == "one,three");
}

TEST_CASE("after a database was found broken every use says so") {
    TemporaryFolder folder;
    const auto path = folder / "a.db";
    {
        auto database = opened(path);
        for (int i = 0; i < 500; ++i) add(database, "word number " + std::to_string(i));
    }
    auto database = opened(path);
    // The pages of the table are overwritten while the database is open and keeps none in memory.
    database.execute("PRAGMA shrink_memory");
    auto octets = contents_of(path);
    REQUIRE(octets.size() > 3 * 4096);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(octets.size() - 4096, '\xff');
    file.close();
    CHECK_THROWS_AS(answer(database, "SELECT count(*) FROM word WHERE text LIKE '%9'"), StoreBroken);
    CHECK_THROWS_AS(add(database, "late"), StoreBroken);
    CHECK_THROWS_AS(database.execute("BEGIN"), StoreBroken);
    CHECK_THROWS_AS(database.transaction([] {}), StoreBroken);
}

TEST_CASE("opening is refused, with the file and the reason, when") {
    TemporaryFolder folder;
    const auto path = folder / "a.db";
    SUBCASE("the file is no database") {
        write_file(path, std::string(4096, 'x'));
        CHECK(contains(refusal(path), "not a database"));
    }
    SUBCASE("the file is damaged") {
        {
            auto database = opened(path);
            for (int i = 0; i < 500; ++i) add(database, "word number " + std::to_string(i));
        }
        auto octets = contents_of(path);
        std::fill(octets.begin() + 4096, octets.begin() + 8192, '\xff');
        write_file(path, octets);
        CHECK_FALSE(refusal(path).empty());
    }
    SUBCASE("a page in its middle is damaged") {
        {
            auto database = opened(path);
            for (int i = 0; i < 2000; ++i) add(database, "word number " + std::to_string(i));
        }
        auto octets = contents_of(path);
        std::fill(octets.end() - 4096, octets.end(), '\xff');
        write_file(path, octets);
        CHECK(contains(refusal(path), "damaged"));
    }
    SUBCASE("it was made by a later release") {
        opened(path, second);
        CHECK(contains(refusal(path), "later release (schema 2, this one knows 1)"));
    }
    SUBCASE("it is to be read and its schema is older") {
        opened(path, first);
        CHECK(contains(refusal(path, second, true), "schema 1 is older than 2"));
    }
    SUBCASE("it belongs to another program") {
        {
            auto other = Database::open({.path = path, .application_id = 5, .migrations = first});
        }
        CHECK(contains(refusal(path), "belongs to another program"));
    }
    SUBCASE("its folder does not exist") { CHECK(contains(refusal(folder / "none" / "a.db"), "create it")); }
    SUBCASE("it is to be read and does not exist") { CHECK(contains(refusal(path, first, true), "unable to open")); }
    SUBCASE("it is a symbolic link") {
        opened(folder / "real.db");
        std::filesystem::create_symlink(folder / "real.db", path);
        CHECK_FALSE(refusal(path).empty());
    }
    SUBCASE("a migration fails") {
        constexpr Migration broken[] = {{1, "CREATE TABLE a (x); CREATE TABLE a (x)"}};
        CHECK(contains(refusal(path, broken), "already exists"));
        auto database = opened(path);  // nothing of it stayed
        CHECK(answer(database, "SELECT count(*) FROM sqlite_schema WHERE name='a'") == "0");
    }
}

TEST_CASE("migrations run once, in order, and keep what is there") {
    TemporaryFolder folder;
    {
        auto database = opened(folder / "a.db", first);
        add(database, "old");
    }
    for (int i = 0; i < 2; ++i) {
        auto database = opened(folder / "a.db", second);
        CHECK(answer(database, "PRAGMA user_version") == "2");
        CHECK(answer(database, "SELECT more FROM word WHERE text='old'") == "7");
    }
}

TEST_CASE("our own connection cannot do what we never do") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    CHECK_THROWS_AS(database.execute("ATTACH 'other.db' AS other"), StoreError);
    CHECK_THROWS_AS(database.execute("SELECT load_extension('x')"), StoreError);
    CHECK_THROWS_AS(database.execute("PRAGMA writable_schema=ON; DELETE FROM sqlite_schema"), StoreError);
    CHECK_THROWS_AS(database.execute("CREATE VIEW v AS SELECT 1; SELECT * FROM v"), StoreError);
    CHECK_THROWS_AS(database.prepare("SELECT \"no such column\" FROM word"), StoreError);
    CHECK_THROWS_AS(database.prepare("SELECT 1; SELECT 2"), StoreError);
    auto insert = database.prepare("INSERT INTO word (text, data) VALUES ('x', zeroblob(67108865))");
    CHECK_THROWS_AS(insert.step(), StoreError);
}

TEST_CASE("a foreign database is read and nothing else") {
    TemporaryFolder folder;
    const auto path = folder / "legacy.db";
    {
        auto database = opened(path);
        add(database, "one");
        database.execute("CREATE VIEW shout AS SELECT upper(text) AS loud FROM word");
        database.execute("PRAGMA journal_mode=DELETE");
    }
    const auto before = contents_of(path);
    auto database = Database::open_foreign(path);
    REQUIRE_MESSAGE(database, database.error().detail);
    CHECK(answer(*database, "SELECT loud FROM shout") == "ONE");
    const struct {
        const char* why;
        std::string_view sql, says;
    } wrong[] = {
        {"INSERT", "INSERT INTO word (text) VALUES ('x')", "not authorized"},
        {"UPDATE", "UPDATE word SET text='x'", "not authorized"},
        {"DELETE", "DELETE FROM word", "not authorized"},
        {"DROP", "DROP TABLE word", "not authorized"},
        {"PRAGMA", "PRAGMA query_only=OFF", "not authorized"},
        {"ATTACH", "ATTACH ':memory:' AS m", "not authorized"},
        {"BEGIN", "BEGIN", "not authorized"},
        {"load_extension", "SELECT load_extension('x')", "not authorized"},
        {"two statements", "SELECT 1; SELECT 2", "more than one statement"},
        {"nothing", "  -- nothing", "no statement"},
        {"nonsense", "SELEKT 1", "syntax error"},
        {"an unknown table", "SELECT * FROM no_such", "no such table"},
        {"a string in double quotes", "SELECT \"x\"", "no such column"},
    };
    for (const auto& [why, sql, says] : wrong) {
        CAPTURE(why);
        const auto statement = database->try_prepare(sql);
        REQUIRE_FALSE(statement);
        CHECK(statement.error().code == FaultCode::database_error);
        CHECK_MESSAGE(contains(statement.error().detail, says), statement.error().detail);
    }
    CHECK(contents_of(path) == before);
    CHECK(contains(Database::open_foreign(folder / "none.db").error().detail, "none.db"));
    write_file(folder / "text.db", "hello");
    CHECK(contains(Database::open_foreign(folder / "text.db").error().detail, "not a database"));
}

TEST_CASE("a foreign database is read while its owner goes on writing") {
    TemporaryFolder folder;
    auto owner = opened(folder / "live.db");  // with a write-ahead log
    add(owner, "one");
    auto reader = Database::open_foreign(folder / "live.db");
    REQUIRE_MESSAGE(reader, reader.error().detail);
    CHECK(answer(*reader, "SELECT count(*) FROM word") == "1");
    owner.transaction([&] { add(owner, "two"); });
    CHECK(answer(*reader, "SELECT count(*) FROM word") == "2");
}

TEST_CASE("a statement tells its parameters, by name and position") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    auto statement = database.prepare("SELECT :name, :age, :name");
    CHECK(statement.parameters() == std::vector<std::string>{":name", ":age"});
    CHECK(statement.position(":age") == 2);
    CHECK(statement.position(":none") == 0);
    CHECK(statement.reads_only());
    CHECK_FALSE(database.prepare("DELETE FROM word").reads_only());
    CHECK_THROWS_AS(statement.bind(3, std::int64_t{1}), StoreError);
}

TEST_CASE("work beyond its time is interrupted, and the next is not") {
    TemporaryFolder folder;
    auto database = opened(folder / "a.db");
    auto endless =
        database.prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    database.allow_work(20ms);
    CHECK_THROWS_AS(endless.step(), StoreInterrupted);
    database.allow_work(10s);
    CHECK(answer(database, "SELECT 'fine'") == "fine");
}
