#include "central-registry/admin/commands.hpp"
#include "central-registry/admin/publishing.hpp"
#include "central-registry/admin/report.hpp"
#include "central-registry/approvals/decisions.hpp"
#include "central-registry/members/store.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

namespace onceway::central {
namespace {

constexpr std::string_view format = "onceway-registry-status/1";
constexpr int decisions_shown = 5;

struct Facts {
    State state;
    std::vector<Decision> decisions;
    Anchors anchors;
    std::optional<Published> published;
    bool valid = false;
};

Result<Facts> gather(const Place& place, Instant now) {
    auto database = open_registry(place);
    if (!database) return std::move(database).error();
    auto anchors = refresh_anchors(*database, place, now);
    if (!anchors) return std::move(anchors).error();
    auto published = Publisher(place.published()).current();
    if (!published) return std::move(published).error();
    Facts facts{load_state(*database), latest_decisions(*database, decisions_shown), std::move(*anchors), *published,
                false};
    facts.valid = facts.published && facts.published->expires >= now;
    return facts;
}

std::size_t subsystems_of(const State& state) {
    std::size_t count = 0;
    for (const auto& member : state.members) count += member.subsystems.size();
    return count;
}

boost::json::object described(const Facts& facts) {
    boost::json::array decisions;
    for (const auto& decision : facts.decisions)
        decisions.push_back(boost::json::object{{"number", decision.number},
                                                {"at", rfc3339(decision.at)},
                                                {"operator", decision.operator_name},
                                                {"summary", decision.summary}});
    boost::json::object report{{"format", format},
                               {"ok", facts.valid},
                               {"instance", facts.state.instance},
                               {"address", facts.state.publication.address},
                               {"members", facts.state.members.size()},
                               {"subsystems", subsystems_of(facts.state)},
                               {"servers", facts.state.servers.size()},
                               {"certification_services", facts.state.certification_services.size()},
                               {"time_stamping_services", facts.state.time_stamping_services.size()},
                               {"groups", facts.state.groups.size() + 1},
                               {"decisions", std::move(decisions)},
                               {"published", nullptr},
                               {"anchors", described(facts.anchors)}};
    if (facts.published)
        report["published"] = boost::json::object{{"folder", facts.published->folder},
                                                  {"at", rfc3339(facts.published->at)},
                                                  {"expires", rfc3339(facts.published->expires)}};
    return report;
}

void print_for_people(const Facts& facts) {
    const auto& state = facts.state;
    print_line(
        fmt::format("Instance {} at {}: {} members, {} subsystems, {} servers, {} certification and {} time-stamping "
                    "services",
                    state.instance, state.publication.address, state.members.size(), subsystems_of(state),
                    state.servers.size(), state.certification_services.size(), state.time_stamping_services.size()));
    for (const auto& decision : facts.decisions)
        print_line(fmt::format("  decision {}  {}  {}: {}", decision.number, rfc3339_seconds(decision.at),
                               decision.operator_name, decision.summary));
    if (!facts.published)
        print_line("  nothing has been published yet");
    else
        print_line(fmt::format("  published {}, {} {}", facts.published->folder,
                               facts.valid ? "valid until" : "EXPIRED at", rfc3339_seconds(facts.published->expires)));
    print_anchors(facts.anchors);
}

}  // namespace

int status(const Place& place, bool json) {
    const auto facts = gather(place, Clock::system().now());
    if (!facts) return refuse(facts.error(), format, json);
    if (json)
        print(described(*facts));
    else
        print_for_people(*facts);
    return facts->valid ? 0 : 1;
}

}  // namespace onceway::central
