#include "adapters/database/service.hpp"

#include "schemas/store/database.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <thread>

using namespace onceway;
using namespace onceway::database;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

constexpr store::Migration tables[] = {
    {1,
     "CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT, born TEXT, children INTEGER, height REAL,"
     " member INTEGER, photo BLOB);"
     "CREATE TABLE secret (pin TEXT); INSERT INTO secret VALUES ('0000')"}};

/// A legacy database with three people in it.
void make_database(const std::filesystem::path& path, std::string_view first_name = "Anna") {
    auto database = store::Database::open({.path = path, .migrations = tables});
    REQUIRE_MESSAGE(database, database.error().detail);
    auto insert = database->prepare("INSERT INTO person VALUES (?,?,?,?,?,?,?)");
    const std::string names[] = {std::string(first_name), "O'Neil \"x\"", ""};
    for (int i = 0; i < 3; ++i) {
        insert.bind_text(1, std::to_string(100 + i))
            .bind_text(2, names[i])
            .bind_text(3, "2001-02-03")
            .bind(4, std::int64_t{i});
        insert.bind_null(5).bind(6, std::int64_t{i % 2}).bind_blob(7, "\xff");
        insert.step();
        insert.reset();
    }
    database->execute("UPDATE person SET height = 1.75 WHERE id = '100'");
    database->execute("PRAGMA journal_mode=DELETE");
}

const std::string declaration = R"(
database = "legacy.db"
title = "Legacy"
[[endpoint]]
path = "/persons/{id}"
sql = "SELECT id, name, born, children, height, member FROM person WHERE id = :id"
not_found = "nobody"
columns = [
  { column = "id", nullable = false }, { column = "name", json = "full_name" }, { column = "born", type = "date" },
  { column = "children", type = "integer" }, { column = "height", type = "number" }, { column = "member", type = "boolean" },
]
parameters.id = { type = "string", max_length = 40 }

[[endpoint]]
path = "/persons"
sql = "SELECT id FROM person WHERE (:name IS NULL OR name = :name) AND children >= :least ORDER BY id"
result = "many"
limit = 2
columns = [{ column = "id" }]
parameters.name = { required = false }
parameters.least = { type = "integer", min = 0, max = 10 }

[[endpoint]]
method = "POST"
path = "/search"
sql = "SELECT id FROM person WHERE born >= :since AND member = :member ORDER BY id"
result = "many"
columns = [{ column = "id" }]
parameters.since = { type = "date" }
parameters.member = { type = "boolean" }

[[endpoint]]
path = "/slow"
sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS n FROM n"
time_limit_ms = 30
columns = [{ column = "n", type = "integer" }]

[[endpoint]]
path = "/unfit"
sql = "SELECT name AS n FROM person LIMIT 1"
columns = [{ column = "n", type = "integer" }]
)";

Declaration declared(const TemporaryFolder& folder, std::string_view text = declaration) {
    auto read = read_declaration(text, folder.path());
    REQUIRE_MESSAGE(read, read.error().detail);
    return *read;
}

Service opened(const TemporaryFolder& folder, std::string_view text = declaration) {
    auto service = Service::open(declared(folder, text));
    REQUIRE_MESSAGE(service, service.error().detail);
    return std::move(*service);
}

kit::Answer ask(Service& service, std::string target, std::string method = "GET", Octets body = {},
                message::Fields fields = {}) {
    return service.answer({std::move(method), std::move(target), std::move(fields), std::move(body)});
}
kit::Answer post(Service& service, Octets body) {
    return ask(service, "/search", "POST", std::move(body), {{"Content-Type", "application/json; charset=utf-8"}});
}

}  // namespace

TEST_CASE("one record is an object with the declared members in the declared types") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    CHECK(ask(service, "/persons/100").body ==
          R"({"id":"100","full_name":"Anna","born":"2001-02-03","children":0,"height":1.75,"member":false})");
    CHECK(ask(service, "/persons/101").body ==
          R"({"id":"101","full_name":"O'Neil \"x\"","born":"2001-02-03","children":1,"height":null,"member":true})");
    const auto none = ask(service, "/persons/999");
    CHECK(none.status == 404);
    CHECK(json::parse(none.body).at("type") == "adapter.not_found");
    CHECK(json::parse(none.body).at("message") == "nobody");
}

TEST_CASE("many records are an array, cut at the limit, which is said") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    const auto cut = ask(service, "/persons?least=0");
    CHECK(cut.body == R"([{"id":"100"},{"id":"101"}])");
    CHECK(message::field(cut.fields, "X-Result-Truncated") == "true");
    const auto whole = ask(service, "/persons?least=1");
    CHECK(whole.body == R"([{"id":"101"},{"id":"102"}])");
    CHECK_FALSE(message::field(whole.fields, "X-Result-Truncated"));
    CHECK(ask(service, "/persons?least=10").body == "[]");
    CHECK(ask(service, "/persons?least=0&name=Anna").body == R"([{"id":"100"}])");
    CHECK(ask(service, "/persons?least=0&name=O%27Neil+%22x%22").body == R"([{"id":"101"}])");
}

TEST_CASE("parameters of a POST come from its body") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    CHECK(post(service, R"({"since":"2000-01-01","member":true})").body == R"([{"id":"101"}])");
    CHECK(post(service, R"({"since":"2030-01-01","member":true})").body == "[]");
    const struct {
        const char* why;
        Octets body;
        std::string_view says;
    } wrong[] = {
        {"no JSON", "since=2000", "no JSON object"},
        {"an array", "[]", "no JSON object"},
        {"two objects", "{}{}", "no JSON object"},
        {"too deep", std::string(20, '[') + std::string(20, ']'), "no JSON object"},
        {"a member that is absent", R"({"since":"2000-01-01"})", "member is missing"},
        {"a member too many", R"({"since":"2000-01-01","member":true,"x":1})", "no parameter x"},
        {"a wrong type", R"({"since":"2000-01-01","member":1})", "member is neither"},
        {"a wrong date", R"({"since":"2000-02-30","member":true})", "since is no date"},
    };
    for (const auto& [why, body, says] : wrong) {
        CAPTURE(why);
        const auto answer = post(service, body);
        CHECK(answer.status == 400);
        CHECK_MESSAGE(contains(answer.body, says), answer.body);
    }
    CHECK(ask(service, "/search", "POST", "{}", {{"Content-Type", "text/plain"}}).status == 415);
    CHECK(ask(service, "/search", "POST", "{}").status == 415);
}

TEST_CASE("whatever a caller sends for a value is data, not SQL") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    const auto before = contents_of(folder / "legacy.db");
    for (const auto* value : {"'", "''", "1' OR '1'='1", "x'; DROP TABLE person; --", "%25_", "*", "\\", "100'--",
                              "UNION SELECT", ":id", "%F0%9D%84%9E", "100 ", "1e2", "NULL"}) {
        const auto answer = ask(service, "/persons/" + std::string(value));
        CHECK_MESSAGE((answer.status == 404 || answer.status == 400), value);
        CHECK_FALSE(contains(answer.body, "0000"));
    }
    CHECK(contents_of(folder / "legacy.db") == before);
    CHECK(ask(service, "/persons/100").status == 200);
}

TEST_CASE("a request is refused in JSON, with its reason, when it") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    const struct {
        const char* why;
        std::string method, target;
        int status;
        std::string_view type, says;
    } wrong[] = {
        {"goes nowhere", "GET", "/nothing", 404, "adapter.unknown_path", "openapi.json"},
        {"ends in a slash", "GET", "/persons/", 404, "adapter.unknown_path", ""},
        {"has another method", "DELETE", "/persons/100", 405, "adapter.method_not_allowed", "GET"},
        {"posts to the description", "POST", "/openapi.json", 405, "adapter.method_not_allowed", "GET"},
        {"lacks a parameter", "GET", "/persons", 400, "adapter.invalid_parameter", "least is missing"},
        {"has a parameter too many", "GET", "/persons?least=1&limit=5", 400, "adapter.invalid_parameter",
         "no parameter limit"},
        {"has a parameter in the wrong place", "GET", "/persons/100?id=100", 400, "adapter.invalid_parameter",
         "no parameter id"},
        {"has a parameter twice", "GET", "/persons?least=1&least=2", 400, "adapter.invalid_parameter", "twice"},
        {"has a parameter out of bounds", "GET", "/persons?least=11", 400, "adapter.invalid_parameter", "more than 10"},
        {"has a value that is too long", "GET", "/persons/" + std::string(41, '1'), 400, "adapter.invalid_parameter",
         "more than 40"},
        {"has an escape that is none", "GET", "/persons/%zz", 400, "adapter.invalid_parameter", "incomplete escape"},
        {"asks for what takes too long", "GET", "/slow", 503, "adapter.too_slow", "too long"},
        {"meets a record that does not fit", "GET", "/unfit", 500, "adapter.register_unfit", "operator"},
    };
    for (const auto& [why, method, target, status, type, says] : wrong) SUBCASE(why) {
            const auto answer = ask(service, target, method);
            CHECK(answer.status == status);
            CHECK(json::parse(answer.body).at("type").as_string() == type);
            CHECK_MESSAGE(contains(answer.body, says), answer.body);
        }
    CHECK(message::field(ask(service, "/persons/100", "PUT").fields, "Allow") == "GET");
}

TEST_CASE("a declaration that does not fit its database is refused at the start, with the reason, when it") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    const auto with_sql = [](std::string_view sql, std::string_view columns = "{ column = \"id\" }",
                             std::string_view parameters = "") {
        return "database = \"legacy.db\"\n[[endpoint]]\npath = \"/a\"\nsql = \"" + std::string(sql) +
               "\"\ncolumns = [" + std::string(columns) + "]\n" + std::string(parameters);
    };
    const struct {
        const char* why;
        std::string declaration;
        std::string_view says;
    } wrong[] = {
        {"deletes", with_sql("DELETE FROM person RETURNING id"), "not authorized"},
        {"inserts", with_sql("INSERT INTO person (id) VALUES ('9') RETURNING id"), "not authorized"},
        {"attaches", with_sql("ATTACH 'x' AS y"), "not authorized"},
        {"changes a pragma", with_sql("PRAGMA query_only=0"), "not authorized"},
        {"loads an extension", with_sql("SELECT load_extension('x') AS id"), "not authorized"},
        {"has two statements", with_sql("SELECT id FROM person; SELECT id FROM person"), "more than one statement"},
        {"has a mistake", with_sql("SELEKT id"), "syntax error"},
        {"asks for another table", with_sql("SELECT id FROM people"), "no such table"},
        {"uses what is not declared", with_sql("SELECT id FROM person WHERE id = :id"), ":id, which is not declared"},
        {"declares what it does not use", with_sql("SELECT id FROM person", "{ column = 'id' }", "parameters.x = {}"),
         ":x is declared and not used"},
        {"has a parameter without name", with_sql("SELECT id FROM person WHERE id = ?"), "without a name"},
        {"has a column that is not declared", with_sql("SELECT id, photo FROM person"),
         "'photo' of the statement is not declared"},
        {"takes every column", with_sql("SELECT * FROM person"), "is not declared"},
        {"declares a column that is not there", with_sql("SELECT name FROM person"), "gives no column 'id'"},
    };
    for (const auto& [why, text, says] : wrong) SUBCASE(why) {
            const auto service = Service::open(declared(folder, text));
            REQUIRE_FALSE(service);
            CHECK_MESSAGE(contains(service.error().detail, says), service.error().detail);
            CHECK_MESSAGE(contains(service.error().detail, "GET /a"), service.error().detail);
        }
    CHECK(Service::open(declared(folder, with_sql("SELECT id FROM person"))));
    std::filesystem::remove(folder / "legacy.db");
    CHECK(contains(Service::open(declared(folder)).error().detail, "legacy.db"));
}

TEST_CASE("values that do not fit their declared column are told to the operator and not to the caller") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    const auto serving = [&](std::string_view expression, std::string_view column) {
        auto service = opened(folder, "database = \"legacy.db\"\n[[endpoint]]\npath = \"/a\"\nsql = \"SELECT " +
                                          std::string(expression) + " AS x\"\ncolumns = [{ column = \"x\", " +
                                          std::string(column) + " }]\n");
        return ask(service, "/a");
    };
    const std::pair<const char*, const char*> wrong[] = {
        {"'5'", "type = 'integer'"},       {"1.5", "type = 'integer'"},   {"2", "type = 'boolean'"},
        {"'yes'", "type = 'boolean'"},     {"'x'", "type = 'number'"},    {"1e999", "type = 'number'"},
        {"'2026-02-30'", "type = 'date'"}, {"20260101", "type = 'date'"}, {"x'00'", "type = 'string'"},
        {"1.5", "type = 'string'"},        {"NULL", "nullable = false"},  {"CAST(x'FF' AS TEXT)", "type = 'string'"}};
    for (const auto& [expression, column] : wrong) {
        CAPTURE(expression);
        const auto answer = serving(expression, column);
        CHECK(answer.status == 500);
        CHECK(json::parse(answer.body).at("type") == "adapter.register_unfit");
    }
    CHECK(serving("42", "type = 'string'").body == R"({"x":"42"})");
    CHECK(serving("42", "type = 'number'").body == R"({"x":42})");
    CHECK(serving("NULL", "type = 'date'").body == R"({"x":null})");
    CHECK(serving("'a' || char(10) || 'ä'", "type = 'string'").body == "{\"x\":\"a\\u000aä\"}");
}

TEST_CASE("text in ISO-8859-1 is told as UTF-8 when so declared") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db", "Elsab\xe9");
    auto service = opened(folder, "text_encoding = \"latin-1\"\n" + declaration);
    CHECK(contains(ask(service, "/persons/100").body, "\"full_name\":\"Elsabé\""));
}

TEST_CASE("a database file that is replaced is read from then on") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    CHECK(contains(ask(service, "/persons/100").body, "Anna"));
    make_database(folder / "next.db", "Berta");
    std::filesystem::rename(folder / "next.db", folder / "legacy.db");
    CHECK(contains(ask(service, "/persons/100").body, "Berta"));
    std::filesystem::remove(folder / "legacy.db");
    const auto gone = ask(service, "/persons/100");
    CHECK(gone.status == 503);
    CHECK(json::parse(gone.body).at("type") == "adapter.database_unavailable");
    make_database(folder / "legacy.db", "Cora");
    CHECK(contains(ask(service, "/persons/100").body, "Cora"));
}

TEST_CASE("several threads are answered at once") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) right += ask(service, "/persons/10" + std::to_string(i % 3)).status == 200;
        });
    threads.clear();
    CHECK(right == 200);
}

TEST_CASE("the description says everything that a caller may send and will get") {
    TemporaryFolder folder;
    make_database(folder / "legacy.db");
    auto service = opened(folder);
    const auto answer = ask(service, "/openapi.json");
    CHECK(answer.status == 200);
    CHECK(answer.content_type == "application/json");
    const auto document = json::parse(answer.body);
    CHECK(document.at("openapi") == "3.0.3");
    CHECK(document.at("info").at("title") == "Legacy");
    const auto& paths = document.at("paths").as_object();
    CHECK(paths.size() == 5);
    const auto& one = paths.at("/persons/{id}").at("get");
    CHECK(one.at("parameters").at(0) ==
          json::value({{"name", "id"},
                       {"in", "path"},
                       {"required", true},
                       {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 40}}}}));
    const auto& schema = one.at("responses").at("200").at("content").at("application/json").at("schema");
    CHECK(schema.at("properties").at("full_name") == json::value({{"type", "string"}, {"nullable", true}}));
    CHECK(schema.at("properties").at("born").at("format") == "date");
    CHECK(schema.at("required").as_array().size() == 6);
    CHECK(one.at("responses").as_object().contains("404"));
    const auto& many = paths.at("/persons").at("get");
    CHECK(many.at("responses").at("200").at("content").at("application/json").at("schema").at("maxItems") == 2);
    CHECK(many.at("parameters").at(1).at("schema").at("maximum") == 10);
    const auto& body =
        paths.at("/search").at("post").at("requestBody").at("content").at("application/json").at("schema");
    CHECK(body.at("required") == json::value({"since", "member"}));
    CHECK(body.at("properties").at("member").at("type") == "boolean");
    CHECK(document.at("components").at("schemas").as_object().contains("Refusal"));
}
