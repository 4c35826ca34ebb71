// Descriptions: added, refreshed, removed, enabled and disabled.
#include "schemas/base/bytes.hpp"
#include "security-server/admin/change_parts.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/descriptions/refresh.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {
namespace {

using access::Client, access::Description, access::Service, access::ServiceType;

Result<Description*> description_in(Client& client, const std::string& url) {
    const auto found = std::ranges::find(client.descriptions, url, &Description::url);
    if (found != client.descriptions.end()) return &*found;
    std::string known;
    for (const auto& one : client.descriptions) known += (known.empty() ? "" : ", ") + one.url;
    return is_not_there(
        fmt::format("{} has no description {}; it has {}.", client.id.url(), url, known.empty() ? "none" : known));
}

Result<void> check_free(const Client& client, const std::string& url) {
    for (const auto& one : client.descriptions)
        if (same_ignoring_case(one.url, url))
            return not_so(
                fmt::format("The description {} is there already; `description refresh` reads it again.", one.url));
    return {};
}

Result<void> add(Changing& at) {
    const auto& wish = at.wish;
    const auto type = wish.text("type"), url = wish.text("url"), code = wish.text("code");
    if (type != "wsdl" && type != "openapi") return cannot("A description is of type wsdl or openapi.");
    const bool openapi = type == "openapi";
    if (openapi && code.empty())
        return cannot("An OpenAPI document does not say what its service is called: name a code.");
    if (!openapi && !code.empty()) return cannot("A WSDL names its services itself: leave the code out.");
    if (openapi)
        if (const auto fits = identity::check_component(code); !fits) return cannot(fits.error().detail);
    if (auto address = address_wished(url); !address) return address.error();
    if (auto is_free = check_free(at.client, url); !is_free) return is_free;

    const auto kind = openapi ? ServiceType::openapi : ServiceType::wsdl;
    const auto content = approved_content({kind, url, code}, wish.text("sha256"), at.ground);
    if (!content) return content.error();
    Description description{kind, url, std::string(new_notice), content->sha256, at.ground.at};
    if (wish.flag("enabled").value_or(false)) description.disabled.reset();
    at.client.descriptions.push_back(std::move(description));
    at.warnings = descriptions::put_services(at.client, url, *content, true);
    return {};
}

Result<void> refresh(Changing& at) {
    auto description = description_in(at.client, at.wish.text("url"));
    if (!description) return description.error();
    auto& its = **description;
    const auto before = its.url, url = at.wish.said("new_url").value_or(before);
    if (!same_ignoring_case(url, before)) {
        if (auto address = address_wished(url); !address) return address.error();
        if (auto is_free = check_free(at.client, url); !is_free) return is_free;
    }
    std::string code;
    for (auto& service : at.client.services) {
        if (service.description != before) continue;
        service.description = url;
        code = service.code;
    }
    its.url = url;
    const auto content = approved_content({its.type, url, code}, at.wish.text("sha256"), at.ground);
    if (!content) return content.error();
    if (its.sha256 != content->sha256) its.read_at = at.ground.at;
    its.sha256 = content->sha256;
    at.warnings = descriptions::put_services(at.client, url, *content, false);
    return {};
}

Result<void> remove(Changing& at) {
    auto description = description_in(at.client, at.wish.text("url"));
    if (!description) return description.error();
    const auto url = (*description)->url;
    std::erase_if(at.client.services, [&](const Service& service) { return service.description == url; });
    std::erase_if(at.client.descriptions, [&](const Description& one) { return one.url == url; });
    descriptions::drop_stray_rights(at.client);
    return {};
}

Result<void> enable(Changing& at) {
    auto description = description_in(at.client, at.wish.text("url"));
    if (!description) return description.error();
    (*description)->disabled.reset();
    return {};
}

Result<void> disable(Changing& at) {
    auto description = description_in(at.client, at.wish.text("url"));
    if (!description) return description.error();
    const auto notice = at.wish.said("notice").value_or(std::string(new_notice));
    if (notice.size() > 255) return cannot("A notice may have 255 octets.");
    (*description)->disabled = notice;
    return {};
}

}  // namespace

std::span<const ChangeOf> description_changes() {
    static constexpr ChangeOf menu[] = {
        {"description.add", add},       {"description.refresh", refresh}, {"description.remove", remove},
        {"description.enable", enable}, {"description.disable", disable},
    };
    return menu;
}

}  // namespace onceway::admin
