#include "security-server/admin/proposal.hpp"

#include "security-server/admin/declared_state.hpp"
#include "security-server/admin/state_rules.hpp"
#include "security-server/descriptions/refresh.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {
namespace {

using access::Client, access::Endpoint, access::Service, access::ServiceType;
using descriptions::Warning;

Fault wrong(const Client& client, std::string why) {
    return fault(FaultCode::malformed_server_conf, fmt::format("client {}: {}", client.id.url(), why));
}

std::vector<Endpoint> part_of(const std::vector<Endpoint>& endpoints, bool generated) {
    std::vector<Endpoint> part;
    std::ranges::copy_if(endpoints, std::back_inserter(part),
                         [&](const auto& one) { return one.generated == generated; });
    return part;
}

bool same_set(std::vector<Endpoint> one, std::vector<Endpoint> other) {
    const auto order = [](const Endpoint& a, const Endpoint& b) {
        return std::tie(a.method, a.path) < std::tie(b.method, b.path);
    };
    std::ranges::sort(one, order);
    std::ranges::sort(other, order);
    return one == other;
}

/// One client of the declaration on its way to the state.
class Making {
public:
    Making(const DeclaredClient& declared, const Ground& ground, bool refresh)
        : declared_(declared),
          ground_(ground),
          before_(ground.now.client(declared.base.id)),
          refresh_(refresh),
          client_(declared.base) {
        client_.rights.clear();  // put back last: what a document takes away must not take what the file says
    }

    Result<Client> make() {
        for (const auto& service : declared_.services)
            if (!declared_.description(service.description)) client_.services.push_back(service_of(service));
        for (const auto& said : declared_.descriptions)
            if (auto described = describe(said); !described) return described.error();
        for (const auto& service : declared_.services)
            if (declared_.description(service.description))
                if (auto put = overlay(service); !put) return put.error();
        client_.rights = declared_.base.rights;
        settle(client_);
        return client_;
    }
    std::vector<Warning> warnings() { return std::move(warnings_); }

private:
    const access::Description* known(const DeclaredDescription& said) const {
        const auto* description = before_ ? before_->description(said.url) : nullptr;
        return description && description->type == said.type ? description : nullptr;
    }

    Result<void> describe(const DeclaredDescription& said) {
        const auto* description = known(said);
        access::Description next{said.type, said.url, std::string(new_notice), {}, {}};
        if (description) {
            next = *description;
            for (const auto& service : before_->services)
                if (service.description == said.url) client_.services.push_back(service);
        }
        if (said.enabled) next.disabled = *said.enabled ? std::nullopt : std::optional(said.notice);
        const bool is_this = description && (said.sha256.empty() || said.sha256 == description->sha256);
        if (refresh_ || !is_this)
            if (auto read = read_anew(said, next, !description); !read) return read.error();
        if (said.type == ServiceType::openapi)
            for (auto& service : client_.services)
                if (service.description == said.url) service.code = said.code;
        client_.descriptions.push_back(std::move(next));
        return {};
    }

    Result<void> read_anew(const DeclaredDescription& said, access::Description& next, bool first) {
        const auto content = approved_content({said.type, said.url, said.code}, said.sha256, ground_);
        if (!content) return content.error();
        if (next.sha256 != content->sha256) next.read_at = ground_.at;
        next.sha256 = content->sha256;
        auto told = descriptions::put_services(client_, said.url, *content, first);
        std::ranges::move(told, std::back_inserter(warnings_));
        return {};
    }

    /// What the file says of a service that a document brought.
    Result<void> overlay(const DeclaredService& said) {
        const auto its = std::ranges::find_if(client_.services, [&](const Service& service) {
            return service.description == said.description && service.code == said.code &&
                   service.version == said.version;
        });
        if (its == client_.services.end())
            return wrong(client_, fmt::format("the document {} brings no service {}", said.description,
                                              full_code(said.code, said.version)));
        if (said.url) its->url = *said.url;
        if (said.timeout) its->timeout = *said.timeout;
        if (said.verify_certificate) its->verify_certificate = *said.verify_certificate;
        if (said.generated)
            if (auto same = check_generated(said, *its); !same) return same.error();
        if (said.by_hand || said.generated) {
            auto endpoints = part_of(its->endpoints, true);
            for (const auto& one : said.by_hand.value_or(std::vector<Endpoint>{}))
                if (std::ranges::count(endpoints, Endpoint{one.method, one.path, true}) == 0) endpoints.push_back(one);
            its->endpoints = std::move(endpoints);
        }
        return {};
    }

    /// Generated endpoints are the document's to change: a file may repeat those in force, or those that come.
    Result<void> check_generated(const DeclaredService& said, const Service& its) const {
        if (same_set(*said.generated, part_of(its.endpoints, true))) return {};
        const auto* before = before_ ? before_->service(said.code) : nullptr;
        if (before && same_set(*said.generated, part_of(before->endpoints, true))) return {};
        return wrong(client_, fmt::format("the generated endpoints of {} are those of its document: leave "
                                          "'generated_endpoints' as it was or out, and write your own into 'endpoints'",
                                          said.code));
    }

    const DeclaredClient& declared_;
    const Ground& ground_;
    const Client* before_;
    bool refresh_;
    Client client_;
    std::vector<Warning> warnings_;
};

/// A wish that cannot be, which a state kept from before may hold all the same.
Result<void> check_said(const DeclaredClient& client, const Client& made) {
    for (const auto& said : client.services) {
        const auto* service = made.service(said.code, said.version);
        if (service && said.verify_certificate.value_or(false) && service->url.starts_with("http:"))
            return wrong(made,
                         fmt::format("the service {} is called over http: there is no certificate to verify. Leave "
                                     "'verify_certificate' out, or give an https address",
                                     full_code(said.code, said.version)));
    }
    return {};
}

}  // namespace

Result<descriptions::Content> approved_content(const descriptions::Wanted& wanted, const std::string& approved,
                                               const Ground& ground) {
    auto content = ground.read(wanted);
    if (!content) return content;
    if (!approved.empty() && content->sha256 != approved)
        return fault(FaultCode::invalid_request,
                     fmt::format("The document {} is another one than was approved: its SHA-256 is {}, approved is {}. "
                                 "Look at what changed, and name its digest, or none.",
                                 wanted.url, content->sha256, approved));
    return content;
}

Result<Proposal> propose(const Declaration& declaration, const Ground& ground, bool refresh) {
    Proposal proposal;
    for (const auto& declared : declaration.clients) {
        Making making(declared, ground, refresh);
        auto client = making.make();
        if (!client) return client.error();
        if (auto can = check_said(declared, *client); !can) return can.error();
        proposal.next.clients.push_back(std::move(*client));
        std::ranges::move(making.warnings(), std::back_inserter(proposal.warnings));
    }
    if (auto kept = check_state(proposal.next, ground.server); !kept) return kept.error();
    return proposal;
}

}  // namespace onceway::admin
