// Services and endpoints: declared by hand, and what an operator sets of those that a description brought.
#include "certs/channel/url.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/admin/change_parts.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/descriptions/refresh.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {

using access::Client, access::Endpoint, access::Service, access::ServiceType;

Result<std::string> address_wished(const std::string& text) {
    const auto url = channel::Url::parse(text);
    if (!url) return cannot(url.error().detail);
    return text;
}

Result<Service*> service_in(Client& client, const std::string& code, const std::optional<std::string>& version) {
    for (auto& service : client.services)
        if (service.code == code && service.version == version) return &service;
    std::string known;
    for (const auto& service : client.services)
        known += (known.empty() ? "" : ", ") + full_code(service.code, service.version);
    return is_not_there(fmt::format("{} has no service {}; it has {}.", client.id.url(), full_code(code, version),
                                    known.empty() ? "none" : known));
}

Result<Endpoint> endpoint_wished(const Wish& wish, bool whole) {
    Endpoint endpoint{wish.said("method").value_or("*"), wish.said("path").value_or("**"), false};
    if (endpoint.method != "*" && !message::is_rest_verb(endpoint.method))
        return cannot("A method is *, or in capitals GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or TRACE.");
    if (endpoint.path.starts_with('/') || (whole && endpoint.path == "**")) return endpoint;
    return cannot("A path begins with '/', for example /persons/*.");
}

namespace {

constexpr std::int64_t timeout_most_s = 1'000;  // in a command, as administrators know it; a file may say more

/// Of a service that no description brought.
Result<Service*> own_service(Changing& at) {
    auto service = service_in(at.client, at.wish.text("code"), at.wish.said("version"));
    if (service && at.client.description((*service)->description))
        return not_so(fmt::format("The service {} comes with the description {}: change that one.", (*service)->code,
                                  (*service)->description));
    return service;
}

/// What was asked, put to one service. Rule: server-services §2.5.
Result<void> put(Service& service, const Wish& wish) {
    if (const auto url = wish.said("url")) {
        if (auto address = address_wished(*url); !address) return address.error();
        service.url = *url;
    }
    if (const auto seconds = wish.number("timeout_s")) {
        if (*seconds < 1 || *seconds > timeout_most_s)
            return cannot(fmt::format("A timeout is from 1 to {} seconds.", timeout_most_s));
        service.timeout = std::chrono::seconds(*seconds);
    }
    if (const auto verify = wish.flag("verify_certificate")) {
        if (*verify && !service.url.starts_with("https:"))
            return cannot(fmt::format("The service {} is called over http: there is no certificate to verify.",
                                      full_code(service.code, service.version)));
        service.verify_certificate = *verify;
    }
    return {};
}

Result<void> set(Changing& at) {
    auto named = service_in(at.client, at.wish.text("code"), at.wish.said("version"));
    if (!named) return named.error();
    const auto description = (*named)->description;
    const bool all = at.wish.flag("all").value_or(false);
    if (!all) return put(**named, at.wish);
    if (!at.client.description(description))
        return not_so(
            fmt::format("The service {} comes with no description: there are no others to set.", (*named)->code));
    for (auto& service : at.client.services)
        if (service.description == description)
            if (auto done = put(service, at.wish); !done) return done;
    return {};
}

Result<void> add(Changing& at) {
    Service service;
    service.code = at.wish.text("code");
    if (const auto fits = identity::check_component(service.code); !fits) return cannot(fits.error().detail);
    if (at.client.service(service.code))
        return not_so(fmt::format("The service {} is there already; `service set` changes it.", service.code));
    if (at.wish.text("url").empty()) return cannot("A service needs the address of its information system.");
    if (auto done = put(service, at.wish); !done) return done;
    at.client.services.push_back(std::move(service));
    return {};
}

Result<void> remove(Changing& at) {
    auto service = own_service(at);
    if (!service) return service.error();
    at.client.services.erase(at.client.services.begin() + (*service - at.client.services.data()));
    descriptions::drop_stray_rights(at.client);
    return {};
}

Result<void> enable(Changing& at) {
    auto service = own_service(at);
    if (!service) return service.error();
    (*service)->disabled.reset();
    return {};
}

Result<void> disable(Changing& at) {
    auto service = own_service(at);
    if (!service) return service.error();
    const auto notice = at.wish.said("notice").value_or(std::string(new_notice));
    if (notice.size() > 255) return cannot("A notice may have 255 octets.");
    (*service)->disabled = notice;
    return {};
}

struct Place {
    Service& service;
    Endpoint wanted;
    std::vector<Endpoint>::iterator found;
};

Result<Place> endpoint_in(Changing& at) {
    auto wanted = endpoint_wished(at.wish, false);
    if (!wanted) return wanted.error();
    auto service = service_in(at.client, at.wish.text("code"), {});
    if (!service) return service.error();
    auto& endpoints = (*service)->endpoints;
    const auto found = std::ranges::find_if(
        endpoints, [&](const Endpoint& one) { return one.method == wanted->method && one.path == wanted->path; });
    return Place{**service, *wanted, found};
}

Result<void> add_endpoint(Changing& at) {
    auto place = endpoint_in(at);
    if (!place) return place.error();
    if (place->service.type == ServiceType::wsdl) return not_so("A SOAP service has no endpoints.");
    if (place->found != place->service.endpoints.end())
        return not_so(fmt::format("The endpoint {} {} is there already.", place->wanted.method, place->wanted.path));
    place->service.endpoints.push_back(place->wanted);
    return {};
}

/// A right goes with its endpoint. Rule: server-services §2.4, §2.7.
Result<void> remove_endpoint(Changing& at) {
    auto place = endpoint_in(at);
    if (!place) return place.error();
    const auto wanted = place->wanted;
    if (place->found == place->service.endpoints.end())
        return is_not_there(
            fmt::format("The service {} has no endpoint {} {}.", place->service.code, wanted.method, wanted.path));
    if (place->found->generated)
        return not_so(fmt::format("The endpoint {} {} was read from {}: it goes when the document changes.",
                                  wanted.method, wanted.path, place->service.description));
    place->service.endpoints.erase(place->found);
    std::erase_if(at.client.rights, [&](const access::Right& right) {
        return right.service_code == place->service.code && right.method == wanted.method && right.path == wanted.path;
    });
    return {};
}

}  // namespace

std::span<const ChangeOf> service_changes() {
    static constexpr ChangeOf menu[] = {
        {"service.add", add},
        {"service.remove", remove},
        {"service.enable", enable},
        {"service.set", set},
        {"service.disable", disable},
        {"endpoint.add", add_endpoint},
        {"endpoint.remove", remove_endpoint},
    };
    return menu;
}

}  // namespace onceway::admin
