#include "adapters/database/declaration.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::database;
using namespace onceway::tests;

namespace {

/// A declaration that is in order but for `text`, which replaces `line`.
std::string with(std::string_view line, std::string_view text) {
    std::string declaration = R"(
database = "a.db"
port = 9001
[[endpoint]]
method = "GET"
path = "/persons/{id}"
sql = "SELECT name FROM person WHERE id = :id"
result = "one"
columns = [{ column = "name" }]
[endpoint.parameters.id]
type = "string"
)";
    if (line.empty()) return declaration + std::string(text);
    const auto at = declaration.find(line);
    REQUIRE(at != std::string::npos);
    return declaration.replace(at, line.size(), text);
}

}  // namespace

TEST_CASE("a declaration is read with its defaults") {
    const auto read = read_declaration(with("", ""), "/srv/register");
    REQUIRE_MESSAGE(read, read.error().detail);
    CHECK(read->database == "/srv/register/a.db");
    CHECK(read->address == "127.0.0.1");
    CHECK(read->port == 9001);
    CHECK(read->text_encoding == TextEncoding::utf_8);
    REQUIRE(read->endpoints.size() == 1);
    const auto& endpoint = read->endpoints[0];
    CHECK(endpoint.shape == Shape::one);
    CHECK(endpoint.time_limit == std::chrono::seconds(1));
    REQUIRE(endpoint.parameters.size() == 1);
    CHECK(endpoint.parameters[0].place == Place::path);
    CHECK(endpoint.parameters[0].required);
    CHECK(endpoint.parameters[0].max_length == 255);
    CHECK(endpoint.columns[0].json == "name");
    CHECK(endpoint.columns[0].nullable);
}

TEST_CASE("parameters keep their order and stand where the method puts them") {
    const auto read = read_declaration(R"(
database = "/data/a.db"
text_encoding = "latin-1"
[[endpoint]]
path = "/a/{x}"
sql = "…"
result = "many"
limit = 7
columns = [{ column = "n", json = "number", type = "integer", nullable = false, description = "d" }]
[endpoint.parameters.z]
type = "boolean"
required = false
[endpoint.parameters.x]
type = "integer"
min = 1
max = 9
[endpoint.parameters.b]
type = "date"
[[endpoint]]
method = "POST"
path = "/a/{x}"
sql = "…"
columns = [{ column = "n" }]
parameters.x = { type = "string", pattern = "[a-z]+", min_length = 2, max_length = 5, description = "letters" }
parameters.y = {}
)",
                                       "/srv");
    REQUIRE_MESSAGE(read, read.error().detail);
    CHECK(read->database == "/data/a.db");
    CHECK(read->text_encoding == TextEncoding::latin_1);
    const auto& list = read->endpoints[0];
    CHECK(list.shape == Shape::many);
    CHECK(list.limit == 7);
    REQUIRE(list.parameters.size() == 3);
    CHECK(list.parameters[0].name == "z");
    CHECK(list.parameters[0].place == Place::query);
    CHECK_FALSE(list.parameters[0].required);
    CHECK(list.parameters[1].name == "x");
    CHECK(list.parameters[1].place == Place::path);
    CHECK(list.parameters[1].max == 9);
    CHECK(list.columns[0].json == "number");
    CHECK(list.columns[0].type == ColumnType::integer);
    const auto& post = read->endpoints[1];
    CHECK(post.parameters[0].place == Place::path);
    CHECK(post.parameters[0].compiled);
    CHECK(post.parameters[1].place == Place::body);
}

TEST_CASE("a declaration is refused, with the place and the remedy, when it") {
    const struct {
        const char* why;
        std::string declaration;
        std::string_view says;
    } wrong[] = {
        {"is no TOML", "database = ", "line 1, column"},
        {"names no database", with("database = \"a.db\"", ""), "database: is missing"},
        {"names an empty database", with("\"a.db\"", "\"\""), "database: must not be empty"},
        {"has a number for a text", with("\"a.db\"", "5"), "line 2: database: must be a string in quotes"},
        {"has a port beyond 65535", with("9001", "70000"), "port: must be a whole number from 0 to 65535"},
        {"has a port in quotes", with("9001", "\"9001\""), "port: must be a whole number"},
        {"has an unknown key", with("port = 9001", "prot = 9001"), "line 3: prot: is not known here"},
        {"has an unknown encoding", with("port = 9001", "text_encoding = \"ebcdic\""),
         "must be one of \"utf-8\", \"latin-1\""},
        {"has no endpoint", "database = \"a.db\"", "no endpoint is declared"},
        {"has an endpoint that is no table", "database = \"a.db\"\nendpoint = 5", "must be a list of tables"},
        {"has another method", with("\"GET\"", "\"DELETE\""), "endpoint[1].method: must be \"GET\" or \"POST\""},
        {"has no path", with("path = \"/persons/{id}\"", ""), "endpoint[1].path: is missing"},
        {"has a path without slash", with("/persons/{id}", "persons/{id}"), "does not begin with '/'"},
        {"takes the place of the description", with("/persons/{id}", "/openapi.json"), "is the description itself"},
        {"has no statement", with("sql = \"SELECT name FROM person WHERE id = :id\"", ""),
         "endpoint[1].sql: is missing"},
        {"has another shape", with("\"one\"", "\"some\""), "must be one of \"one\", \"many\""},
        {"has no columns", with("columns = [{ column = \"name\" }]", ""), "names no column"},
        {"has a column without name", with("{ column = \"name\" }", "{ json = \"name\" }"),
         "columns[1].column: is missing"},
        {"has a column of another type", with("column = \"name\"", "column = \"name\", type = \"blob\""),
         "columns[1].type: must be one of"},
        {"has an unknown key in a column", with("column = \"name\"", "column = \"name\", null = true"),
         "columns[1].null: is not known"},
        {"does not declare what its path names", with("[endpoint.parameters.id]\ntype = \"string\"", ""),
         "{id} of the path is not declared"},
        {"has a parameter of another type", with("type = \"string\"", "type = \"text\""),
         "parameters.id.type: must be one of"},
        {"has a pattern that is none", with("type = \"string\"", "type = \"string\"\npattern = \"[0-9\""),
         "no regular expression"},
        {"has a pattern for a number", with("type = \"string\"", "type = \"integer\"\npattern = \"5\""),
         "pattern: is not known here"},
        {"has a bound for a text", with("type = \"string\"", "min = 5"), "min: is not known here"},
        {"has a path's parameter that may be absent", with("type = \"string\"", "required = false"), "is always there"},
        {"has a time limit of an hour", with("result = \"one\"", "time_limit_ms = 3600000"), "from 1 to 60000"},
        {"answers one path twice",
         with("",
              "[[endpoint]]\npath = \"/{what}/list\"\nsql = \"x\"\ncolumns = [{ column = \"x\" }]\nparameters.what = "
              "{}\n"),
         "answer the same path"},
    };
    for (const auto& [why, declaration, says] : wrong) SUBCASE(why) {
            const auto read = read_declaration(declaration, ".");
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("all complaints come at once, one a line") {
    const auto read = read_declaration("port = -1\naddres = \"x\"\n[[endpoint]]\n", ".");
    REQUIRE_FALSE(read);
    CHECK(count_of(read.error().detail, "\n") >= 4);
    CHECK(contains(read.error().detail, "database: is missing"));
    CHECK(contains(read.error().detail, "addres: is not known here"));
    CHECK(contains(read.error().detail, "sql: is missing"));
}

TEST_CASE("a declaration's file is named in what is wrong with it") {
    TemporaryFolder folder;
    write_file(folder / "d.toml", "database = 5");
    CHECK(contains(read_declaration_file(folder / "d.toml").error().detail, "d.toml"));
    CHECK(contains(read_declaration_file(folder / "none.toml").error().detail, "No such file"));
}

TEST_CASE("the examples are in order") {
    const std::filesystem::path examples = std::filesystem::path(ONCEWAY_SOURCE_DIR) / "adapters/database/examples";
    int read = 0;
    for (const auto& entry : std::filesystem::directory_iterator(examples)) {
        const auto declaration = read_declaration_file(entry.path());
        CHECK_MESSAGE(declaration, (declaration ? "" : declaration.error().detail));
        ++read;
    }
    CHECK(read == 2);
}
