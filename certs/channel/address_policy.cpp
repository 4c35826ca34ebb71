#include "certs/channel/address_policy.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace onceway::channel {
namespace {

namespace ip = boost::asio::ip;
using Bits = std::array<unsigned char, 16>;

/// A network of either family; IPv4 lies in the first four octets.
struct Network {
    bool v6 = false;
    Bits bits{};
    unsigned length = 0;

    bool holds(const Network& other) const {
        if (v6 != other.v6 || length > other.length) return false;
        const auto whole = length / 8, rest = length % 8;
        if (!std::equal(bits.begin(), bits.begin() + whole, other.bits.begin())) return false;
        return rest == 0 || ((bits[whole] ^ other.bits[whole]) >> (8 - rest)) == 0;
    }
};

Network network_of(const ip::address& address) {
    Network one{address.is_v6(), {}, address.is_v6() ? 128U : 32U};
    if (address.is_v6())
        one.bits = address.to_v6().to_bytes();
    else
        std::ranges::copy(address.to_v4().to_bytes(), one.bits.begin());
    return one;
}

Network v4_of(const Network& v6, unsigned octet) {
    Network one{false, {}, 32};
    std::copy_n(v6.bits.begin() + octet, 4, one.bits.begin());
    return one;
}

/// A network in plain form: no host bits, nothing that a resolver would read in another way.
std::optional<Network> read_network(std::string_view text) {
    const auto slash = text.find('/');
    boost::system::error_code error;
    const std::string name(text.substr(0, slash));
    const auto address = ip::make_address(name, error);
    if (error || name.find('%') != std::string::npos) return {};
    if (address.is_v4() && address.to_string() != name) return {};
    auto network = network_of(address);
    if (slash == std::string_view::npos) return network;
    const auto digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (failed != std::errc{} || end != digits.data() + digits.size() || length > network.length) return {};
    for (unsigned bit = length; bit < network.length; ++bit)
        if (network.bits[bit / 8] & (0x80U >> (bit % 8))) return {};
    network.length = length;
    return network;
}

Network known(std::string_view text) { return read_network(text).value(); }

struct Refused {
    Network network;
    std::string_view what;
};

const std::vector<Refused>& refused_usually() {
    static const std::vector<Refused> all{
        {known("0.0.0.0/8"), "an unspecified address"},
        {known("169.254.0.0/16"), "a link-local address, where clouds keep their metadata"},
        {known("224.0.0.0/4"), "a multicast address"},
        {known("240.0.0.0/4"), "a reserved or broadcast address"},
        {known("::/128"), "an unspecified address"},
        {known("fe80::/10"), "a link-local address"},
        {known("ff00::/8"), "a multicast address"},
        {known("fd00:ec2::254/128"), "an address where a cloud keeps its metadata"},
    };
    return all;
}

/// The address, and the IPv4 addresses that routers and hosts may make of it.
std::vector<Network> readings_of(const ip::address& address) {
    std::vector<Network> all{network_of(address)};
    if (!address.is_v6()) return all;
    const auto& one = all.front();
    const bool loopback = address.to_v6().is_loopback(), nothing = address.to_v6().is_unspecified();
    if (known("::ffff:0:0/96").holds(one)) return {v4_of(one, 12)};
    if (known("::/96").holds(one) && !loopback && !nothing) return {one, v4_of(one, 12)};
    if (known("64:ff9b::/96").holds(one)) return {one, v4_of(one, 12)};
    if (known("2002::/16").holds(one)) return {one, v4_of(one, 2)};
    return all;
}

}  // namespace

struct AddressPolicy::Parts {
    std::vector<Network> allow, deny;

    /// Why `one` may not be called; empty when it may.
    std::string objection(const Network& one) const {
        const auto in = [&](const Network& network) { return network.holds(one); };
        if (std::ranges::any_of(deny, in)) return "'deny' of [services] in server.toml names it";
        if (!allow.empty() && std::ranges::none_of(allow, in))
            return "'allow' of [services] in server.toml does not name it";
        for (const auto& [network, what] : refused_usually()) {
            const auto named = [&](const Network& allowed) { return network.holds(allowed) && allowed.holds(one); };
            if (network.holds(one) && std::ranges::none_of(allow, named))
                return fmt::format("it is {}; 'allow' of [services] in server.toml can name it", what);
        }
        return {};
    }
};

AddressPolicy::AddressPolicy(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
AddressPolicy::~AddressPolicy() = default;

std::shared_ptr<const AddressPolicy> AddressPolicy::usual() {
    static const std::shared_ptr<const AddressPolicy> one(new AddressPolicy(std::make_unique<Parts>()));
    return one;
}

Result<std::shared_ptr<const AddressPolicy>> AddressPolicy::of(const std::vector<std::string>& allow,
                                                               const std::vector<std::string>& deny) {
    auto parts = std::make_unique<Parts>();
    for (const auto& [given, networks] : {std::pair(&allow, &parts->allow), std::pair(&deny, &parts->deny)})
        for (const auto& text : *given) {
            const auto network = read_network(text);
            if (!network)
                return fault(FaultCode::invalid_argument,
                             fmt::format("'{}' is no network: write \"10.20.0.0/16\" with zeros behind the prefix, "
                                         "\"fd00::/8\", or one address",
                                         text));
            networks->push_back(*network);
        }
    return std::shared_ptr<const AddressPolicy>(new AddressPolicy(std::move(parts)));
}

Result<void> AddressPolicy::check(const ip::address& address) const {
    for (const auto& reading : readings_of(address))
        if (const auto why = parts_->objection(reading); !why.empty())
            return fault(FaultCode::network_error,
                         fmt::format("The address {} may not be called: {}.", address.to_string(), why));
    return {};
}

Result<void> AddressPolicy::check(const std::string& host) const {
    boost::system::error_code is_name;
    const auto address = ip::make_address(host, is_name);
    if (is_name) return {};
    return check(address);
}

}  // namespace onceway::channel
