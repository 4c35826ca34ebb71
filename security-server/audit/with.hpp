// What accompanies an inspected input: the values of `--with`, read with their types.
#pragma once

#include "certs/x509/certificate.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"

#include <boost/json/object.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::audit {

/// Getters give an empty value for what is absent or malformed, and the first trouble with a required or malformed
/// value is kept: an inspector asks once, before it judges. Octets are Base64, times RFC 3339, numbers decimal.
class With {
public:
    explicit With(boost::json::object values) : values_(std::move(values)) {}

    bool has(std::string_view name) const { return values_.contains(name); }
    std::string text(std::string_view name);  // required
    std::string text(std::string_view name, std::string_view otherwise);
    /// One of `allowed`; the first of them when absent.
    std::string choice(std::string_view name, std::initializer_list<std::string_view> allowed);
    Octets octets(std::string_view name);  // required
    std::optional<Octets> optional_octets(std::string_view name);
    std::vector<Octets> octets_list(std::string_view name);  // one Base64 text, or an array of them
    std::optional<Instant> optional_time(std::string_view name);
    Instant time_or_now(std::string_view name);
    std::int64_t number(std::string_view name, std::int64_t otherwise);
    std::optional<x509::Certificate> certificate(std::string_view name);  // required; none means trouble
    std::vector<x509::Certificate> certificates(std::string_view name);
    boost::json::object object(std::string_view name);  // empty when absent

    const std::optional<std::string>& trouble() const { return trouble_; }
    void complain(std::string_view name, std::string_view why);

private:
    const boost::json::value* find(std::string_view name) const { return values_.if_contains(name); }
    boost::json::object values_;
    std::optional<std::string> trouble_;
};

}  // namespace onceway::audit
