#include "tests/security-server/admin/given_responder.hpp"

namespace onceway::tests {

Async<channel::FetchAnswer> GivenResponder::answer(channel::FetchRequest request) {
    asked.push_back(request.method + ' ' + request.url.text());
    if (silent) co_return fault(FaultCode::network_error, "nobody listens there");
    if (garbage) co_return channel::FetchAnswer{200, {}, "no OCSP answer"};
    const auto questions = must(x509::read_ocsp_request(request.body));
    for (const auto& certificate : known)
        if (certificate.serial_decimal() == questions.at(0).serial_decimal)
            co_return channel::FetchAnswer{200, {}, authority.ocsp(certificate, clock.now() - age, status)};
    co_return channel::FetchAnswer{200, {}, x509::ocsp_error(6)};
}

admin::Fetch GivenResponder::fetch() {
    return [this](channel::FetchRequest request) { return answer(std::move(request)); };
}

KeyWorld::KeyWorld() {
    auto token = must(keys::SoftwareToken::create(folder / "keys", pin));
    must(token.unlock(pin));
    start(std::move(token));
}

KeyWorld::~KeyWorld() = default;

void KeyWorld::start(keys::SoftwareToken token) {
    ocsp = std::make_unique<admin::OwnOcsp>(folder / "ocsp", view, clock, responder.fetch());
    keys = std::make_unique<admin::OwnKeys>(std::move(token), server, view, *ocsp, clock);
}

void KeyWorld::restart() {
    keys.reset();
    ocsp.reset();
    start(must(keys::SoftwareToken::open(folder / "keys")));
}

keys::KeyInfo KeyWorld::make_key(keys::KeyUsage usage, std::string label) {
    return must(keys->generate({std::move(label), usage, keys::KeyFamily::ec, 256}));
}

Octets KeyWorld::spki(const keys::KeyInfo& key) { return must(keys->key(key.id))->public_key().spki(); }

x509::Certificate KeyWorld::certify(const keys::KeyInfo& key, x509::Profile profile, x509::Subject subject,
                                    const Identity* issuer) {
    x509::Issue wanted{std::move(subject),
                       spki(key),
                       profile,
                       {},
                       test_time() - std::chrono::hours(24),
                       test_time() + std::chrono::hours(24 * 100),
                       {},
                       {}};
    const auto& by = issuer ? *issuer : authority.identity();
    auto certificate = must(x509::issue(wanted, &by.certificate, *by.key));
    responder.known.push_back(certificate);
    return certificate;
}

x509::Certificate KeyWorld::certify_signing(const keys::KeyInfo& key, const identity::MemberId& member) {
    return certify(key, x509::Profile::signing,
                   {{"C", "ZA"}, {"businessCategory", member.member_class}, {"serialNumber", member.member_code}});
}

void KeyWorld::set_up() {
    signing_info = make_key(keys::KeyUsage::signing, server.owner.url());
    authentication_info = make_key(keys::KeyUsage::authentication);
    signing = certify_signing(signing_info, server.owner);
    authentication = certify(authentication_info, x509::Profile::authentication, {{"CN", "home.test"}});
    add_member(shared, identity::ClientId::of(server.owner));
    add_server(shared, server, *authentication, {});
    publish();
    must(keys->import(*signing));
    must(keys->import(*authentication));
    fetch();
}

void KeyWorld::publish() {
    auto snapshot = std::make_shared<registry_view::Snapshot>();
    snapshot->trust = trust_of(shared);
    snapshot->expires = clock.now() + std::chrono::hours(24 * 365);
    view.set(std::move(snapshot));
    if (keys) keys->look_again();
}

void KeyWorld::fetch(std::chrono::seconds interval) { run(keys->fetch_once(interval)); }

}  // namespace onceway::tests
