#include "security-server/admin/state_requests.hpp"

#include "schemas/base/log.hpp"
#include "security-server/admin/changes.hpp"
#include "security-server/admin/proposal.hpp"
#include "security-server/admin/state_rules.hpp"
#include "security-server/admin/waited.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <mutex>

namespace onceway::admin {
namespace {

namespace json = boost::json;
using Answer = Result<json::object>;

constexpr std::chrono::seconds documents_in_all{240};  // a command waits for five minutes

std::string text(const json::object& request, std::string_view key) {
    const auto* value = request.if_contains(key);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

json::array shown(const std::vector<Change>& changes) {
    json::array lines;
    for (const auto& change : changes) lines.emplace_back(change.text());
    return lines;
}

json::array shown(const std::vector<descriptions::Warning>& warnings) {
    json::array all;
    for (const auto& warning : warnings) {
        json::array about;
        for (const auto& line : warning.about) about.emplace_back(line);
        all.push_back({{"code", warning.code}, {"about", std::move(about)}});
    }
    return all;
}

/// Whoever reads documents waits for others on one of the few threads that the disk is written with: one at a time
/// does.
class Turn {
public:
    Result<void> take() {
        static std::mutex one_at_a_time;
        if (!held_.owns_lock()) held_ = std::unique_lock(one_at_a_time, std::try_to_lock);
        if (held_.owns_lock()) return {};
        return fault(FaultCode::overloaded,
                     "Reading the descriptions: another command reads some. Try again after it.");
    }

private:
    std::unique_lock<std::mutex> held_;
};

/// Documents are fetched as this server's operator allows, one after another.
descriptions::ReadContent reading_for(const Administered& server) {
    const auto until = std::chrono::steady_clock::now() + documents_in_all;
    return [&server, until,
            turn = std::make_shared<Turn>()](const descriptions::Wanted& wanted) -> Result<descriptions::Content> {
        if (auto ours = turn->take(); !ours) return ours.error();
        descriptions::Fetching how;
        how.permitted = server.file.service_addresses;
        if (server.internal_tls) how.own = server.internal_tls->current();
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return fault(FaultCode::timed_out,
                         fmt::format("Reading the descriptions: {} s did not suffice for all of them. Add or refresh "
                                     "them one by one.",
                                     documents_in_all.count()));
        how.total = std::min(how.total, left);
        const auto document = waited(descriptions::fetch_document(wanted.url, how));
        if (!document) return document.error();
        return descriptions::read_content(wanted, *document, {server.file.wsdl_validator, server.file.spool});
    };
}

Answer answer_proposal(Result<Proposal> proposal, const access::State& now) {
    if (!proposal) return proposal.error();
    return json::object{{"revision", now.revision},
                        {"changes", shown(difference(now, proposal->next))},
                        {"warnings", shown(proposal->warnings)},
                        {"state", write_state(proposal->next)}};
}

Answer show(const json::object&, const Administered& server) {
    const auto state = server.state.current();
    json::array history;
    for (const auto& revision : server.state.history(20))
        history.push_back({{"revision", revision.number}, {"at", revision.at}, {"changes", revision.changes}});
    return json::object{{"revision", state->revision}, {"state", write_state(*state)}, {"history", std::move(history)}};
}

Answer compare(const json::object& request, const Administered& server) {
    const auto declaration =
        read_declaration(text(request, "state"), "the declared state", server.file.folder, server.file.id);
    if (!declaration) return declaration.error();
    const auto now = server.state.current();
    const Ground ground{*now, server.file.id, reading_for(server), rfc3339(server.clock.now())};
    const auto* refresh = request.if_contains("refresh");
    return answer_proposal(propose(*declaration, ground, refresh && refresh->is_bool() && refresh->as_bool()), *now);
}

Answer change(const json::object& request, const Administered& server) {
    const auto* wanted = request.if_contains("change");
    if (!wanted || !wanted->is_object()) return fault(FaultCode::invalid_argument, "The change must be an object.");
    const auto now = server.state.current();
    const Ground ground{*now, server.file.id, reading_for(server), rfc3339(server.clock.now())};
    return answer_proposal(propose_change(wanted->as_object(), ground), *now);
}

Answer apply(const json::object& request, const Administered& server) {
    auto next = read_state(text(request, "state"), "the declared state", server.file.folder, server.file.id);
    if (!next) return next.error();
    if (auto kept = check_state(*next, server.file.id); !kept) return kept.error();
    const auto now = server.state.current();
    const auto changes = difference(*now, *next);
    const auto* expected = request.if_contains("expected");
    const auto applied = server.state.apply(
        std::move(*next), static_cast<std::uint64_t>(expected && expected->is_int64() ? expected->as_int64() : -1));
    if (!applied) return applied.error();
    for (const auto& one : changes) log::info("state.changed", {{"revision", *applied}, {"change", one.text()}});
    return json::object{{"revision", *applied}, {"changes", shown(changes)}};
}

}  // namespace

Answer answer_state(std::string_view verb, const json::object& request, const Administered& server) {
    static constexpr std::pair<std::string_view, Answer (*)(const json::object&, const Administered&)> menu[] = {
        {"state.show", show}, {"state.compare", compare}, {"state.change", change}, {"state.apply", apply}};
    for (const auto& [name, answer] : menu)
        if (name == verb) return answer(request, server);
    return fault(FaultCode::invalid_argument, fmt::format("The request '{}' is not known to this release.", verb));
}

}  // namespace onceway::admin
