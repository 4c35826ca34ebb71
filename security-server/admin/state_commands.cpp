// `apply`, `state`, and the words for single changes: each shows what would change, asks, and applies exactly that.
#include "schemas/base/limits.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/asking.hpp"
#include "security-server/admin/commands.hpp"
#include "security-server/admin/declaration.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstdio>

namespace onceway::admin {
namespace {

namespace json = boost::json;
constexpr std::size_t state_octets = 8 * 1024 * 1024;

std::vector<std::string> lines_in(const json::object& answer, std::string_view key) {
    std::vector<std::string> lines;
    if (const auto* array = answer.if_contains(key); array && array->is_array())
        for (const auto& line : array->as_array()) lines.emplace_back(line.as_string());
    return lines;
}

/// Prints them, and gives how many there are.
std::size_t print_warnings(const json::object& answer) {
    const auto* all = answer.if_contains("warnings");
    if (!all || !all->is_array()) return 0;
    for (const auto& warning : all->as_array())
        for (const auto& line : lines_in(warning.as_object(), "about"))
            fmt::print("! {}: {}\n", text_in(warning.as_object(), "code"), line);
    return all->as_array().size();
}

std::size_t warnings_in(const json::object& answer) {
    const auto* all = answer.if_contains("warnings");
    return all && all->is_array() ? all->as_array().size() : 0;
}

/// The comparison without the state that it is about, which only the next request needs.
void print_compared(json::object compared, bool ok) {
    compared.erase("state");
    compared["ok"] = ok;
    print(compared);
}

Outcome carry_out(Asking& asking, const json::object& question, const ChangeOptions& how) {
    // 1. What would change, against which revision, and what speaks against it.
    const auto compared = asking.ask(question);
    if (!compared) return complain(compared.error());
    const auto changes = lines_in(*compared, "changes");
    const auto warnings = warnings_in(*compared);
    if (!how.json) {
        for (const auto& change : changes) fmt::print("{}\n", change);
        print_warnings(*compared);
    }
    if (changes.empty() || how.dry_run) {
        if (how.json) print_compared(*compared, true);
        if (!how.json) fmt::print("{}\n", changes.empty() ? "Nothing changes." : "Nothing was applied (--dry-run).");
        return Outcome::yes;
    }

    // 2. A person agrees, or said so beforehand; to warnings in words of their own.
    if (how.yes && warnings > 0 && !how.ignore_warnings) {
        if (how.json) print_compared(*compared, false);
        fmt::print(stderr, "Nothing was applied: there are warnings. Say --ignore-warnings to apply all the same.\n");
        return Outcome::no;
    }
    const auto doubts = warnings > 0 && !how.ignore_warnings ? " in spite of the warnings" : "";
    if (!how.yes && !confirmed(fmt::format("Apply these {} changes{}?", changes.size(), doubts))) {
        fmt::print(stderr, "Nothing was applied. Say --yes to apply without being asked.\n");
        return Outcome::could_not_tell;
    }

    // 3. Exactly this, on exactly that revision.
    const json::object request{
        {"do", "state.apply"}, {"state", compared->at("state")}, {"expected", compared->at("revision")}};
    const auto applied = asking.ask(request);
    if (!applied) return complain(applied.error());
    if (how.json)
        print(*applied);
    else
        fmt::print("Revision {} is in force.\n", json::serialize(applied->at("revision")));
    return Outcome::yes;
}

}  // namespace

Outcome apply(const ApplyOptions& options) {
    auto asking = Asking::of(options.folder);
    if (!asking) return complain(asking.error());
    const auto text = store::read_whole(options.state, state_octets);
    if (!text) return complain(text.error());
    const auto declaration =
        read_declaration(*text, options.state.string(), options.state.parent_path(), asking->file().id);
    if (!declaration) return complain(declaration.error());
    const json::object question{
        {"do", "state.compare"}, {"state", write_declaration(*declaration)}, {"refresh", options.refresh}};
    return carry_out(*asking, question, options);
}

Outcome change(const ChangeOptions& options, json::object wanted,
               const std::vector<std::filesystem::path>& certificates) {
    auto asking = Asking::of(options.folder);
    if (!asking) return complain(asking.error());
    json::array enclosed;
    for (const auto& file : certificates) {
        const auto octets = store::read_whole(file, limits::certificate_octets * 4);
        if (!octets) return complain(octets.error());
        const auto certificate = x509::Certificate::from_pem_or_der(*octets);
        if (!certificate) return complain(certificate.error());
        enclosed.emplace_back(certificate->pem());
    }
    if (!enclosed.empty()) wanted["certificates"] = std::move(enclosed);
    const json::object question{{"do", "state.change"}, {"change", std::move(wanted)}};
    return carry_out(*asking, question, options);
}

Outcome show_state(const std::filesystem::path& folder, bool as_json) {
    auto asking = Asking::of(folder);
    if (!asking) return complain(asking.error());
    const auto answer = asking->ask({{"do", "state.show"}});
    if (!answer) return complain(answer.error());
    if (as_json)
        print(*answer);
    else
        fmt::print("# Revision {}\n\n{}", json::serialize(answer->at("revision")), text_in(*answer, "state"));
    return Outcome::yes;
}

}  // namespace onceway::admin
