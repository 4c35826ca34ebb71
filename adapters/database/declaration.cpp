#include "adapters/database/declaration.hpp"

#include "adapters/database/toml_reader.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::database {
namespace {

constexpr std::size_t declaration_octets = 1024 * 1024;

Parameter read_parameter(TomlReader& table, const std::string& name, const Endpoint& endpoint, bool in_path) {
    Parameter parameter;
    parameter.name = name;
    parameter.type = table.choice<ParameterType>("type", {{"string", ParameterType::string},
                                                          {"integer", ParameterType::integer},
                                                          {"date", ParameterType::date},
                                                          {"boolean", ParameterType::boolean}});
    parameter.place = in_path ? Place::path : endpoint.method == "POST" ? Place::body : Place::query;
    parameter.required = table.flag("required", true);
    if (in_path && !parameter.required) table.complain("required", "a parameter of the path is always there");
    parameter.description = table.text("description");

    const bool string = parameter.type == ParameterType::string, integer = parameter.type == ParameterType::integer;
    if (string) {
        parameter.pattern = table.text("pattern");
        parameter.min_length = static_cast<std::size_t>(table.number("min_length", 1, 0, 1'000));
        parameter.max_length = static_cast<std::size_t>(table.number("max_length", 255, 1, 1'000));
        if (!parameter.pattern.empty()) {
            auto compiled = compile_pattern(parameter.pattern);
            if (compiled)
                parameter.compiled = std::move(*compiled);
            else
                table.complain("pattern", compiled.error().detail);
        }
    }
    if (integer) {
        parameter.min = table.number("min", INT64_MIN, INT64_MIN, INT64_MAX);
        parameter.max = table.number("max", INT64_MAX, INT64_MIN, INT64_MAX);
    }
    table.nothing_else();
    return parameter;
}

Column read_column(TomlReader& table) {
    Column column;
    column.column = table.required_text("column");
    column.json = table.text("json", column.column);
    column.type = table.choice<ColumnType>("type", {{"string", ColumnType::string},
                                                    {"integer", ColumnType::integer},
                                                    {"number", ColumnType::number},
                                                    {"boolean", ColumnType::boolean},
                                                    {"date", ColumnType::date}});
    column.nullable = table.flag("nullable", true);
    column.description = table.text("description");
    table.nothing_else();
    return column;
}

void read_parameters(TomlReader& table, Endpoint& endpoint) {
    const auto in_path = endpoint.path.names();
    auto declared = table.table("parameters");
    for (const auto& name : in_path)
        if (!declared.has(name)) table.complain("parameters", fmt::format("{{{}}} of the path is not declared", name));
    for (const auto& name : declared.keys()) {
        const bool found = std::find(in_path.begin(), in_path.end(), name) != in_path.end();
        auto one = declared.table(name);
        endpoint.parameters.push_back(read_parameter(one, name, endpoint, found));
    }
}

Endpoint read_endpoint(TomlReader& table) {
    Endpoint endpoint;
    endpoint.method = table.text("method", "GET");
    if (endpoint.method != "GET" && endpoint.method != "POST") table.complain("method", "must be \"GET\" or \"POST\"");
    auto path = kit::PathPattern::parse(table.required_text("path"));
    if (path)
        endpoint.path = std::move(*path);
    else
        table.complain("path", path.error().detail);
    if (endpoint.path.text() == "/openapi.json") table.complain("path", "/openapi.json is the description itself");
    endpoint.summary = table.text("summary");
    endpoint.sql = table.required_text("sql");
    endpoint.shape = table.choice<Shape>("result", {{"one", Shape::one}, {"many", Shape::many}});
    endpoint.limit = static_cast<int>(table.number("limit", 100, 1, 10'000));
    endpoint.not_found = table.text("not_found", "There is no such record.");
    endpoint.time_limit = std::chrono::milliseconds(table.number("time_limit_ms", 1'000, 1, 60'000));
    read_parameters(table, endpoint);
    for (auto& column : table.tables("columns")) endpoint.columns.push_back(read_column(column));
    if (endpoint.columns.empty()) table.complain("columns", "names no column; list those that the answer shows");
    table.nothing_else();
    return endpoint;
}

void refuse_overlaps(TomlReader& top, const std::vector<Endpoint>& endpoints) {
    for (std::size_t i = 0; i < endpoints.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (endpoints[i].method == endpoints[k].method && endpoints[i].path.overlaps(endpoints[k].path))
                top.complain("endpoint", fmt::format("{} {} and {} answer the same path", endpoints[i].method,
                                                     endpoints[k].path.text(), endpoints[i].path.text()));
}

}  // namespace

std::string_view name_of(ColumnType type) {
    switch (type) {
        case ColumnType::string:
            return "string";
        case ColumnType::integer:
            return "integer";
        case ColumnType::number:
            return "number";
        case ColumnType::boolean:
            return "boolean";
        case ColumnType::date:
            return "date";
    }
    return "string";
}

Result<Declaration> read_declaration(std::string_view toml, const std::filesystem::path& folder) {
    auto opened = TomlReader::open(toml);
    if (!opened) return opened.error();
    auto& top = *opened;
    Declaration declaration;
    declaration.database = folder / top.required_text("database");
    declaration.text_encoding =
        top.choice<TextEncoding>("text_encoding", {{"utf-8", TextEncoding::utf_8}, {"latin-1", TextEncoding::latin_1}});
    declaration.address = top.text("address", "127.0.0.1");
    declaration.port = static_cast<std::uint16_t>(top.number("port", 0, 0, 65'535));
    declaration.title = top.text("title", "Register");
    declaration.version = top.text("version", "1");
    declaration.description = top.text("description");
    for (auto& endpoint : top.tables("endpoint")) declaration.endpoints.push_back(read_endpoint(endpoint));
    if (declaration.endpoints.empty()) top.complain("endpoint", "no endpoint is declared; write [[endpoint]]");
    refuse_overlaps(top, declaration.endpoints);
    top.nothing_else();
    if (auto fine = top.finish(); !fine) return fine.error();
    return declaration;
}

Result<Declaration> read_declaration_file(const std::filesystem::path& file) {
    const auto toml = store::read_whole(file, declaration_octets);
    if (!toml) return toml.error();
    auto declaration = read_declaration(*toml, file.has_parent_path() ? file.parent_path() : ".");
    if (!declaration)
        return fault(declaration.error().code, fmt::format("{}: {}", file.string(), declaration.error().detail));
    return declaration;
}

}  // namespace onceway::database
