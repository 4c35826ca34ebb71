// `onceway-server internal-tls …`: the certificate towards information systems shown, exported and replaced.
#include "schemas/base/limits.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/asking.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstdio>

namespace onceway::admin {
namespace {

namespace json = boost::json;

Result<json::object> ask(const InternalTlsOptions& options, const json::object& request) {
    auto asking = Asking::of(options.folder);
    if (!asking) return asking.error();
    return asking->ask(request);
}

/// PEM for a file, or for whoever reads on.
Outcome hand_out(const std::string& pem, const std::filesystem::path& out, std::string_view what) {
    if (out.empty()) return (fmt::print("{}", pem), Outcome::yes);
    if (auto written = store::write_whole(out, pem); !written) return complain(written.error());
    fmt::print("Wrote {} to {}.\n", what, out.string());
    return Outcome::yes;
}

Outcome tell(const InternalTlsOptions& options, const json::object& answer) {
    if (options.json) return (print(answer), Outcome::yes);
    const auto& certificate = answer.at("certificate").as_object();
    fmt::print("{}\n  issued by {}\n  SHA-256 {}\n  ends {} ({} days left)\n", text_in(certificate, "subject"),
               certificate.at("self_signed").as_bool() ? "itself" : text_in(certificate, "issuer"),
               text_in(certificate, "sha256"), text_in(certificate, "not_after"),
               json::serialize(certificate.at("days_left")));
    if (answer.at("waiting").as_bool()) fmt::print("A new key waits for its certificate.\n");
    return Outcome::yes;
}

Outcome ask_and_tell(const InternalTlsOptions& options, const json::object& request) {
    const auto answer = ask(options, request);
    return answer ? tell(options, *answer) : complain(answer.error());
}

}  // namespace

Outcome show_internal_tls(const InternalTlsOptions& options) {
    return ask_and_tell(options, {{"do", "internal_tls.show"}});
}

Outcome export_internal_tls(const InternalTlsOptions& options) {
    const auto answer = ask(options, {{"do", "internal_tls.show"}});
    if (!answer) return complain(answer.error());
    return hand_out(text_in(*answer, "chain"), options.out, "the internal TLS certificate");
}

Outcome renew_internal_tls(const InternalTlsOptions& options) {
    return ask_and_tell(options, {{"do", "internal_tls.renew"}});
}

Outcome request_internal_tls(const InternalTlsOptions& options) {
    const auto answer =
        ask(options, {{"do", "internal_tls.csr"}, {"name", options.name}, {"address", options.address}});
    if (!answer) return complain(answer.error());
    return hand_out(text_in(*answer, "csr"), options.out, "the request");
}

Outcome import_internal_tls(const InternalTlsOptions& options) {
    const auto octets = store::read_whole(options.certificate, limits::certificate_chain_octets * 2);
    if (!octets) return complain(octets.error());
    const bool pem = octets->find("-----BEGIN") != Octets::npos;
    return ask_and_tell(options, {{"do", "internal_tls.import"}, {"chain", pem ? *octets : to_base64(*octets)}});
}

}  // namespace onceway::admin
