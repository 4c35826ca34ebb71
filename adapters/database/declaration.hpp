// What an operator declares: which queries of which database are offered, under which paths, to whom it may concern.
#pragma once

#include "adapters/database/parameters.hpp"
#include "adapters/kit/path_pattern.hpp"
#include "schemas/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::database {

/// The type of a column in the answer.
enum class ColumnType { string, integer, number, boolean, date };
std::string_view name_of(ColumnType type);

struct Column {
    std::string column;  // as the statement names it
    std::string json;    // the member in the answer
    ColumnType type = ColumnType::string;
    bool nullable = true;  // NULL becomes null; otherwise a NULL is an error of the register
    std::string description;
};

enum class Shape {
    one,   // an object, or 404
    many,  // an array, cut at `limit` rows
};

struct Endpoint {
    std::string method;  // GET or POST
    kit::PathPattern path;
    std::string summary;
    std::string sql;
    Shape shape = Shape::one;
    int limit = 100;                              // rows, for many
    std::string not_found;                        // what a person reads with a 404
    std::chrono::milliseconds time_limit{1'000};  // for the query
    std::vector<Parameter> parameters;
    std::vector<Column> columns;
};

/// How the database writes text. SQLite does not say; older systems often mean ISO-8859-1.
enum class TextEncoding { utf_8, latin_1 };

struct Declaration {
    std::filesystem::path database;
    TextEncoding text_encoding = TextEncoding::utf_8;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string title, version = "1", description;
    std::vector<Endpoint> endpoints;
};

/// Reads a declaration. Relative paths in it begin at `folder`. Faults: `invalid_argument`; `detail` holds every
/// complaint, one a line, each with the endpoint, the key and what to write instead.
Result<Declaration> read_declaration(std::string_view toml, const std::filesystem::path& folder);
/// The same from a file of at most 1 MiB.
Result<Declaration> read_declaration_file(const std::filesystem::path& file);

}  // namespace onceway::database
