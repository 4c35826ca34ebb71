// Rights, and the local groups that they are given to.
#include "security-server/admin/change_parts.hpp"
#include "security-server/admin/declared_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {
namespace {

using access::Client, access::LocalGroup, access::Right, access::Subject;

Result<LocalGroup*> group_in(Client& client, const std::string& code) {
    const auto found = std::ranges::find(client.groups, code, &LocalGroup::code);
    if (found == client.groups.end()) return is_not_there(fmt::format("{} has no group '{}'.", client.id.url(), code));
    return &*found;
}

Result<Right> wished(Changing& at) {
    const auto subject = read_subject(at.wish.text("to"));
    if (!subject) return cannot("Whoever gets a right " + subject.error().detail);
    if (subject->kind == Subject::Kind::local_group)
        if (auto group = group_in(at.client, subject->group); !group) return group.error();
    const auto endpoint = endpoint_wished(at.wish, true);
    if (!endpoint) return endpoint.error();
    const auto code = at.wish.text("code");
    if (!at.client.service(code)) return is_not_there(fmt::format("{} has no service {}.", at.client.id.url(), code));
    return Right{*subject, code, endpoint->method, endpoint->path};
}

Result<void> grant(Changing& at) {
    auto right = wished(at);
    if (!right) return right.error();
    if (std::ranges::count(at.client.rights, *right) > 0)
        return not_so(fmt::format("{} has this right already.", subject_text(right->subject)));
    at.client.rights.push_back(std::move(*right));
    return {};
}

/// Without method and path a service is closed to the subject: its rights to endpoints go too. Rule: server-services
/// §2.7, kept in docs/conformance/server-services.md as 37.
Result<void> revoke(Changing& at) {
    const auto right = wished(at);
    if (!right) return right.error();
    const bool whole = !at.wish.said("method") && !at.wish.said("path");
    const auto gone = std::erase_if(at.client.rights, [&](const Right& one) {
        const bool theirs = one.subject == right->subject && one.service_code == right->service_code;
        return theirs && (whole || one == *right);
    });
    if (gone == 0) return is_not_there(fmt::format("{} has no such right.", subject_text(right->subject)));
    return {};
}

Result<void> add_group(Changing& at) {
    LocalGroup group{at.wish.text("group"), at.wish.text("description"), {}};
    if (const auto fits = identity::check_component(group.code); !fits) return cannot(fits.error().detail);
    if (group_in(at.client, group.code)) return not_so(fmt::format("The group '{}' is there already.", group.code));
    if (group.description.empty()) return cannot("A group needs a description, for those who look at it later.");
    at.client.groups.push_back(std::move(group));
    return {};
}

Result<void> remove_group(Changing& at) {
    const auto group = group_in(at.client, at.wish.text("group"));
    if (!group) return group.error();
    const Subject subject{Subject::Kind::local_group, {}, {}, (*group)->code};
    std::erase_if(at.client.rights, [&](const Right& right) { return right.subject == subject; });
    at.client.groups.erase(at.client.groups.begin() + (*group - at.client.groups.data()));
    return {};
}

Result<std::vector<identity::ClientId>> members_wished(const Wish& wish) {
    std::vector<identity::ClientId> members;
    for (const auto& text : wish.texts("members")) {
        auto id = identity::ClientId::from_header(text);
        if (!id) return cannot("A member of a group is instance/class/member[/subsystem]: " + id.error().detail);
        members.push_back(std::move(*id));
    }
    if (members.empty()) return cannot("Name at least one member.");
    return members;
}

Result<void> join(Changing& at) {
    const auto group = group_in(at.client, at.wish.text("group"));
    if (!group) return group.error();
    const auto members = members_wished(at.wish);
    if (!members) return members.error();
    for (const auto& member : *members) {
        if (std::ranges::count((*group)->members, member) > 0)
            return not_so(fmt::format("{} belongs to the group '{}' already.", member.url(), (*group)->code));
        (*group)->members.push_back(member);
    }
    return {};
}

Result<void> leave(Changing& at) {
    const auto group = group_in(at.client, at.wish.text("group"));
    if (!group) return group.error();
    const auto members = members_wished(at.wish);
    if (!members) return members.error();
    for (const auto& member : *members)
        if (std::erase((*group)->members, member) == 0)
            return is_not_there(fmt::format("{} does not belong to the group '{}'.", member.url(), (*group)->code));
    return {};
}

}  // namespace

std::span<const ChangeOf> right_changes() {
    static constexpr ChangeOf menu[] = {
        {"right.grant", grant},         {"right.revoke", revoke}, {"group.add", add_group},
        {"group.remove", remove_group}, {"group.join", join},     {"group.leave", leave},
    };
    return menu;
}

}  // namespace onceway::admin
