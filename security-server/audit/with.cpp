#include "security-server/audit/with.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace onceway::audit {
namespace {

std::optional<std::string> as_text(const boost::json::value* value) {
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->as_string());
}

}  // namespace

void With::complain(std::string_view name, std::string_view why) {
    if (!trouble_) trouble_ = fmt::format("'{}' in --with {}", name, why);
}

std::string With::text(std::string_view name) {
    auto value = as_text(find(name));
    if (!value) complain(name, "must be given, as text");
    return value.value_or("");
}

std::string With::text(std::string_view name, std::string_view otherwise) {
    return has(name) ? text(name) : std::string(otherwise);
}

std::string With::choice(std::string_view name, std::initializer_list<std::string_view> allowed) {
    std::string value = text(name, *allowed.begin());
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
        complain(name, fmt::format("must be one of: {}", fmt::join(allowed, ", ")));
    return value;
}

Octets With::octets(std::string_view name) {
    auto value = optional_octets(name);
    if (!value) complain(name, "must be given, in Base64");
    return value.value_or("");
}

std::optional<Octets> With::optional_octets(std::string_view name) {
    if (!has(name)) return std::nullopt;
    const auto value = as_text(find(name));
    auto octets = value ? from_base64(*value) : Result<Octets>(Fault{});
    if (!octets) {
        complain(name, "must be Base64");
        return std::nullopt;
    }
    return std::move(*octets);
}

std::vector<Octets> With::octets_list(std::string_view name) {
    std::vector<Octets> list;
    const auto* value = find(name);
    if (!value) return list;
    if (value->is_string()) return {octets(name)};
    if (!value->is_array()) {
        complain(name, "must be an array of Base64 texts");
        return list;
    }
    for (const auto& item : value->as_array()) {
        const auto text = as_text(&item);
        auto octets = text ? from_base64(*text) : Result<Octets>(Fault{});
        if (octets)
            list.push_back(std::move(*octets));
        else
            complain(name, "must hold nothing but Base64 texts");
    }
    return list;
}

std::optional<Instant> With::optional_time(std::string_view name) {
    if (!has(name)) return std::nullopt;
    const auto at = parse_rfc3339(as_text(find(name)).value_or(""));
    if (!at) {
        complain(name, "must be a time of RFC 3339");
        return std::nullopt;
    }
    return *at;
}

Instant With::time_or_now(std::string_view name) {
    const auto at = optional_time(name);
    return at ? *at : Clock::system().now();
}

std::int64_t With::number(std::string_view name, std::int64_t otherwise) {
    const auto* value = find(name);
    if (!value) return otherwise;
    if (value->is_int64()) return value->as_int64();
    if (const auto text = as_text(value)) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        if (error == std::errc() && end == text->data() + text->size()) return number;
    }
    complain(name, "must be a decimal number");
    return otherwise;
}

std::optional<x509::Certificate> With::certificate(std::string_view name) {
    const Octets der = octets(name);
    if (trouble_) return std::nullopt;
    auto certificate = x509::Certificate::from_der(der);
    if (!certificate) {
        complain(name, "is no certificate: " + certificate.error().detail);
        return std::nullopt;
    }
    return std::move(*certificate);
}

std::vector<x509::Certificate> With::certificates(std::string_view name) {
    std::vector<x509::Certificate> list;
    for (const Octets& der : octets_list(name)) {
        auto certificate = x509::Certificate::from_der(der);
        if (certificate)
            list.push_back(std::move(*certificate));
        else
            complain(name, "holds what is no certificate: " + certificate.error().detail);
    }
    return list;
}

boost::json::object With::object(std::string_view name) {
    const auto* value = find(name);
    if (!value) return {};
    if (value->is_object()) return value->as_object();
    complain(name, "must be an object");
    return {};
}

}  // namespace onceway::audit
