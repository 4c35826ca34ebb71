// What the single changes share; only changes*.cpp include it.
#pragma once

#include "security-server/admin/changes.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace onceway::admin {

/// What one change was asked with.
class Wish {
public:
    explicit Wish(const boost::json::object& given) : given_(given) {}
    std::string text(std::string_view key) const;  // empty when absent
    std::optional<std::string> said(std::string_view key) const;
    std::optional<bool> flag(std::string_view key) const;
    std::optional<std::int64_t> number(std::string_view key) const;
    std::vector<std::string> texts(std::string_view key) const;

private:
    const boost::json::object& given_;
};

/// A change at work on one client of the next state.
struct Changing {
    const Wish& wish;
    const Ground& ground;
    access::Client& client;
    std::vector<descriptions::Warning>& warnings;
};

struct ChangeOf {
    std::string_view kind;
    Result<void> (*change)(Changing& at);
};
std::span<const ChangeOf> description_changes();
std::span<const ChangeOf> service_changes();
std::span<const ChangeOf> right_changes();  // and of groups

inline Fault cannot(std::string why) { return fault(FaultCode::invalid_argument, std::move(why)); }
inline Fault is_not_there(std::string what) { return fault(FaultCode::not_found, std::move(what)); }
inline Fault not_so(std::string why) { return fault(FaultCode::invalid_request, std::move(why)); }

/// Faults: `not_found`.
Result<access::Service*> service_in(access::Client& client, const std::string& code,
                                    const std::optional<std::string>& version);
/// "GET" or "*", and "/…"; or, with `whole`, the whole service as "*" and "**". Faults: `invalid_argument`.
Result<access::Endpoint> endpoint_wished(const Wish& wish, bool whole);
/// An address that a service may have. Faults: `invalid_argument`.
Result<std::string> address_wished(const std::string& text);

}  // namespace onceway::admin
