#include "adapters/database/rows.hpp"

#include "adapters/kit/answer.hpp"
#include "schemas/message/rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace onceway::database {
namespace {

using Kind = store::Statement::Kind;

std::string_view name_of_kind(Kind kind) {
    switch (kind) {
        case Kind::integer:
            return "a whole number";
        case Kind::real:
            return "a fraction";
        case Kind::text:
            return "text";
        case Kind::blob:
            return "octets";
        case Kind::null:
            return "NULL";
    }
    return "NULL";
}

Fault unfit(const Column& column, std::string_view what) {
    return fault(FaultCode::malformed_server_conf,
                 fmt::format("column {} holds {}, but is declared as {}{}", column.column, what, name_of(column.type),
                             column.nullable ? "" : ", never null"));
}

Result<std::string> text_value(const store::Statement& row, int at, const Column& column, TextEncoding encoding) {
    auto text = encoding == TextEncoding::latin_1 ? message::from_latin1(row.text(at)) : row.text(at);
    if (!is_utf8(text)) return unfit(column, "text that is not UTF-8 (set text_encoding)");
    if (column.type == ColumnType::date && !is_date(text)) return unfit(column, "text that is no date YYYY-MM-DD");
    return kit::json_string(text);
}

Result<std::string> value_of(const store::Statement& row, int at, const Column& column, TextEncoding encoding) {
    const auto kind = row.kind(at);
    if (kind == Kind::null) return column.nullable ? Result<std::string>("null") : unfit(column, name_of_kind(kind));
    switch (column.type) {
        case ColumnType::integer:
            if (kind == Kind::integer) return std::to_string(row.number(at));
            break;
        case ColumnType::boolean:
            if (kind == Kind::integer && (row.number(at) == 0 || row.number(at) == 1))
                return std::string(row.number(at) ? "true" : "false");
            break;
        case ColumnType::number:
            if (kind == Kind::integer) return std::to_string(row.number(at));
            if (kind == Kind::real && std::isfinite(row.real(at))) return fmt::format("{}", row.real(at));
            break;
        case ColumnType::string:
        case ColumnType::date:
            if (kind == Kind::text) return text_value(row, at, column, encoding);
            if (kind == Kind::integer && column.type == ColumnType::string) return kit::json_string(row.text(at));
            break;
    }
    return unfit(column, name_of_kind(kind));
}

}  // namespace

Result<std::vector<int>> find_columns(const store::Statement& statement, const Endpoint& endpoint) {
    std::vector<std::string> names;
    for (int i = 0; i < statement.columns(); ++i) names.push_back(statement.column_name(i));
    std::vector<int> columns;
    for (const auto& column : endpoint.columns) {
        const auto found = std::find(names.begin(), names.end(), column.column);
        if (found == names.end())
            return fault(FaultCode::invalid_argument, fmt::format("the statement gives no column '{}'; it gives {}",
                                                                  column.column, fmt::join(names, ", ")));
        columns.push_back(static_cast<int>(found - names.begin()));
    }
    for (const auto& name : names) {
        const bool declared = std::any_of(endpoint.columns.begin(), endpoint.columns.end(),
                                          [&](const Column& column) { return column.column == name; });
        if (!declared)
            return fault(
                FaultCode::invalid_argument,
                fmt::format("column '{}' of the statement is not declared; declare it or leave it out of the SELECT",
                            name));
    }
    return columns;
}

Result<void> append_row(std::string& json, const store::Statement& row, const Endpoint& endpoint,
                        const std::vector<int>& columns, TextEncoding encoding) {
    json += '{';
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto value = value_of(row, columns[i], endpoint.columns[i], encoding);
        if (!value) return value.error();
        if (i > 0) json += ',';
        json += kit::json_string(endpoint.columns[i].json) + ':' + *value;
    }
    json += '}';
    return {};
}

}  // namespace onceway::database
