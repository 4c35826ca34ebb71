#include "central-registry/admin/commands.hpp"
#include "central-registry/admin/publishing.hpp"
#include "central-registry/admin/report.hpp"
#include "central-registry/approvals/decisions.hpp"
#include "central-registry/members/database.hpp"
#include "central-registry/members/rules.hpp"
#include "central-registry/publish/documents.hpp"
#include "central-registry/trust/secret.hpp"

#include <fmt/format.h>

namespace onceway::central {
namespace {

constexpr std::string_view format = "onceway-registry-init/1";
constexpr int demonstration_https_port = 8843;

/// The state of an instance that holds nothing yet.
State first_state(const InitWishes& wishes) {
    State state;
    state.instance = wishes.instance;
    state.publication.address = wishes.address;
    state.publication.https_address = wishes.https_address;
    if (!state.publication.https_address.empty()) return state;
    const auto host = host_of(wishes.address);
    const bool has_port = host.size() != wishes.address.size() && wishes.address.find(']') != wishes.address.size() - 1;
    const auto shown = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
    state.publication.https_address = has_port ? fmt::format("{}:{}", shown, demonstration_https_port) : wishes.address;
    return state;
}

Result<Anchors> create(const Place& place, const InitWishes& wishes) {
    // 1. Nothing is made before it is clear that it may be.
    if (has_database(place.folder))
        return fault(FaultCode::invalid_argument,
                     fmt::format("A registry lives in {} already.", place.folder.string()));
    const auto state = first_state(wishes);
    if (auto allowed = check(state); !allowed) return allowed.error();
    std::error_code error;
    std::filesystem::create_directories(place.folder, error);
    if (error)
        return fault(FaultCode::io_error, fmt::format("Creating {}: {}", place.folder.string(), error.message()));
    std::filesystem::permissions(place.folder, std::filesystem::perms::owner_all, error);

    // 2. A passphrase, given or drawn; the keys; the first decision.
    auto passphrase = place.passphrase_file.empty() ? make_secret(place.secret()) : read_secret(place.secret());
    if (!passphrase) return std::move(passphrase).error();
    auto database = open_database(place.folder);
    if (!database) return std::move(database).error();
    const auto now = Clock::system().now();
    const auto host = host_of(state.publication.https_address);
    for (const auto purpose : {Purpose::internal, Purpose::external, Purpose::tls})
        if (auto made = make_key(*database, purpose, wishes.family, host, *passphrase, now); !made) return made.error();
    if (auto decided = decide(*database, state, "init", now); !decided) return decided.error();

    // 3. The anchors, by which servers will find and trust this registry.
    return refresh_anchors(*database, place, now);
}

}  // namespace

int init(const Place& place, const InitWishes& wishes, bool json) {
    const auto anchors = create(place, wishes);
    if (!anchors) return refuse(anchors.error(), format, json);
    if (json) {
        print({{"format", format},
               {"ok", true},
               {"instance", wishes.instance},
               {"folder", place.folder.string()},
               {"anchors", described(*anchors)}});
        return 0;
    }
    print_line(fmt::format("The registry of instance {} lives in {}.", wishes.instance, place.folder.string()));
    print_anchors(*anchors);
    print_line(
        "Hand the anchors out, and tell their hashes by another way. Next: declare members and services in a state "
        "file, then `onceway-registry apply`.");
    return 0;
}

}  // namespace onceway::central
