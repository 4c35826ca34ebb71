// What a check says: how it is, what was found, whose turn it is, and what to do next.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::doctor {

enum class Verdict { ok, warning, failed, unknown };

/// Who must act. An administrator at night wants to know whom to call.
enum class Turn { nobody, here, network, registry, authority, peer, service };

/// The groups of the list, in its order.
enum class Group { server, ports, folder, clock, configuration, keys, ocsp, time_stamping, log, peers, services };

struct Finding {
    Group group;
    std::string check;  // for programs: "ocsp_responder"; never changes meaning
    std::string about;  // which one: a certificate, an address, a file; empty where there is only one
    Verdict verdict = Verdict::ok;
    std::string found{};       // what was found, a sentence
    Turn turn = Turn::nobody;  // with a warning or a failure
    std::string next{};        // what they do: one sentence or two

    bool good() const { return verdict == Verdict::ok; }
};

Finding ok(Group group, std::string check, std::string about, std::string found);
Finding warning(Group group, std::string check, std::string about, std::string found, Turn turn, std::string next);
Finding failed(Group group, std::string check, std::string about, std::string found, Turn turn, std::string next);
/// Could not tell: `next` says what would let us.
Finding unknown(Group group, std::string check, std::string about, std::string found, std::string next);

std::string_view word(Verdict verdict);  // "ok", "warning", "failed", "could_not_tell"
std::string_view word(Turn turn);        // "operator", "network", …; empty for nobody
std::string_view word(Group group);      // "server", "ports", …
std::string_view people(Turn turn);      // "you, this server's operator"
std::string_view title(Group group);     // "Ports and addresses"

/// 0 when all is well, warnings included; 1 when something failed; 2 when something could not be told.
int exit_status(const std::vector<Finding>& findings);

}  // namespace onceway::doctor
