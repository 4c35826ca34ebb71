#include "adapters/database/openapi.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace onceway::database {
namespace {

namespace json = boost::json;

json::object schema_of(const Parameter& parameter) {
    json::object schema;
    switch (parameter.type) {
        case ParameterType::string:
            schema["type"] = "string";
            schema["minLength"] = parameter.min_length;
            schema["maxLength"] = parameter.max_length;
            if (!parameter.pattern.empty()) schema["pattern"] = "^(?:" + parameter.pattern + ")$";
            break;
        case ParameterType::integer:
            schema["type"] = "integer";
            schema["format"] = "int64";
            if (parameter.min != INT64_MIN) schema["minimum"] = parameter.min;
            if (parameter.max != INT64_MAX) schema["maximum"] = parameter.max;
            break;
        case ParameterType::date:
            schema["type"] = "string";
            schema["format"] = "date";
            break;
        case ParameterType::boolean:
            schema["type"] = "boolean";
            break;
    }
    return schema;
}

json::object schema_of(const Column& column) {
    json::object schema;
    schema["type"] = column.type == ColumnType::date ? "string" : name_of(column.type);
    if (column.type == ColumnType::date) schema["format"] = "date";
    if (column.type == ColumnType::integer) schema["format"] = "int64";
    if (column.nullable) schema["nullable"] = true;
    if (!column.description.empty()) schema["description"] = column.description;
    return schema;
}

json::object row_schema(const Endpoint& endpoint) {
    json::object properties;
    json::array required;
    for (const auto& column : endpoint.columns) {
        properties[column.json] = schema_of(column);
        required.emplace_back(column.json);
    }
    return {{"type", "object"}, {"required", std::move(required)}, {"properties", std::move(properties)}};
}

json::object with_schema(std::string_view description, json::object schema) {
    return {{"description", description}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json::object refusal(std::string_view description) {
    return {{"description", description},
            {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Refusal"}}}}}}}};
}

json::object answers(const Endpoint& endpoint) {
    json::object answers;
    auto row = row_schema(endpoint);
    if (endpoint.shape == Shape::one) {
        answers["200"] = with_schema("The record.", std::move(row));
        answers["404"] = refusal(endpoint.not_found);
    } else {
        json::object list = {{"type", "array"}, {"maxItems", endpoint.limit}, {"items", std::move(row)}};
        auto found = with_schema("The records; an empty list when there are none.", std::move(list));
        found["headers"] = {{"X-Result-Truncated",
                             {{"description", fmt::format("'true' when more than {} records match.", endpoint.limit)},
                              {"schema", {{"type", "string"}}}}}};
        answers["200"] = std::move(found);
    }
    answers["400"] = refusal("A parameter is missing or does not fit its description.");
    answers["500"] = refusal("A record does not fit the declaration of the service.");
    answers["503"] = refusal("The register cannot be read now, or the query takes too long.");
    return answers;
}

json::array parameters(const Endpoint& endpoint) {
    json::array list;
    for (const auto& parameter : endpoint.parameters) {
        if (parameter.place == Place::body) continue;
        json::object one = {{"name", parameter.name},
                            {"in", name_of(parameter.place)},
                            {"required", parameter.required},
                            {"schema", schema_of(parameter)}};
        if (!parameter.description.empty()) one["description"] = parameter.description;
        list.push_back(std::move(one));
    }
    return list;
}

json::object request_body(const Endpoint& endpoint) {
    json::object properties;
    json::array required;
    for (const auto& parameter : endpoint.parameters) {
        if (parameter.place != Place::body) continue;
        auto schema = schema_of(parameter);
        if (!parameter.description.empty()) schema["description"] = parameter.description;
        if (!parameter.required) schema["nullable"] = true;
        properties[parameter.name] = std::move(schema);
        if (parameter.required) required.emplace_back(parameter.name);
    }
    json::object schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"required", true}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json::object operation(const Endpoint& endpoint) {
    json::object operation;
    if (!endpoint.summary.empty()) operation["summary"] = endpoint.summary;
    operation["parameters"] = parameters(endpoint);
    if (endpoint.method == "POST") operation["requestBody"] = request_body(endpoint);
    operation["responses"] = answers(endpoint);
    return operation;
}

json::object refusal_schema() {
    const json::object text = {{"type", "string"}};
    return {{"type", "object"},
            {"required", {"type", "message", "detail"}},
            {"properties", {{"type", text}, {"message", text}, {"detail", text}}}};
}

}  // namespace

Octets write_openapi(const Declaration& declaration) {
    json::object info = {{"title", declaration.title}, {"version", declaration.version}};
    if (!declaration.description.empty()) info["description"] = declaration.description;
    json::object paths;
    for (const auto& endpoint : declaration.endpoints) {
        auto& path = paths[endpoint.path.text()];
        if (!path.is_object()) path.emplace_object();
        path.get_object()[to_lower(endpoint.method)] = operation(endpoint);
    }
    json::object document;
    document["openapi"] = "3.0.3";
    document["info"] = std::move(info);
    document["paths"] = std::move(paths);
    document["components"] = {{"schemas", {{"Refusal", refusal_schema()}}}};
    return json::serialize(document);
}

}  // namespace onceway::database
