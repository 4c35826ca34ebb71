// A server of ours in the place of a recorded one: its house, at the moment of the recording.
#pragma once

#include "tests/conformance/world.hpp"

namespace onceway::replay {

/// Nobody is asked for OCSP answers.
struct NoPeers : PeerOcsp {
    Async<std::vector<Octets>> answers(std::string, std::vector<x509::Certificate>,
                                       std::shared_ptr<const registry_view::Snapshot>) override {
        co_return fault(FaultCode::ssl_authentication_failed, "a replay asks nobody");
    }
    std::uint64_t revision() const override { return 0; }
};

/// What does not belong to one recording: threads, and a log that all of them are recorded in.
struct Premises {
    tests::TemporaryFolder folder;
    channel::Threads threads{1};
    std::unique_ptr<records::MessageLog> log =
        tests::must(records::MessageLog::open({folder / "log", 0}, Clock::system()));

    Premises() { fs::create_directory(folder / "spool"); }
};

struct HouseThere {
    Premises& premises;
    FixedClock clock;
    registry_view::GivenView view;
    RecordedKeys keys;
    NoPeers peers;
    signature::Sealer sealer{[this](const identity::MemberId& member) { return keys.signing_key(member); }, clock};
    std::shared_ptr<access::State> state = std::make_shared<access::State>();
    House house;

    HouseThere(Premises& where, const fs::path& vectors, const RecordedExchange& exchange, identity::ServerId id)
        : premises(where),
          clock(exchange.at),
          keys(vectors, exchange.at),
          house{.server = std::move(id),
                .clock = clock,
                .threads = premises.threads,
                .view = view,
                .keys = keys,
                .peer_ocsp = peers,
                .sealer = sealer,
                .log = *premises.log,
                .state = [this] { return state; },
                .spool = premises.folder / "spool",
                .ports = {},
                .local_address = {}} {
        const auto setting = text_of(exchange.facts, "providerSetting");
        if (constexpr std::string_view least = "server-min-supported-client-version="; setting.starts_with(least))
            house.min_client_version = setting.substr(least.size());
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = exchange.trust;
        snapshot->expires = exchange.at + std::chrono::hours(1);
        view.set(snapshot);
    }
    HouseThere(const HouseThere&) = delete;
    HouseThere& operator=(const HouseThere&) = delete;
};

}  // namespace onceway::replay
