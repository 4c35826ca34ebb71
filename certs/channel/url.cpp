#include "certs/channel/url.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <optional>

namespace onceway::channel {

namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_digit(char c) { return is_one_of(c, digits); }
bool is_hex(char c) { return is_digit(c) || is_one_of(c, "abcdefABCDEF"); }

Fault malformed(std::string_view text, std::string_view why) {
    return fault(FaultCode::service_malformed_url, fmt::format("Reading the address '{}': {}.", text, why));
}

/// Dotted names of letters, digits, hyphens and underscores.
bool is_name(std::string_view host) {
    if (host.empty() || host.size() > 253 || host.front() == '.' || host.find("..") != std::string_view::npos)
        return false;
    for (char c : host)
        if (!is_digit(c) && !is_one_of(c, letters) && !is_one_of(c, "-_.")) return false;
    return true;
}

/// True when a resolver might read `host` as a number: its last label is one, in any base.
bool looks_numeric(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    const auto last = host.substr(host.rfind('.') + 1);
    if (last.empty()) return false;
    if (last.find_first_not_of(digits) == std::string_view::npos) return true;
    return last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X');
}

/// Four decimal numbers without leading zeros; everything else that looks numeric is an odd form.
bool is_plain_ipv4(std::string_view host) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address_v4(host, error);
    return !error && address.to_string() == host;
}

bool is_plain_ipv6(std::string_view host) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address_v6(host, error);
    return !error && host.find('%') == std::string_view::npos && !address.is_v4_mapped();
}

std::optional<std::string> wrong_target(std::string_view target) {
    for (std::size_t i = 0; i < target.size(); ++i) {
        const char c = target[i];
        if (c == '%') {
            if (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2]))
                return "a percent sign is not followed by two hexadecimal digits";
        } else if (!is_digit(c) && !is_one_of(c, letters) && !is_one_of(c, "-._~!$&'()*+,;=:@/?")) {
            return "path or query hold a character that must be percent-encoded";
        }
    }
    return {};
}

std::optional<std::uint16_t> read_port(std::string_view text) {
    unsigned port = 0;
    if (text.empty() || text.size() > 5 || text.find_first_not_of(digits) != std::string_view::npos) return {};
    std::from_chars(text.data(), text.data() + text.size(), port);
    if (port == 0 || port > 65535) return {};
    return static_cast<std::uint16_t>(port);
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    Url url;
    auto rest = text;
    if (rest.starts_with("https://")) {
        url.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return malformed(text, "it does not begin with http:// or https://");
    }
    if (rest.find('#') != std::string_view::npos) return malformed(text, "it holds a fragment");

    const auto path = std::min(rest.find_first_of("/?"), rest.size());
    auto authority = rest.substr(0, path);
    url.target = rest.substr(path);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    if (auto wrong = wrong_target(url.target)) return malformed(text, *wrong);

    if (authority.find('@') != std::string_view::npos) return malformed(text, "it holds user information");
    const bool bracketed = authority.starts_with('[');
    const auto host_end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (host_end == std::string_view::npos) return malformed(text, "the bracket of its IPv6 address is not closed");
    url.host = bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
    if (bracketed ? !is_plain_ipv6(url.host) : !is_name(url.host)) return malformed(text, "it has no valid host");
    if (!bracketed && looks_numeric(url.host) && !is_plain_ipv4(url.host))
        return malformed(text, "its host is a number in an odd form");

    const auto after = authority.substr(host_end + (bracketed ? 1 : 0));
    url.port = url.tls ? 443 : 80;
    if (after.empty()) return url;
    const auto port = after.front() == ':' ? read_port(after.substr(1)) : std::nullopt;
    if (!port) return malformed(text, "its port is not a number from 1 to 65535");
    url.port = *port;
    return url;
}

std::string Url::authority() const {
    const auto name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
    return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

std::string Url::text() const { return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), target); }

}  // namespace onceway::channel
