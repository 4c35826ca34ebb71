#include "security-server/admin/commands.hpp"

#include "security-server/admin/asking.hpp"
#include "security-server/admin/pin.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace onceway::admin {
namespace {

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

}  // namespace onceway::admin
