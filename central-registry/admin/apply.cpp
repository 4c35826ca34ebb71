#include "central-registry/admin/commands.hpp"
#include "central-registry/admin/publishing.hpp"
#include "central-registry/admin/report.hpp"
#include "central-registry/approvals/decisions.hpp"
#include "central-registry/members/state_file.hpp"
#include "central-registry/members/store.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

namespace onceway::central {
namespace {

constexpr std::string_view format = "onceway-registry-apply/1";

boost::json::array described(const std::vector<Change>& changes) {
    boost::json::array all;
    for (const auto& change : changes)
        all.push_back(boost::json::object{
            {"kind", name_of(change.kind)}, {"what", change.what}, {"before", change.before}, {"after", change.after}});
    return all;
}

void print_for_people(const Outcome& outcome, bool dry_run) {
    for (const auto& change : outcome.changes) print_line(line_of(change));
    if (outcome.changes.empty())
        print_line("Nothing differs from the state that holds; nothing was decided.");
    else if (dry_run)
        print_line(fmt::format("{}. Nothing was changed (--dry-run).", summary_of(outcome.changes)));
    else
        print_line(
            fmt::format("Decision {}: {}. A running registry publishes it at once; otherwise run `onceway-registry "
                        "publish`.",
                        *outcome.number, summary_of(outcome.changes)));
}

}  // namespace

int apply(const Place& place, const ApplyWishes& wishes, bool json) {
    auto database = open_registry(place);
    if (!database) return refuse(database.error(), format, json);
    const auto held = load_state(*database);
    auto wanted = read_state_file(wishes.state_file, held);
    if (!wanted) return refuse(wanted.error(), format, json);

    const auto now = Clock::system().now();
    const auto outcome =
        wishes.dry_run ? preview(*database, *wanted) : decide(*database, *wanted, wishes.operator_name, now);
    if (!outcome) return refuse(outcome.error(), format, json);
    if (!wishes.dry_run)
        if (const auto anchors = refresh_anchors(*database, place, now); !anchors)
            return refuse(anchors.error(), format, json);

    if (!json) {
        print_for_people(*outcome, wishes.dry_run);
        return 0;
    }
    boost::json::object report{{"format", format}, {"ok", true}, {"dry_run", wishes.dry_run}, {"decision", nullptr}};
    if (outcome->number) report["decision"] = *outcome->number;
    report["summary"] = summary_of(outcome->changes);
    report["changes"] = described(outcome->changes);
    print(report);
    return 0;
}

}  // namespace onceway::central
