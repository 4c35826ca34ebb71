// Which addresses may be called on behalf of others: networks that are allowed, and networks that never are.
#pragma once

#include "schemas/base/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace boost::asio::ip {
class address;
}

namespace onceway::channel {

/// Judges an address after its name was resolved and before it is connected to. An address that carries an IPv4 one
/// (mapped, compatible, NAT64, 6to4) must pass as both. Rule: threats row 19.
class AddressPolicy {
public:
    /// Every address but those that no information system has: unspecified, link-local (where clouds keep their
    /// metadata), multicast, reserved and broadcast.
    static std::shared_ptr<const AddressPolicy> usual();
    /// Networks as "10.0.0.0/8", "fd00::/8", or one address. With `allow` only what lies in one of them; what `deny`
    /// names is refused in any case. What `usual` refuses stays refused unless `allow` names a network inside it.
    /// Faults: `invalid_argument` for a text that is no network in plain form, with what would be.
    static Result<std::shared_ptr<const AddressPolicy>> of(const std::vector<std::string>& allow,
                                                           const std::vector<std::string>& deny);
    ~AddressPolicy();

    /// Faults: `network_error`, naming the address and the setting that refuses it.
    Result<void> check(const boost::asio::ip::address& address) const;
    /// The same for an address in plain text; a name passes, since it is judged when it is resolved.
    Result<void> check(const std::string& host) const;

private:
    struct Parts;
    explicit AddressPolicy(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::channel
