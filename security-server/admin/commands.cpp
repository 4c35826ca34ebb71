#include "security-server/admin/commands.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/asking.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/admin/pin.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstdio>

namespace onceway::admin {
namespace {

namespace json = boost::json;
constexpr std::size_t state_octets = 8 * 1024 * 1024;

/// The PIN of a new server: from the file named, a new file, or typed twice.
Result<std::string> new_server_pin(const InitOptions& options) {
    if (!options.pin_file.empty()) return read_pin_file(options.pin_file);
    if (options.new_pin) return random_letters(32);
    auto pin = type_pin("PIN for the server's keys: ");
    if (!pin) return pin;
    const auto again = type_pin("Again: ");
    if (!again || *again != *pin) return fault(FaultCode::pin_incorrect, "Choosing the PIN: the two are not the same.");
    return pin;
}

std::vector<std::string> lines_in(const json::object& answer, std::string_view key) {
    std::vector<std::string> lines;
    if (const auto* array = answer.if_contains(key); array && array->is_array())
        for (const auto& line : array->as_array()) lines.emplace_back(line.as_string());
    return lines;
}

}  // namespace

Outcome init(const InitOptions& options) {
    const auto id = identity::ServerId::from_header(options.id);
    if (!id) return complain(fault(FaultCode::invalid_argument, "Reading --id: " + id.error().detail));
    const auto pin = new_server_pin(options);
    if (!pin) return complain(pin.error());

    NewServer wanted{options.folder, {}, options.anchor, *pin, options.new_pin};
    wanted.file = {*id, options.inside,           options.outside,  options.ports, options.health,
                   {},  options.stamp_interval_s, options.refresh_s};
    if (!options.pin_file.empty()) wanted.file.pin_file = std::filesystem::absolute(options.pin_file).string();
    if (options.new_pin) wanted.file.pin_file = "pin";
    if (auto made = make_server(wanted, Clock::system()); !made) return complain(made.error());

    fmt::print(
        "Made the server {} in {}.\nNext: `onceway-server --dir {} key generate`, `key csr`, `key import`, `apply`, "
        "`run`.\n",
        id->text(), options.folder.string(), options.folder.string());
    if (options.anchor.empty()) fmt::print("Bring the registry's anchor with `onceway-server anchor` before `run`.\n");
    return Outcome::yes;
}

Outcome apply(const ApplyOptions& options) {
    auto asking = Asking::of(options.folder);
    if (!asking) return complain(asking.error());
    const auto text = store::read_whole(options.state, state_octets);
    if (!text) return complain(text.error());
    const auto state = read_state(*text, options.state.string(), options.state.parent_path(), asking->file().id);
    if (!state) return complain(state.error());

    // 1. What would change, and against which revision.
    const auto whole = write_state(*state);
    const json::object compare{{"do", "state.compare"}, {"state", whole}};
    const auto compared = asking->ask(compare);
    if (!compared) return complain(compared.error());
    const auto changes = lines_in(*compared, "changes");
    if (!options.json)
        for (const auto& change : changes) fmt::print("{}\n", change);
    if (changes.empty() || options.dry_run) {
        if (options.json) print(*compared);
        if (!options.json)
            fmt::print("{}\n", changes.empty() ? "Nothing changes." : "Nothing was applied (--dry-run).");
        return Outcome::yes;
    }

    // 2. A person agrees, or said so beforehand.
    if (!options.yes && !confirmed(fmt::format("Apply these {} changes?", changes.size()))) {
        fmt::print(stderr, "Nothing was applied. Say --yes to apply without being asked.\n");
        return Outcome::could_not_tell;
    }

    // 3. Exactly this, on exactly that revision.
    const json::object request{{"do", "state.apply"}, {"state", whole}, {"expected", compared->at("revision")}};
    const auto applied = asking->ask(request);
    if (!applied) return complain(applied.error());
    if (options.json)
        print(*applied);
    else
        fmt::print("Revision {} is in force.\n", json::serialize(applied->at("revision")));
    return Outcome::yes;
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
