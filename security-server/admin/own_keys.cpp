#include "security-server/admin/own_keys.hpp"

#include "schemas/base/log.hpp"
#include "security-server/admin/key_picture.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <map>
#include <mutex>

namespace onceway::admin {
namespace {

using std::chrono::seconds;
constexpr seconds first_retry{2}, longest_retry{60}, longest_sleep{60}, least_age{10};

Fault cannot_sign(std::string detail) { return fault(FaultCode::cannot_create_signature, std::move(detail)); }

}  // namespace

struct OwnKeys::Parts {
    keys::SoftwareToken token;
    identity::ServerId server;
    const registry_view::View& view;
    OwnOcsp& ocsp;
    const Clock& clock;

    mutable std::mutex token_lock;  // one operation on the token at a time; may be held for long
    mutable std::mutex picture_lock;
    std::shared_ptr<const KeyPicture> picture = std::make_shared<KeyPicture>();
    std::function<void()> authentication_changed;

    struct Round {
        std::optional<Instant> due;  // of the next answer
        std::string trouble;         // of the last question; empty when it was answered
    };
    mutable std::mutex rounds_lock;
    std::map<Octets, Round> rounds;  // by SHA-1 of the certificate

    void note_round(const x509::Certificate& certificate, Round round) {
        const std::lock_guard held(rounds_lock);
        rounds.insert_or_assign(certificate.sha1(), std::move(round));
    }
    Round last_round(const x509::Certificate& certificate) const {
        const std::lock_guard held(rounds_lock);
        const auto found = rounds.find(certificate.sha1());
        return found == rounds.end() ? Round{} : found->second;
    }

    std::atomic<bool> poked{false};
    mutable std::mutex timer_lock;
    std::shared_ptr<boost::asio::steady_timer> timer;

    std::shared_ptr<const KeyPicture> seen() const {
        const std::lock_guard held(picture_lock);
        return picture;
    }

    /// What keys and proofs depend on besides the time.
    struct Standing {
        std::shared_ptr<const KeyPicture> picture;
        std::uint64_t ocsp_revision = 0;
        std::shared_ptr<const registry_view::Snapshot> snapshot;
        bool operator==(const Standing&) const = default;
    };
    /// Proofs of the authentication certificate, and a signing key, as they were handed out last.
    struct Proofs {
        Standing standing;
        Instant until{};  // the first deadline of the answers
        std::shared_ptr<const std::vector<Octets>> answers;
    };
    struct HandedOut {
        Standing standing;
        Instant until{};  // the first deadline of certificate and answers
        std::shared_ptr<const signature::SigningKey> key;
    };
    mutable std::mutex handed_out_lock;
    mutable std::map<identity::MemberId, HandedOut> handed_out;
    mutable Proofs proofs;

    /// Fresh and good answers for a certificate and its intermediates, in this order. `until` becomes the first of
    /// their deadlines, if that is earlier.
    Result<std::vector<Octets>> answers(const OwnCertificate& own, Instant& until) const {
        std::vector<Octets> all;
        for (const auto& certificate : own.chain()) {
            auto held = ocsp.fresh(certificate);
            if (!held)
                return cannot_sign(
                    fmt::format("There is no fresh OCSP answer for {}. Check that the authority's responder "
                                "answers; `onceway-server status` shows its last trouble.",
                                certificate.subject()));
            if (held->verdict.status != x509::Revocation::good)
                return cannot_sign(fmt::format("The certificate {} is {} by its authority. Have another issued.",
                                               certificate.subject(), status_word(held->verdict.status)));
            until = std::min(until, held->verdict.deadline);
            all.push_back(std::move(held->response));
        }
        return all;
    }
    Result<std::vector<Octets>> answers(const OwnCertificate& own) const {
        Instant until = Instant::max();
        return answers(own, until);
    }

    Result<std::shared_ptr<const signature::SigningKey>> signing_key(const OwnCertificate& own, Instant& until) const {
        if (auto trouble = own.trouble(clock.now()); !trouble.empty()) return cannot_sign(std::move(trouble));
        until = own.certificate.not_after();
        auto proofs = answers(own, until);
        if (!proofs) return proofs.error();
        return std::make_shared<const signature::SigningKey>(
            signature::SigningKey{own.private_key, own.certificate, own.intermediates, std::move(*proofs)});
    }

    /// What was handed out before, when it is still so.
    std::shared_ptr<const signature::SigningKey> same_as_before(const identity::MemberId& member,
                                                                const HandedOut& now) const {
        const std::lock_guard held(handed_out_lock);
        const auto found = handed_out.find(member);
        if (found == handed_out.end()) return nullptr;
        const HandedOut& before = found->second;
        const bool same = before.standing == now.standing && clock.now() <= before.until &&
                          before.key->certificate.not_before() <= clock.now();
        return same ? before.key : nullptr;
    }
    void keep(const identity::MemberId& member, HandedOut now) const {
        const std::lock_guard held(handed_out_lock);
        handed_out.insert_or_assign(member, std::move(now));
    }

    std::shared_ptr<const std::vector<Octets>> same_proofs(const Standing& now) const {
        const std::lock_guard held(handed_out_lock);
        return proofs.answers && proofs.standing == now && clock.now() <= proofs.until ? proofs.answers : nullptr;
    }
    void keep_proofs(Proofs now) const {
        const std::lock_guard held(handed_out_lock);
        proofs = std::move(now);
    }

    /// When the answer for `certificate` should be asked for again; now when there is none.
    Instant due(const x509::Certificate& certificate, seconds interval) const {
        const auto held = ocsp.fresh(certificate);
        if (!held || held->fetched > clock.now()) return clock.now();  // then the clock was ahead, or is put back
        const auto half_of_life = held->fetched + (held->verdict.deadline - held->fetched) / 2;
        return std::max<Instant>(held->fetched + least_age, std::min<Instant>(held->fetched + interval, half_of_life));
    }

    Async<Instant> fetch_what_is_due(seconds wanted);
    boost::asio::awaitable<void> sleep(std::chrono::milliseconds time);
};

OwnKeys::OwnKeys(keys::SoftwareToken token, identity::ServerId server, const registry_view::View& view, OwnOcsp& ocsp,
                 const Clock& clock)
    : parts_(new Parts{std::move(token), std::move(server), view, ocsp, clock}) {
    look_again();
}
OwnKeys::~OwnKeys() = default;

// --- what the message path asks ------------------------------------------------------------------------------------

Result<std::shared_ptr<const signature::SigningKey>> OwnKeys::signing_key(const identity::MemberId& member) const {
    Parts::HandedOut now{{parts_->seen(), parts_->ocsp.revision(), parts_->view.current()}, {}, nullptr};
    if (auto key = parts_->same_as_before(member, now)) return key;
    std::optional<Fault> first;
    for (const auto& own : now.standing.picture->certificates) {
        if (own.key.usage != keys::KeyUsage::signing || own.member != member) continue;
        auto key = parts_->signing_key(own, now.until);
        if (key) {
            now.key = *key;
            parts_->keep(member, std::move(now));
            return key;
        }
        if (!first) first = key.error();
    }
    if (first) return *first;
    return cannot_sign(
        fmt::format("This server has no signing certificate of {}. Make a key with `onceway-server key "
                    "generate --usage signing --member {}`.",
                    member.text(), member.url()));
}

Result<channel::TlsIdentity> OwnKeys::authentication() const {
    const auto picture = parts_->seen();
    const auto* own = picture->authentication();
    const auto refuse = [](std::string detail) {
        return fault(FaultCode::ssl_authentication_failed, std::move(detail));
    };
    if (!own)
        return refuse(
            "This server has no authentication certificate. Make a key with `onceway-server key generate --usage "
            "authentication` and import its certificate.");
    if (auto trouble = own->trouble(parts_->clock.now()); !trouble.empty()) return refuse(std::move(trouble));
    return channel::TlsIdentity{own->chain(), own->private_key};
}

Result<std::shared_ptr<const std::vector<Octets>>> OwnKeys::authentication_ocsp() const {
    const Parts::Standing now{parts_->seen(), parts_->ocsp.revision(), parts_->view.current()};
    if (auto proofs = parts_->same_proofs(now)) return proofs;
    const auto* own = now.picture->authentication();
    if (!own) return cannot_sign("This server has no authentication certificate.");
    Instant until = Instant::max();
    auto answers = parts_->answers(*own, until);
    if (!answers) return answers.error();
    auto proofs = std::make_shared<const std::vector<Octets>>(std::move(*answers));
    parts_->keep_proofs({now, until, proofs});
    return proofs;
}

Async<Octets> OwnKeys::ocsp_by_sha1(Octets sha1) {
    const auto picture = parts_->seen();
    const auto* certificate = picture->by_sha1(sha1);
    if (!certificate)
        co_return fault(
            FaultCode::not_found,
            fmt::format("The certificate {} is neither this server's nor an approved authority's.", to_hex(sha1)));
    if (auto held = parts_->ocsp.fresh(*certificate)) co_return std::move(held->response);
    auto fetched = co_await parts_->ocsp.fetch(*certificate);
    if (!fetched) co_return fetched.error();
    co_return std::move(fetched->response);
}

// --- what an operator does -----------------------------------------------------------------------------------------

bool OwnKeys::unlocked() const { return parts_->seen()->unlocked; }

Result<void> OwnKeys::unlock(std::string_view pin) {
    {
        const std::lock_guard held(parts_->token_lock);
        if (auto opened = parts_->token.unlock(pin); !opened) return opened;
    }
    look_again();
    return {};
}

Result<keys::KeyInfo> OwnKeys::generate(const keys::SoftwareToken::NewKey& wanted) {
    const std::lock_guard held(parts_->token_lock);
    return parts_->token.generate(wanted);
}

Result<keys::KeyInfo> OwnKeys::import(const x509::Certificate& certificate) {
    const auto snapshot = parts_->view.current();
    auto imported = [&]() -> Result<keys::KeyInfo> {
        const std::lock_guard held(parts_->token_lock);
        const auto known = parts_->token.list();
        if (auto fits = check_import(certificate, known, snapshot ? snapshot->trust.get() : nullptr); !fits)
            return fits.error();
        return parts_->token.import_certificate(certificate);
    }();
    if (!imported) return imported;
    look_again();
    fetch_soon();
    return imported;
}

std::vector<keys::KeyInfo> OwnKeys::list() const {
    const std::lock_guard held(parts_->token_lock);
    return parts_->token.list();
}

Result<std::shared_ptr<const keys::PrivateKey>> OwnKeys::key(std::string_view id) const {
    const std::lock_guard held(parts_->token_lock);
    return parts_->token.key(id);
}

std::vector<CertificateStanding> OwnKeys::standings() const {
    std::vector<CertificateStanding> all;
    for (const auto& own : parts_->seen()->certificates) {
        CertificateStanding standing{own.key,
                                     own.certificate,
                                     own.member,
                                     own.registered,
                                     parts_->ocsp.fresh(own.certificate),
                                     own.trouble(parts_->clock.now())};
        if (standing.trouble.empty())
            if (const auto proofs = parts_->answers(own); !proofs) standing.trouble = proofs.error().detail;
        auto round = parts_->last_round(own.certificate);
        standing.ocsp_due = round.due;
        standing.ocsp_trouble = std::move(round.trouble);
        all.push_back(std::move(standing));
    }
    return all;
}

void OwnKeys::look_again() {
    const auto snapshot = parts_->view.current();
    auto next = [&] {
        const std::lock_guard held(parts_->token_lock);
        return draw_picture(parts_->token, parts_->server, snapshot ? snapshot->trust : nullptr, parts_->clock.now());
    }();
    bool changed = false;
    {
        const std::lock_guard held(parts_->picture_lock);
        const auto *before = parts_->picture->authentication(), *now = next->authentication();
        const bool usable = now && now->private_key;
        changed = usable && (!before || !before->private_key || before->chain() != now->chain());
        parts_->picture = std::move(next);
    }
    if (changed && parts_->authentication_changed) parts_->authentication_changed();
}

void OwnKeys::on_authentication_change(std::function<void()> changed) {
    parts_->authentication_changed = std::move(changed);
}

// --- answers kept fresh --------------------------------------------------------------------------------------------

/// Asks for everything that is due, and gives the next moment at which something will be.
Async<Instant> OwnKeys::Parts::fetch_what_is_due(seconds wanted) {
    const auto snapshot = view.valid(clock.now());
    if (!snapshot) co_return snapshot.error();
    const auto interval = wanted.count() > 0 ? wanted : seconds((*snapshot)->optional.ocsp_fetch_interval_seconds);
    auto next = clock.now() + longest_sleep;
    std::optional<Fault> failed;
    const auto needed = seen()->in_use(clock.now());
    for (const auto& certificate : needed) {
        const auto when = due(certificate, interval);  // before the clock is read: "now" must not be in the future
        if (when <= clock.now()) {
            auto fetched = co_await ocsp.fetch(certificate);
            if (!fetched) {
                failed = fetched.error();
                log::warning("ocsp.fetch_failed", {{"certificate", certificate.subject()}, {"reason", failed->detail}});
                note_round(certificate, {std::nullopt, failed->detail});
                continue;
            }
            if (fetched->verdict.status != x509::Revocation::good)
                log::error("ocsp.certificate_not_good",
                           {{"certificate", certificate.subject()}, {"status", status_word(fetched->verdict.status)}});
        }
        note_round(certificate, {due(certificate, interval), {}});
        next = std::min(next, due(certificate, interval));
    }
    if (failed) co_return *failed;
    co_return next;
}

/// Waits for `time`, or until poked.
boost::asio::awaitable<void> OwnKeys::Parts::sleep(std::chrono::milliseconds time) {
    auto own = std::make_shared<boost::asio::steady_timer>(co_await boost::asio::this_coro::executor);
    {
        const std::lock_guard held(timer_lock);
        timer = own;
    }
    if (poked.exchange(false)) co_return;
    own->expires_after(time);
    co_await own->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    poked = false;
}

boost::asio::awaitable<void> OwnKeys::fetch_once(seconds interval) {
    [[maybe_unused]] auto next = co_await parts_->fetch_what_is_due(interval);
}

boost::asio::awaitable<void> OwnKeys::keep_ocsp_fresh(seconds interval) {
    auto retry = first_retry;
    for (;;) {
        auto next = co_await parts_->fetch_what_is_due(interval);
        std::chrono::milliseconds pause = retry;
        if (next) {
            pause = std::max<std::chrono::milliseconds>(seconds(1), *next - parts_->clock.now());
            retry = first_retry;
        } else {
            retry = std::min(retry * 2, longest_retry);
        }
        co_await parts_->sleep(pause);
    }
}

void OwnKeys::fetch_soon() {
    parts_->poked = true;
    const std::lock_guard held(parts_->timer_lock);
    if (const auto timer = parts_->timer) boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); });
}

}  // namespace onceway::admin
