#include "security-server/descriptions/refresh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace onceway::descriptions {
namespace {

using access::Endpoint, access::Service, access::ServiceType;

/// What can be called, generated or not. A document may bring ten thousand.
class Calls {
public:
    explicit Calls(const std::vector<Endpoint>& endpoints) {
        for (const auto& one : endpoints) all_.emplace(one.method, one.path);
    }
    bool hold(std::string_view method, std::string_view path) const { return all_.contains({method, path}); }
    bool hold(const Endpoint& one) const { return hold(one.method, one.path); }

private:
    std::set<std::pair<std::string_view, std::string_view>> all_;
};

std::string name_of(const Service& service) {
    return service.version ? fmt::format("{}.{}", service.code, *service.version) : service.code;
}

std::string name_of(const Endpoint& endpoint) { return endpoint.method + ' ' + endpoint.path; }

/// Services by what makes two the same before and after: code and version; for OpenAPI there is only one.
class Known {
public:
    explicit Known(const std::vector<Service>& services) {
        for (const auto& one : services) all_.emplace(key(one), &one);
    }
    const Service* find(const Service& wanted) const {
        const auto found = all_.find(key(wanted));
        return found == all_.end() ? nullptr : found->second;
    }

private:
    using Key = std::pair<std::string_view, std::optional<std::string>>;
    static Key key(const Service& service) {
        return service.type == ServiceType::openapi ? Key{} : Key{service.code, service.version};
    }
    std::map<Key, const Service*> all_;
};

/// What was there keeps what its operator set.
Service renewed(const Service& before, const Service& read) {
    Service service = read;
    service.url = before.url.empty() ? read.url : before.url;
    service.timeout = before.timeout;
    service.verify_certificate = before.verify_certificate;
    service.disabled = before.disabled;
    const Calls generated(read.endpoints);
    for (const auto& endpoint : before.endpoints)
        if (!endpoint.generated && !generated.hold(endpoint)) service.endpoints.push_back(endpoint);
    return service;
}

/// Gathers one kind of warning.
class Told {
public:
    explicit Told(std::string code) : warning_{std::move(code), {}} {}
    void add(std::string what) { warning_.about.push_back(std::move(what)); }
    void move_to(std::vector<Warning>& all) {
        if (!warning_.about.empty()) all.push_back(std::move(warning_));
    }

private:
    Warning warning_;
};

void tell_endpoints(const Service& before, const Service& after, Told& adding, Told& deleting) {
    const Calls old(before.endpoints), now(after.endpoints);
    for (const auto& endpoint : after.endpoints)
        if (!old.hold(endpoint)) adding.add(name_of(endpoint));
    for (const auto& endpoint : before.endpoints)
        if (!now.hold(endpoint)) deleting.add(name_of(endpoint));
}

void drop_rights_to_gone_endpoints(access::Client& client, const Service& before, const Service& after) {
    const Calls old(before.endpoints), now(after.endpoints);
    std::erase_if(client.rights, [&](const access::Right& right) {
        return right.service_code == before.code && old.hold(right.method, right.path) &&
               !now.hold(right.method, right.path);
    });
}

}  // namespace

void drop_stray_rights(access::Client& client) {
    std::erase_if(client.rights, [&](const access::Right& right) { return !client.service(right.service_code); });
}

std::vector<Warning> put_services(access::Client& client, const std::string& url, const Content& content, bool first) {
    std::vector<Service> before;
    const auto its = [&](const Service& service) { return service.description == url; };
    std::ranges::copy_if(client.services, std::back_inserter(before), its);
    std::erase_if(client.services, its);

    Told adding("adding_services"), deleting("deleting_services");
    Told adding_endpoints("adding_endpoints"), deleting_endpoints("deleting_endpoints");
    const Known known(before), kept(content.services);
    for (const auto& read : content.services) {
        const auto* old = known.find(read);
        if (!old) {
            adding.add(name_of(read));
            client.services.push_back(read);
            continue;
        }
        auto service = renewed(*old, read);
        tell_endpoints(*old, service, adding_endpoints, deleting_endpoints);
        drop_rights_to_gone_endpoints(client, *old, service);
        client.services.push_back(std::move(service));
    }
    for (const auto& old : before)
        if (!kept.find(old)) deleting.add(name_of(old));
    drop_stray_rights(client);

    auto warnings = content.warnings;
    if (first) return warnings;
    for (auto* told : {&adding, &deleting, &adding_endpoints, &deleting_endpoints}) told->move_to(warnings);
    return warnings;
}

}  // namespace onceway::descriptions
