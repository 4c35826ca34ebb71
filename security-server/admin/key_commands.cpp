// `onceway-server key …`: keys made, listed, certified and unlocked.
#include "schemas/base/limits.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/asking.hpp"
#include "security-server/admin/pin.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstdio>

namespace onceway::admin {
namespace {

namespace json = boost::json;

/// Opens the folder, asks, and lets `tell` print what was answered.
template <class Tell>
Outcome ask_and_tell(const KeyOptions& options, const json::object& request, bool needs_keys, Tell&& tell) {
    auto asking = Asking::of(options.folder);
    if (!asking) return complain(asking.error());
    const auto answer = asking->ask(request, needs_keys);
    if (!answer) return complain(answer.error());
    return tell(*answer);
}

std::string id_of(const json::object& answer) { return text_in(answer.at("key").as_object(), "id"); }

}  // namespace

Outcome generate_key(const KeyOptions& options) {
    auto label = options.label;
    if (options.usage == "signing") {
        auto asking = Asking::of(options.folder);
        if (!asking) return complain(asking.error());
        const auto member = options.member.empty() ? asking->file().id.owner.url() : options.member;
        const auto id = identity::ClientId::from_header(member);
        if (!id || id->subsystem)
            return complain(fault(FaultCode::invalid_argument, "Reading --member: it must be instance/class/code."));
        label = member;  // a signing key is labelled with its member, and imports are compared with it
    }
    json::object request{
        {"do", "key.generate"}, {"usage", options.usage}, {"label", label}, {"family", options.family}};
    if (options.bits > 0) request["bits"] = options.bits;
    return ask_and_tell(options, request, true, [&](const json::object& answer) {
        if (options.json)
            print(answer.at("key").as_object());
        else
            fmt::print("{}\n", id_of(answer));
        return Outcome::yes;
    });
}

Outcome list_keys(const KeyOptions& options) {
    return ask_and_tell(options, {{"do", "key.list"}}, false, [&](const json::object& answer) {
        if (options.json) return (print(answer), Outcome::yes);
        fmt::print("{}\n", answer.at("unlocked").as_bool() ? "The keys are unlocked." : "The keys are locked.");
        for (const auto& entry : answer.at("keys").as_array()) {
            const auto& key = entry.as_object();
            fmt::print("{}  {:<14}  {} {}  {}  {} certificates\n", text_in(key, "id"), text_in(key, "usage"),
                       text_in(key, "family"), json::serialize(key.at("bits")), text_in(key, "label"),
                       key.at("certificates").as_array().size());
        }
        return Outcome::yes;
    });
}

Outcome request_certificate(const KeyOptions& options) {
    json::object fields;
    for (const auto& [name, value] : options.fields) fields[name] = value;
    const json::object request{{"do", "key.csr"},      {"key", options.key},
                               {"name", options.name}, {"profile", options.profile},
                               {"dns", options.dns},   {"fields", std::move(fields)}};
    return ask_and_tell(options, request, true, [&](const json::object& answer) {
        const auto pem = text_in(answer, "csr");
        if (options.out.empty()) return (fmt::print("{}", pem), Outcome::yes);
        if (auto written = store::write_whole(options.out, pem); !written) return complain(written.error());
        fmt::print("Wrote the request for {} to {}.\n", text_in(answer, "subject"), options.out.string());
        return Outcome::yes;
    });
}

Outcome import_certificate(const KeyOptions& options) {
    auto octets = store::read_whole(options.certificate, limits::certificate_chain_octets * 2);
    if (!octets) return complain(octets.error());
    const bool pem = octets->starts_with("-----BEGIN");
    const json::object request{{"do", "key.import"}, {"certificate", pem ? *octets : to_base64(*octets)}};
    return ask_and_tell(options, request, false, [&](const json::object& answer) {
        if (options.json) return (print(answer), Outcome::yes);
        fmt::print("Imported {} for the key {}.\n", text_in(answer, "subject"), id_of(answer));
        return Outcome::yes;
    });
}

Outcome unlock_keys(const KeyOptions& options) {
    auto asking = Asking::of(options.folder);
    if (!asking) return complain(asking.error());
    if (!asking->running())
        return complain(
            fault(FaultCode::invalid_request, "Unlocking the keys: the server does not run. Start it first."));
    const auto pin = options.pin_file.empty() ? type_pin("PIN of the keys: ") : read_pin_file(options.pin_file);
    if (!pin) return complain(pin.error());
    const auto answer = asking->ask({{"do", "key.unlock"}, {"pin", *pin}});
    if (!answer) return complain(answer.error());
    fmt::print("The keys are unlocked.\n");
    return Outcome::yes;
}

}  // namespace onceway::admin
