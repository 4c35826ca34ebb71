#include "certs/keys/der.hpp"
#include "certs/keys/gloves.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/ocsp.hpp"
#include "certs/x509/ocsp_fields.hpp"
#include "certs/x509/writing.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>

#include <memory>

namespace onceway::x509 {
namespace {

namespace der = keys::der;

constexpr std::string_view basic_response = "1.3.6.1.5.5.7.48.1.1";

Fault refuse(const char* why) {
    return fault(FaultCode::invalid_request, std::string("Reading an OCSP request: ") + why);
}

std::string decimal_of(OctetsView magnitude) {
    const keys::OwnedNumber number(BN_bin2bn(reinterpret_cast<const unsigned char*>(magnitude.data()),
                                             static_cast<int>(magnitude.size()), nullptr));
    if (!number) keys::openssl_broken("reading a serial number");
    const std::unique_ptr<char, void (*)(char*)> text(BN_bn2dec(number.get()), [](char* c) { OPENSSL_free(c); });
    if (!text) keys::openssl_broken("printing a serial number");
    return text.get();
}

std::optional<OcspQuestion> read_cert_id(const der::Element& id) {
    der::Reader fields(id.content);
    const auto algorithm = fields.next(der::sequence), name = fields.next(der::octet_string),
               key = fields.next(der::octet_string), serial = fields.next(der::integer);
    if (!algorithm || !name || !key || !serial || !fields.at_end()) return {};
    const auto magnitude = der::unsigned_integer(*serial);
    if (!magnitude) return {};
    OcspQuestion question{decimal_of(*magnitude), {}, {}, Octets(id.whole)};
    if (keys::digest_of_identifier(algorithm->whole) == keys::Digest::sha1) {
        question.issuer_name_sha1 = Octets(name->content);
        question.issuer_key_sha1 = Octets(key->content);
    }
    return question;
}

Octets write_status(const OcspAnswer& answer) {
    if (answer.status == Revocation::good) return der::element(der::context(0), OctetsView());
    if (answer.status == Revocation::unknown) return der::element(der::context(2), OctetsView());
    return der::element(der::context_constructed(1), der::write_time(answer.revoked_at.value_or(answer.this_update)));
}

Octets write_single(OctetsView cert_id_der, const OcspAnswer& answer) {
    const Octets next =
        answer.next_update ? der::element(der::context_constructed(0), der::write_time(*answer.next_update)) : Octets();
    return der::element(der::sequence, {cert_id_der, write_status(answer), der::write_time(answer.this_update), next});
}

Octets wrap_response(OctetsView basic) {
    const Octets bytes = der::element(der::sequence, {oid(basic_response), der::element(der::octet_string, basic)});
    return der::element(der::sequence,
                        {der::small_integer(0, der::enumerated), der::element(der::context_constructed(0), bytes)});
}

}  // namespace

Octets write_ocsp_request(const Certificate& certificate, const Certificate& issuer) {
    const Octets request = der::element(der::sequence, cert_id(certificate.serial_octets(), issuer));
    const Octets list = der::element(der::sequence, request);
    return der::element(der::sequence, der::element(der::sequence, list));
}

Result<std::vector<OcspQuestion>> read_ocsp_request(OctetsView octets) {
    der::Reader file(octets);
    const auto request = file.next(der::sequence);
    if (!request || !file.at_end()) return refuse("it is not DER");
    der::Reader outer(request->content);
    const auto body = outer.next(der::sequence);
    if (!body) return refuse("it is not an OCSPRequest");
    der::Reader fields(body->content);
    fields.optional(der::context_constructed(0));
    fields.optional(der::context_constructed(1));
    const auto list = fields.next(der::sequence);
    if (!list) return refuse("it is not an OCSPRequest");
    std::vector<OcspQuestion> questions;
    for (der::Reader requests(list->content); !requests.at_end();) {
        const auto single = requests.next(der::sequence);
        der::Reader inside(single ? single->content : OctetsView());
        const auto id = inside.next(der::sequence);
        auto question = id ? read_cert_id(*id) : std::nullopt;
        if (!question) return refuse("a CertID is malformed");
        questions.push_back(std::move(*question));
    }
    if (questions.empty()) return refuse("it asks about no certificate");
    return questions;
}

Result<Octets> answer_ocsp(const OcspQuestion& question, const OcspAnswer& answer, const Certificate& responder,
                           const keys::PrivateKey& responder_key) {
    const Octets key_hash = der::element(der::octet_string, keys::sha1(responder.public_key_bits()));
    const Octets data = der::element(
        der::sequence, {der::element(der::context_constructed(2), key_hash), der::write_time(answer.this_update),
                        der::element(der::sequence, write_single(question.cert_id_der, answer))});
    const auto algorithm = keys::certificate_algorithm(responder_key);
    auto signature = responder_key.sign(algorithm, data, keys::EcdsaForm::der);
    if (!signature) return signature.error();
    const Octets certificates = der::element(der::context_constructed(0), der::element(der::sequence, responder.der()));
    return wrap_response(
        der::element(der::sequence, {data, keys::identifier_of(algorithm), der::bits(*signature), certificates}));
}

Result<Octets> write_ocsp_response(const Certificate& certificate, const Certificate& issuer, const OcspAnswer& answer,
                                   const Certificate& responder, const keys::PrivateKey& responder_key) {
    OcspQuestion question;
    question.cert_id_der = cert_id(certificate.serial_octets(), issuer);
    return answer_ocsp(question, answer, responder, responder_key);
}

Octets ocsp_error(int status) { return der::element(der::sequence, der::small_integer(status, der::enumerated)); }

}  // namespace onceway::x509
