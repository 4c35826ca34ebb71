// Security servers: can they be reached at 5500 and 5577, are they who the configuration says, can they reach us.
#include "certs/x509/judge.hpp"
#include "security-server/admin/peer_ocsp.hpp"
#include "security-server/admin/port_holder.hpp"
#include "security-server/admin/waited.hpp"
#include "security-server/doctor/blame.hpp"
#include "security-server/doctor/checks.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <sys/socket.h>

#include <algorithm>

namespace onceway::doctor {
namespace {

constexpr auto group = Group::peers;
// The running server calls two at a time. Beyond this many, each door is knocked at first, so that those who do not
// answer at all keep nobody waiting; otherwise that would only leave a line in the others' logs.
constexpr std::size_t few = 4;

/// One server of the configuration, as we meet it.
struct Peer {
    registry::SecurityServer server;
    bool ourselves = false;
    bool knock_first = false;

    std::string at(std::uint16_t port) const {
        return fmt::format("{} at {}:{}", server.id.url(), server.address, port);
    }
    Asked asked(std::uint16_t port) const {
        return {ourselves ? "this server" : "the security server", ourselves ? Turn::here : Turn::peer,
                fmt::format("{}:{}", server.address, port)};
    }
};

Finding unreachable(const Peer& peer, const char* check, std::uint16_t port, const Fault& why) {
    const auto turn = blame(why, peer.asked(port));
    auto next = turn.next;
    if (port == 5577 || std::string_view(check) == "peer_ocsp")
        next += " Without it no message can be sent there, since its certificate cannot be proved.";
    if (peer.ourselves && turn.turn == Turn::network)
        return warning(
            group, check, peer.at(port), why.detail, turn.turn,
            "From inside a network that translates addresses this proves little: let another server's operator "
            "run `onceway-server doctor --peer` with this server's id.");
    return failed(group, check, peer.at(port), why.detail, turn.turn, next);
}

Result<void> knock(const std::string& host, std::uint16_t port, const std::string& from) {
    return connect({.host = host, .port = port, .tls = nullptr, .from = from});
}

/// The chain that it shows to us, as the server itself would see it.
Result<std::vector<x509::Certificate>> shown_to_us(const Patient& patient, const Peer& peer) {
    auto answer = patient.ask({{"do", "peer.call"}, {"address", peer.server.address}});
    if (!answer) return answer.error();
    std::vector<x509::Certificate> chain;
    for (const auto& one : answer->at("certificates").as_array()) {
        const auto der = from_base64(std::string(one.as_string()));
        if (!der) return der.error();
        auto certificate = x509::Certificate::from_der(*der);
        if (!certificate) return certificate.error();
        chain.push_back(std::move(*certificate));
    }
    return chain;
}

bool of_the_network(const Fault& fault) {
    return fault.code == FaultCode::network_error || fault.code == FaultCode::timed_out ||
           fault.code == FaultCode::unknown_host;
}

/// TLS as a message would begin it.
Finding greeting(const Patient& patient, const Peer& peer, const x509::Trust& trust,
                 std::vector<x509::Certificate>& chain) {
    const auto port = patient.file.ports.messages;
    if (!patient.running && patient.file.pin_file.empty())
        return unknown(group, "peer", peer.at(port), "It can be reached, but our key is locked, so nothing was said.",
                       "Start the server and unlock its keys, then ask again.");
    auto shown = shown_to_us(patient, peer);
    if (!shown && shown.error().code == FaultCode::invalid_request)  // as `peer.call` says it
        return unknown(group, "peer", peer.at(port), "Nothing was said: " + shown.error().detail,
                       "Mend the keys above, then ask again.");
    if (!shown && !of_the_network(shown.error())) {
        const auto ours = fmt::format(
            "{} If it closed the connection, this server's certificate is not registered where "
            "the other server looks, or the other shows one that is not acceptable.",
            shown.error().detail);
        return failed(
            group, "peer", peer.at(port), ours, peer.ourselves ? Turn::here : Turn::peer,
            "See the keys above first; when they are in order, the other server's operator looks for the refusal "
            "in its log.");
    }
    if (!shown) return unreachable(peer, "peer", port, shown.error());
    chain = std::move(*shown);
    const auto* registered = chain.empty() ? nullptr : trust.server_with(chain.front());
    if (!registered || registered->id != peer.server.id)
        return failed(group, "peer", peer.at(port),
                      fmt::format("It shows a certificate that is not registered for it: {}.",
                                  chain.empty() ? std::string("none") : chain.front().subject()),
                      peer.ourselves ? Turn::registry : Turn::peer,
                      peer.ourselves
                          ? "See the registration above."
                          : "They send their present authentication certificate to the registry's operator, or put the "
                            "address right that the registry knows.");
    const auto days = std::chrono::floor<std::chrono::days>(chain.front().not_after() - patient.clock.now()).count();
    return ok(group, "peer", peer.at(port), fmt::format("It shows its registered certificate, {} days left.", days));
}

/// Port 5577, and with its answers the whole judgement of a message's beginning.
Finding proofs(const Patient& patient, const Peer& peer, const SnapshotPtr& snapshot,
               const std::vector<x509::Certificate>& chain, Asker& asker) {
    const auto port = patient.file.ports.ocsp;
    if (chain.empty()) {
        const auto there = knock(peer.server.address, port, patient.file.outside);
        if (!there) return unreachable(peer, "peer_ocsp", port, there.error());
        return ok(group, "peer_ocsp", peer.at(port), "A program listens there.");
    }
    admin::AskedPeerOcsp ocsp(port, patient.clock, asker.fetch());
    const auto answers = admin::waited(ocsp.answers(peer.server.address, chain, snapshot));
    if (!answers) return unreachable(peer, "peer_ocsp", port, answers.error());
    const auto judged = x509::judge_provider_server(chain, *answers, identity::ClientId::of(peer.server.id.owner),
                                                    *snapshot->trust, patient.clock.now());
    if (!judged)
        return failed(group, "peer_ocsp", peer.at(port), judged.error().detail,
                      peer.ourselves ? Turn::here : Turn::peer,
                      peer.ourselves ? "See the keys above: other servers see the same."
                                     : "Their own `onceway-server doctor` tells them why, and what to do.");
    return ok(
        group, "peer_ocsp", peer.at(port),
        fmt::format("Its proofs are good for {} s more.",
                    std::chrono::duration_cast<std::chrono::seconds>(judged->deadline - patient.clock.now()).count()));
}

Outcome meet(const Patient& patient, const Peer& peer, const SnapshotPtr& snapshot) {
    Outcome outcome;
    Asker asker(patient.clock);
    std::vector<x509::Certificate> chain;
    if (peer.server.address.empty()) {
        outcome.findings.push_back(failed(group, "peer", peer.server.id.url(),
                                          "The configuration has no address of it.", Turn::registry,
                                          "Have the registry enter its address."));
        return outcome;
    }
    const auto port = patient.file.ports.messages;
    const bool locked = !patient.running && patient.file.pin_file.empty();
    const auto there =
        peer.knock_first || locked ? knock(peer.server.address, port, patient.file.outside) : Result<void>{};
    if (there)
        outcome.findings.push_back(greeting(patient, peer, *snapshot->trust, chain));
    else
        outcome.findings.push_back(unreachable(peer, "peer", port, there.error()));
    outcome.findings.push_back(proofs(patient, peer, snapshot, chain, asker));
    if (peer.server.maintenance && !peer.ourselves)
        for (auto& finding : outcome.findings)
            if (finding.verdict == Verdict::failed) {
                finding.verdict = Verdict::warning;
                finding.found += " The registry says that it is in maintenance: " + *peer.server.maintenance;
            }
    outcome.clocks = asker.clocks();
    return outcome;
}

bool wanted(const registry::SecurityServer& server, const std::vector<std::string>& named) {
    return named.empty() || std::ranges::any_of(named, [&](const std::string& name) {
               return server.id.url() == name || server.id.owner.url() == name || server.address == name;
           });
}

}  // namespace

Checks peer_checks(const PatientPtr& patient, const SnapshotPtr& snapshot, const std::vector<std::string>& named) {
    Checks checks;
    std::vector<std::string> unmet = named;
    std::vector<Peer> peers;
    for (const auto& instance : snapshot->trust->instances())
        for (const auto& server : instance.servers) {
            if (!wanted(server, named)) continue;
            std::erase_if(unmet, [&](const std::string& name) { return wanted(server, {name}); });
            const bool ourselves = server.id == patient->file.id;
            if (!ourselves || patient->running) peers.push_back({server, ourselves});  // else nobody is at home
        }
    for (auto& peer : peers) {
        peer.knock_first = peers.size() > few;
        checks.push_back(
            {failed(group, "peer", peer.at(patient->file.ports.messages), "It did not answer in time.", Turn::network,
                    "See whether the way to it is slow; then have the other server's operator look at its "
                    "load."),
             [patient, snapshot, peer] { return meet(*patient, peer, snapshot); }});
    }
    for (const auto& name : unmet)
        checks.push_back(check({}, [name] {
            return failed(group, "peer", name, "The global configuration knows no such server.", Turn::registry,
                          "Compare the id letter by letter; if it is right, have the registry register the server.");
        }));
    return checks;
}

}  // namespace onceway::doctor
