#include "tests/security-server/outage_trust.hpp"

namespace onceway::tests {

Instant MovedClock::now() const { return Clock::system().now() + std::chrono::milliseconds(offset_); }

TrustDesk::TrustDesk(channel::Threads& threads, std::string name, Answer answer) : answer(std::move(answer)) {
    auto opened = channel::Listener::open(threads, {.name = std::move(name), .address = "127.0.0.1"},
                                          [this](channel::Exchange& exchange) { return serve(exchange); });
    door = must(std::move(opened));
    proxy = std::make_unique<FaultProxy>("127.0.0.1", door->port());
}

TrustDesk::~TrustDesk() = default;

std::string TrustDesk::url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(proxy->port()) + std::string(path);
}

boost::asio::awaitable<void> TrustDesk::serve(channel::Exchange& exchange) {
    Octets body;
    for (;;) {
        auto octets = co_await exchange.read_body();
        if (!octets || octets->empty()) break;
        body += *octets;
    }
    ++asked;
    const Octets given = answer(exchange.head().target, body);
    const int status = given.empty() ? 404 : 200;
    const message::Fields fields{{"Content-Type", type}};
    auto told = co_await exchange.respond(status, "As told", fields, given);
    if (!told) exchange.close_after();
}

TrustServices::TrustServices(channel::Threads& threads)
    : ocsp(threads, "ocsp desk", [this](const auto&, const auto& body) { return answer_ocsp(body); }),
      tsa(threads, "tsa desk", [this](const auto&, const auto& body) { return answer_stamp(body); }),
      registry(threads, "registry desk", [this](const auto& target, const auto&) { return answer_registry(target); }) {
    tsa.type = "application/timestamp-reply";
    ocsp.type = "application/ocsp-response";
    shared = shared_parameters(authority, &stamper);
    shared.approved_cas.front().top.ocsp.front().url = ocsp.url();
    shared.approved_tsas.front().url = tsa.url();
    const registry::ConfigurationSource source{
        "127.0.0.1:" + std::to_string(registry.proxy->port()), {configuration_signer().certificate.der()}, {}};
    shared.sources = {source};
}

TrustServices::~TrustServices() = default;

Octets TrustServices::answer_ocsp(const Octets& body) {
    const std::lock_guard lock(guard);
    const Lie lie = ocsp.lie;
    if (lie == Lie::refusal) return x509::ocsp_error(3);
    const auto questions = must(x509::read_ocsp_request(body));
    const auto wanted = questions.at(0).serial_decimal;
    for (const auto& certificate : known) {
        if ((certificate.serial_decimal() == wanted) == (lie == Lie::about_another)) continue;
        const auto at = clock.now() - std::chrono::hours(lie == Lie::of_yesterday ? 24 : 0);
        const bool gone = revoked.contains(certificate.serial_decimal());
        x509::OcspAnswer answer{.status = gone ? x509::Revocation::revoked : x509::Revocation::good,
                                .this_update = at,
                                .next_update = at + std::chrono::hours(1)};
        if (gone) answer.revoked_at = at;
        return authority.ocsp_by(lie == Lie::by_a_stranger ? stranger.responder() : authority.responder(), certificate,
                                 answer);
    }
    return x509::ocsp_error(6);
}

Octets TrustServices::answer_stamp(const Octets& body) {
    const std::lock_guard lock(guard);
    const Lie lie = tsa.lie;
    if (lie == Lie::refusal) return timestamp::refusal(2, "not today");
    auto query = must(timestamp::read_query(body));
    if (lie == Lie::about_another) query.imprint.back() = static_cast<char>(query.imprint.back() ^ 1);
    const auto& by = lie == Lie::by_a_stranger ? foreign_stamper : stamper;
    return must(timestamp::answer(query, by.certificate, *by.key, clock.now(), "\x01"));
}

Octets TrustServices::answer_registry(const std::string& target) {
    const std::lock_guard lock(guard);
    auto directory = this->directory();
    const auto files = directory.files();
    if (registry.lie == Lie::about_another) directory.parts[0].octets += ' ';  // its files are other ones
    if (target.starts_with("/internalconf")) return target.ends_with("=6") ? directory.body() : Octets{};
    const auto found = files.find(target);
    return found == files.end() ? Octets{} : found->second;
}

DirectoryText TrustServices::directory() const {
    const Lie lie = registry.lie;
    auto directory = plain_directory();
    const auto at = clock.now() - std::chrono::hours(lie == Lie::of_yesterday ? 24 : 0);
    directory.expires = rfc3339_seconds(at + configuration_lasts);
    directory.signer = lie == Lie::by_a_stranger ? 7 : 0;
    directory.parts[1].octets = registry::write_shared_parameters(shared);
    return directory;
}

void TrustServices::revoke(const x509::Certificate& certificate) {
    const std::lock_guard lock(guard);
    revoked.insert(certificate.serial_decimal());
}

const std::vector<NetworkFault>& network_faults() {
    static const std::vector<NetworkFault> faults{
        {"refuses", [](FaultProxy& proxy) { proxy.down(); }},
        {"hangs", [](FaultProxy& proxy) { proxy.back({.stall_after = 0}); }},
        {"drips an octet a second", [](FaultProxy& proxy) { proxy.back({.octets_per_second = 1}); }},
        {"answers garbage", [](FaultProxy& proxy) { proxy.back({.instead = "\x16\x03\x01 no HTTP at all\r\n\r\n"}); }},
        {"is cut off", [](FaultProxy& proxy) { proxy.back({.cut_after = 40}); }},
    };
    return faults;
}

void make_fair(FaultProxy& proxy) {
    proxy.up();
    proxy.fair();
}

}  // namespace onceway::tests
