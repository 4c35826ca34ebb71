#include "adapters/database/service.hpp"

#include "adapters/database/openapi.hpp"
#include "adapters/kit/query.hpp"
#include "schemas/base/log.hpp"
#include "schemas/message/mime.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <chrono>

namespace onceway::database {
namespace {

using kit::Answer;
using kit::refusal;
namespace json = boost::json;

/// Values, or the answer that refuses them.
using Checked = std::variant<Values, Answer>;

Answer invalid(std::string_view message, std::string_view detail = {}) {
    return refusal(400, "invalid_parameter", message, detail);
}

Answer invalid(const Parameter& parameter, const Fault& reason) {
    return invalid(fmt::format("{} {}", parameter.name, reason.detail), parameter.name);
}

const Parameter* find(const Endpoint& endpoint, std::string_view name, Place place) {
    for (const auto& parameter : endpoint.parameters)
        if (parameter.name == name && parameter.place == place) return &parameter;
    return nullptr;
}

/// The parameters of a place that were not sent: NULL, or a refusal when one is required.
std::optional<Answer> add_absent(const Endpoint& endpoint, Values& values) {
    for (const auto& parameter : endpoint.parameters) {
        if (values.contains(parameter.name)) continue;
        if (parameter.required)
            return invalid(fmt::format("{} is missing", parameter.name),
                           fmt::format("send it in the {}", name_of(parameter.place)));
        values.emplace(parameter.name, Value{});
    }
    return std::nullopt;
}

std::optional<Answer> add_texts(const Endpoint& endpoint, Place place, const std::map<std::string, std::string>& sent,
                                Values& values) {
    for (const auto& [name, text] : sent) {
        const auto* parameter = find(endpoint, name, place);
        if (!parameter)
            return invalid(fmt::format("there is no parameter {}", name.substr(0, 60)), "see /openapi.json");
        auto value = check_text(*parameter, text);
        if (!value) return invalid(*parameter, value.error());
        values.emplace(name, std::move(*value));
    }
    return std::nullopt;
}

std::optional<Answer> add_body(const Endpoint& endpoint, const kit::Request& request, Values& values) {
    const auto type = message::MediaType::parse(message::field(request.fields, "content-type").value_or(""));
    if (!type || type->base != "application/json")
        return refusal(415, "unsupported_media_type", "The body must be application/json.");
    boost::system::error_code error;
    json::parse_options strict;
    strict.max_depth = 8;
    const auto parsed = json::parse(request.body, error, {}, strict);
    if (error || !parsed.is_object()) return invalid("the body is no JSON object");
    for (const auto& [key, member] : parsed.get_object()) {
        const auto* parameter = find(endpoint, key, Place::body);
        if (!parameter)
            return invalid(fmt::format("there is no parameter {}", std::string_view(key).substr(0, 60)),
                           "see /openapi.json");
        auto value = check_json(*parameter, member);
        if (!value) return invalid(*parameter, value.error());
        values.emplace(key, std::move(*value));
    }
    return std::nullopt;
}

/// Everything that was sent, checked: path, query, body.
Checked check(const Endpoint& endpoint, const std::map<std::string, std::string>& in_path, const kit::Request& request,
              std::string_view query) {
    Values values;
    const auto in_query = kit::read_query(query);
    if (!in_query) return invalid(in_query.error().detail);
    if (auto refused = add_texts(endpoint, Place::path, in_path, values)) return *refused;
    if (auto refused = add_texts(endpoint, Place::query, *in_query, values)) return *refused;
    if (endpoint.method == "POST")
        if (auto refused = add_body(endpoint, request, values)) return *refused;
    if (auto refused = add_absent(endpoint, values)) return *refused;
    return values;
}

/// What a caller is told when the register could not answer; the log says the rest.
Answer failure(const Fault& fault) {
    switch (fault.code) {
        case FaultCode::timed_out:
            return refusal(503, "too_slow", "The query takes too long.", "Ask for less.");
        case FaultCode::too_large:
            return refusal(500, "answer_too_large", "The answer is too large.", "Ask for less.");
        case FaultCode::database_error:
            return refusal(503, "database_unavailable", "The register cannot be read now.", "Try again later.");
        default:
            return refusal(500, "register_unfit", "A record does not fit the declaration.",
                           "Tell the register's operator.");
    }
}

void log_asked(const Endpoint& endpoint, const kit::Request& request, const Answer& answer, std::size_t rows,
               std::int64_t took_ms) {
    log::info("query.answered",
              {{"endpoint", endpoint.method + ' ' + endpoint.path.text()},
               {"status", answer.status},
               {"rows", static_cast<std::uint64_t>(rows)},
               {"took_ms", took_ms},
               {"client", std::string(message::field(request.fields, "x-road-client").value_or(""))},
               {"message_id", std::string(message::field(request.fields, "x-road-id").value_or(""))}});
}

}  // namespace

Service::Service(Declaration declaration, Register opened)
    : declaration_(std::move(declaration)), register_(std::move(opened)), openapi_(write_openapi(declaration_)) {}

Result<Service> Service::open(Declaration declaration) {
    auto opened = Register::open(declaration);
    if (!opened) return opened.error();
    return Service(std::move(declaration), std::move(*opened));
}

Answer Service::answer(const kit::Request& request) {
    const auto mark = std::min(request.target.find('?'), request.target.size());
    const auto path = std::string_view(request.target).substr(0, mark);
    const auto query = std::string_view(request.target).substr(std::min(mark + 1, request.target.size()));
    if (path == "/openapi.json" && request.method == "GET") {
        Answer description;
        description.body = openapi_;
        return description;
    }
    std::string allowed = path == "/openapi.json" ? "GET" : "";
    for (std::size_t i = 0; i < declaration_.endpoints.size(); ++i) {
        const auto& endpoint = declaration_.endpoints[i];
        const auto match = endpoint.path.match(path);
        if (!match) return invalid(match.error().detail);
        if (!*match) continue;
        if (endpoint.method == request.method) return answer_from(i, **match, request, query);
        allowed += (allowed.empty() ? "" : ", ") + endpoint.method;
    }
    if (allowed.empty()) return refusal(404, "unknown_path", "There is nothing at this path.", "See /openapi.json.");
    auto refused = refusal(405, "method_not_allowed", fmt::format("This path takes {}.", allowed));
    refused.fields.emplace_back("Allow", allowed);
    return refused;
}

Answer Service::answer_from(std::size_t index, const std::map<std::string, std::string>& in_path,
                            const kit::Request& request, std::string_view query) {
    const auto begun = std::chrono::steady_clock::now();
    const auto& endpoint = declaration_.endpoints[index];
    auto checked = check(endpoint, in_path, request, query);
    Answer answer;
    std::size_t count = 0;
    if (auto* refused = std::get_if<Answer>(&checked)) {
        answer = std::move(*refused);
    } else {
        auto rows = register_.ask(index, std::get<Values>(checked));
        if (!rows) {
            log::error("query.failed",
                       {{"endpoint", endpoint.method + ' ' + endpoint.path.text()}, {"reason", rows.error().detail}});
            answer = failure(rows.error());
        } else if (endpoint.shape == Shape::one && rows->count == 0) {
            answer = refusal(404, "not_found", endpoint.not_found);
        } else {
            count = rows->count;
            answer.body = std::move(rows->json);
            if (rows->truncated && endpoint.shape == Shape::many)
                answer.fields.emplace_back("X-Result-Truncated", "true");
        }
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    log_asked(endpoint, request, answer, count, took.count());
    return answer;
}

}  // namespace onceway::database
