#include "adapters/kit/query.hpp"

#include "adapters/kit/path_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::kit {
namespace {

constexpr std::size_t most_parameters = 100;

Result<std::string> decode(std::string_view text) {
    std::string blanks(text);
    std::replace(blanks.begin(), blanks.end(), '+', ' ');
    return decode_percent(blanks);
}

}  // namespace

Result<std::map<std::string, std::string>> read_query(std::string_view query) {
    std::map<std::string, std::string> values;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto piece = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (piece.empty()) continue;
        const auto equals = std::min(piece.find('='), piece.size());
        auto name = decode(piece.substr(0, equals));
        auto value = decode(piece.substr(std::min(equals + 1, piece.size())));
        for (const auto* decoded : {&name, &value})
            if (!*decoded) return fault(FaultCode::invalid_argument, "the query holds " + decoded->error().detail);
        if (values.size() == most_parameters)
            return fault(FaultCode::invalid_argument,
                         fmt::format("the query has more than {} parameters", most_parameters));
        if (!values.emplace(*name, std::move(*value)).second)
            return fault(FaultCode::invalid_argument, fmt::format("the query names '{}' twice", *name));
    }
    return values;
}

}  // namespace onceway::kit
