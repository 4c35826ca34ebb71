#include "certs/pilot/authority.hpp"

#include "certs/timestamp/timestamp.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/store/database.hpp"

#include <boost/json.hpp>

#include <sys/stat.h>

#include <array>

namespace onceway::pilot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view format_name = "onceway-pilot/1";
constexpr std::size_t file_octets_most = 64 * 1024;
constexpr int authority_days = 3653;
constexpr std::chrono::days authority_age{7};  // answers "as of yesterday" are signed by certificates valid then
constexpr int malformed_request = 1, unauthorized = 6, rejection = 2;  // OCSPResponseStatus, PKIStatus

constexpr std::array<std::pair<x509::Profile, std::string_view>, 8> profile_names{{
    {x509::Profile::ca, "ca"},
    {x509::Profile::sub_ca, "sub_ca"},
    {x509::Profile::signing, "signing"},
    {x509::Profile::authentication, "authentication"},
    {x509::Profile::ocsp_responder, "ocsp_responder"},
    {x509::Profile::time_stamping, "time_stamping"},
    {x509::Profile::configuration_signing, "configuration_signing"},
    {x509::Profile::tls_server, "tls_server"},
}};

/// A certificate with its key, as it lies in the folder: `<name>.pem` and `<name>.key`.
struct Seat {
    x509::Certificate certificate;
    keys::PrivateKey key;
};

Result<Seat> read_seat(const fs::path& folder, const std::string& name) {
    const auto certificate_text = store::read_whole(folder / (name + ".pem"), file_octets_most);
    if (!certificate_text) return certificate_text.error();
    const auto key_text = store::read_whole(folder / (name + ".key"), file_octets_most);
    if (!key_text) return key_text.error();
    auto certificate = x509::Certificate::from_pem_or_der(*certificate_text);
    if (!certificate) return certificate.error();
    auto key = keys::PrivateKey::from_pem(*key_text);
    if (!key) return key.error();
    return Seat{std::move(*certificate), std::move(*key)};
}

Result<void> write_seat(const fs::path& folder, const std::string& name, const Seat& seat) {
    if (auto written = store::write_whole(folder / (name + ".key"), seat.key.to_pem({})); !written) return written;
    return store::write_whole(folder / (name + ".pem"), seat.certificate.pem());
}

x509::Subject subject_of(const std::string& name, const std::string& role) {
    return {{"O", name.empty() ? "Pilot" : name + " Pilot"},
            {"CN", (name.empty() ? "Pilot " : name + " Pilot ") + role}};
}

Octets random_serial() { return *from_hex("4" + to_hex(keys::sha256(random_uuid())).substr(1, 31)); }

}  // namespace

std::string_view name_of(x509::Profile profile) {
    for (const auto& [known, name] : profile_names)
        if (known == profile) return name;
    return {};
}

std::optional<x509::Profile> profile_from_name(std::string_view name) {
    for (const auto& [profile, known] : profile_names)
        if (known == name) return profile;
    return {};
}

struct Authority::Parts {
    fs::path folder;
    Setup setup;
    const Clock* clock;
    Ledger ledger;
    Seat root, ocsp, tsa;
    std::optional<Seat> issuing, ocsp_root;  // with an issuing authority: below the root, and the root's own responder

    const Seat& issuer() const { return issuing ? *issuing : root; }
    /// The authority that a question means, with the responder that speaks for it; null for any other.
    std::pair<const Seat*, const Seat*> meant_by(const x509::OcspQuestion& question) const;
    Result<x509::OcspAnswer> status_of(const x509::OcspQuestion& question, const Seat& authority,
                                       const Answering& how) const;
    Result<Octets> answer(OctetsView request, const Answering& how, bool wrongly) const;

    static Result<void> write_all(const fs::path& folder, const Setup& setup, const Clock& clock);
};

// --- making ---------------------------------------------------------------------------------------------------------

namespace {

/// Makes the seats of a new authority one after the other, each written and entered into the ledger.
class Founding {
public:
    Founding(const fs::path& folder, const Setup& setup, Ledger& ledger, Instant now)
        : folder_(folder), setup_(setup), ledger_(ledger), now_(now) {}

    /// Certified by `issuer`, or by itself.
    Result<Seat> make(const std::string& file, const std::string& role, x509::Profile profile, const Seat* issuer) {
        auto key =
            setup_.family == keys::KeyFamily::rsa ? keys::PrivateKey::generate_rsa() : keys::PrivateKey::generate_ec();
        const x509::Issue wanted{subject_of(setup_.name, role),
                                 key.public_key().spki(),
                                 profile,
                                 "",
                                 now_ - authority_age,
                                 now_ + std::chrono::days(authority_days),
                                 {},
                                 issuer ? setup_.ocsp_url : ""};
        auto certificate = x509::issue(wanted, issuer ? &issuer->certificate : nullptr, issuer ? issuer->key : key);
        if (!certificate) return certificate.error();
        Seat seat{std::move(*certificate), std::move(key)};
        if (auto written = write_seat(folder_, file, seat); !written) return written.error();
        if (auto entered = ledger_.add(seat.certificate, name_of(profile), now_); !entered) return entered.error();
        return seat;
    }

private:
    const fs::path& folder_;
    const Setup& setup_;
    Ledger& ledger_;
    Instant now_;
};

Result<void> write_setup(const fs::path& folder, const Setup& setup) {
    const boost::json::object json{{"format", format_name},
                                   {"name", setup.name},
                                   {"issuing_authority", setup.issuing_authority},
                                   {"ocsp_url", setup.ocsp_url},
                                   {"certificate_days", setup.certificate_days}};
    return store::write_whole(folder / "pilot.json", boost::json::serialize(json) + "\n");
}

Result<Setup> read_setup(const fs::path& folder) {
    const auto text = store::read_whole(folder / "pilot.json", file_octets_most);
    if (!text)
        return fault(FaultCode::not_found,
                     folder.string() + " holds no pilot authority; make one with `onceway-pilot init`");
    try {
        const auto json = boost::json::parse(*text).as_object();
        if (json.at("format").as_string() != format_name)
            return fault(FaultCode::io_error, "The pilot authority in " + folder.string() + " has another format");
        Setup setup;
        setup.name = std::string(json.at("name").as_string());
        setup.issuing_authority = json.at("issuing_authority").as_bool();
        setup.ocsp_url = std::string(json.at("ocsp_url").as_string());
        setup.certificate_days = static_cast<int>(json.at("certificate_days").as_int64());
        return setup;
    } catch (const std::exception& error) {
        return fault(FaultCode::io_error, "Reading " + (folder / "pilot.json").string() + ": " + error.what());
    }
}

}  // namespace

Result<void> Authority::Parts::write_all(const fs::path& folder, const Setup& setup, const Clock& clock) {
    auto ledger = Ledger::open(folder / "pilot.db");
    if (!ledger) return ledger.error();
    Founding founding(folder, setup, *ledger, clock.now());
    auto root = founding.make("root", "Root CA", x509::Profile::ca, nullptr);
    if (!root) return root.error();
    std::optional<Seat> issuing;
    if (setup.issuing_authority) {
        auto made = founding.make("ca", "Issuing CA", x509::Profile::sub_ca, &*root);
        if (!made) return made.error();
        issuing = std::move(*made);
        if (auto ocsp = founding.make("ocsp-root", "Root OCSP", x509::Profile::ocsp_responder, &*root); !ocsp)
            return ocsp.error();
    } else if (auto written = write_seat(folder, "ca", *root); !written) {
        return written;
    }
    const Seat& issuer = issuing ? *issuing : *root;
    if (auto ocsp = founding.make("ocsp", "OCSP", x509::Profile::ocsp_responder, &issuer); !ocsp) return ocsp.error();
    if (auto tsa = founding.make("tsa", "TSA", x509::Profile::time_stamping, &issuer); !tsa) return tsa.error();
    return write_setup(folder, setup);  // last: a folder without it holds no authority
}

Result<Authority> Authority::init(const fs::path& folder, const Setup& setup, const Clock& clock) {
    std::error_code error;
    if (fs::exists(folder / "pilot.json", error))
        return fault(FaultCode::invalid_argument,
                     "Making a pilot authority: " + folder.string() + " holds one already");
    if (setup.certificate_days < 1 || setup.certificate_days > authority_days)
        return fault(FaultCode::invalid_argument, "Making a pilot authority: certificates hold from 1 to " +
                                                      std::to_string(authority_days) + " days");
    fs::create_directories(folder, error);
    if (error) return fault(FaultCode::io_error, "Making " + folder.string() + ": " + error.message());
    ::chmod(folder.c_str(), 0700);
    fs::remove(folder / "pilot.db", error);  // what an init left that did not come to its end
    if (auto written = Parts::write_all(folder, setup, clock); !written) return written.error();
    return open(folder, clock);
}

Result<Authority> Authority::open(const fs::path& folder, const Clock& clock) {
    auto setup = read_setup(folder);
    if (!setup) return setup.error();
    auto ledger = Ledger::open(folder / "pilot.db");
    if (!ledger) return ledger.error();
    auto root = read_seat(folder, "root"), ocsp = read_seat(folder, "ocsp"), tsa = read_seat(folder, "tsa");
    for (const auto* seat : {&root, &ocsp, &tsa})
        if (!*seat) return seat->error();
    auto parts = std::unique_ptr<Parts>(new Parts{
        folder, *setup, &clock, std::move(*ledger), std::move(*root), std::move(*ocsp), std::move(*tsa), {}, {}});
    if (!setup->issuing_authority) return Authority(std::move(parts));
    auto issuing = read_seat(folder, "ca"), ocsp_root = read_seat(folder, "ocsp-root");
    if (!issuing) return issuing.error();
    if (!ocsp_root) return ocsp_root.error();
    parts->issuing = std::move(*issuing);
    parts->ocsp_root = std::move(*ocsp_root);
    return Authority(std::move(parts));
}

Authority::Authority(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

const fs::path& Authority::folder() const { return parts_->folder; }
const x509::Certificate& Authority::root() const { return parts_->root.certificate; }
const x509::Certificate& Authority::issuing() const { return parts_->issuer().certificate; }
const x509::Certificate& Authority::ocsp_responder() const { return parts_->ocsp.certificate; }
const x509::Certificate& Authority::time_stamper() const { return parts_->tsa.certificate; }

// --- certificates

Result<x509::Certificate> Authority::issue(OctetsView request_octets, std::optional<x509::Profile> profile,
                                           std::vector<std::string> addresses) {
    auto request = x509::read_request(request_octets);
    if (!request) return request.error();
    const x509::Profile wanted_profile = profile.value_or(request->profile);
    if (wanted_profile == x509::Profile::ca || wanted_profile == x509::Profile::sub_ca)
        return fault(FaultCode::invalid_request, "Issuing a certificate: this pilot makes no further authorities");
    x509::Subject subject{{"description", "Pilot"}};
    subject.insert(subject.end(), request->subject.begin(), request->subject.end());
    const Instant now = parts_->clock->now();
    const x509::Issue wanted{std::move(subject),
                             request->spki,
                             wanted_profile,
                             "",
                             now - 1h,
                             now + std::chrono::days(parts_->setup.certificate_days),
                             std::move(addresses),
                             parts_->setup.ocsp_url};
    auto certificate = x509::issue(wanted, &issuing(), parts_->issuer().key);
    if (!certificate) return certificate;
    if (auto entered = parts_->ledger.add(*certificate, name_of(wanted_profile), now); !entered) return entered.error();
    return certificate;
}

Result<Issued> Authority::revoke(const std::string& serial_decimal) {
    return parts_->ledger.revoke(serial_decimal, parts_->clock->now());
}
Result<std::vector<Issued>> Authority::list() const { return parts_->ledger.all(); }

// --- answers

std::pair<const Seat*, const Seat*> Authority::Parts::meant_by(const x509::OcspQuestion& question) const {
    const auto is = [&](const Seat& seat) {
        return question.issuer_name_sha1 == keys::sha1(seat.certificate.subject_name_der()) &&
               question.issuer_key_sha1 == keys::sha1(seat.certificate.public_key_bits());
    };
    if (issuing && is(*issuing)) return {&*issuing, &ocsp};
    if (is(root)) return {&root, ocsp_root ? &*ocsp_root : &ocsp};
    return {nullptr, nullptr};
}

Result<x509::OcspAnswer> Authority::Parts::status_of(const x509::OcspQuestion& question, const Seat& authority,
                                                     const Answering& how) const {
    const auto found = ledger.find(question.serial_decimal);
    if (!found) return found.error();
    x509::OcspAnswer answer{x509::Revocation::unknown, how.at, {}, {}};
    if (how.next_update.count() > 0) answer.next_update = how.at + how.next_update;
    if (*found && (*found)->certificate.issuer_der() == authority.certificate.subject_der()) {
        answer.status = (*found)->revoked_at ? x509::Revocation::revoked : x509::Revocation::good;
        answer.revoked_at = (*found)->revoked_at;
    }
    return answer;
}

Result<Octets> Authority::Parts::answer(OctetsView request, const Answering& how, bool wrongly) const {
    const auto questions = x509::read_ocsp_request(request);
    if (!questions) return x509::ocsp_error(malformed_request);
    const x509::OcspQuestion& question = questions->front();
    const auto [authority, responder] = meant_by(question);
    if (!authority) return x509::ocsp_error(unauthorized);
    const auto answer = status_of(question, *authority, how);
    if (!answer) return answer.error();
    return x509::answer_ocsp(question, *answer, responder->certificate, wrongly ? tsa.key : responder->key);
}

Result<Octets> Authority::answer_ocsp(OctetsView request, const Answering& how) const {
    return parts_->answer(request, how, false);
}
Result<Octets> Authority::answer_ocsp_wrongly(OctetsView request, const Answering& how) const {
    return parts_->answer(request, how, true);
}

Result<Octets> Authority::answer_time_stamp(OctetsView octets, Instant at) const {
    const auto query = timestamp::read_query(octets);
    if (!query) return timestamp::refusal(rejection, query.error().detail);
    return timestamp::answer(*query, parts_->tsa.certificate, parts_->tsa.key, at, random_serial());
}

Result<Octets> Authority::answer_time_stamp_wrongly(OctetsView octets, Instant at) const {
    auto query = timestamp::read_query(octets);
    if (!query) return timestamp::refusal(rejection, query.error().detail);
    query->imprint = keys::digest(query->digest, query->imprint);
    return timestamp::answer(*query, parts_->tsa.certificate, parts_->tsa.key, at, random_serial());
}

}  // namespace onceway::pilot
