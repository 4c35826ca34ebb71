// The two sides of a time-stamp exchange: what is asked, and what an authority answers. Rule: RFC 3161 §2.4.
#include "certs/keys/der.hpp"
#include "certs/keys/gloves.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "certs/timestamp/token_fields.hpp"
#include "certs/x509/writing.hpp"
#include "schemas/base/limits.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/ts.h>

#include <array>

namespace onceway::timestamp {
namespace {

namespace der = keys::der;
using x509::oid;

// RFC 3161 leaves the policy to the authority; 2.999 is the arc kept for examples.
constexpr std::string_view pilot_policy = "2.999.1";
constexpr int granted = 0, granted_with_mods = 1;

using OwnedResponse = std::unique_ptr<TS_RESP, keys::Releases<TS_RESP_free>>;

Octets fresh_nonce() {
    std::array<unsigned char, 8> random{};
    if (RAND_bytes(random.data(), random.size()) != 1) keys::openssl_broken("drawing a nonce");
    random[0] = static_cast<unsigned char>((random[0] & 0x7f) | 0x40);  // positive and of full length
    return Octets(reinterpret_cast<char*>(random.data()), random.size());
}

Octets write_question(keys::Digest digest, OctetsView imprint, OctetsView nonce) {
    const Octets message =
        der::element(der::sequence, {keys::identifier_of(digest, false), der::element(der::octet_string, imprint)});
    const Octets nonce_der = nonce.empty() ? Octets() : der::element(der::integer, nonce);
    return der::element(der::sequence, {der::small_integer(1), message, nonce_der, der::element(der::boolean, "\xff")});
}

// A TimeStampResp as DER. Some authorities answer in BER; OpenSSL then writes it anew, the signed parts untouched.
Octets as_der(OctetsView answer) {
    const auto* at = reinterpret_cast<const unsigned char*>(answer.data());
    keys::forget_errors();
    const OwnedResponse response(d2i_TS_RESP(nullptr, &at, static_cast<long>(answer.size())));
    unsigned char* written = nullptr;
    const int size = response ? i2d_TS_RESP(response.get(), &written) : 0;
    keys::forget_errors();
    if (size <= 0) return {};
    Octets octets(reinterpret_cast<char*>(written), static_cast<std::size_t>(size));
    OPENSSL_free(written);
    return octets;
}

struct Response {
    int status = 0;
    std::string text;
    OctetsView token;
};

bool read_status(Response& into, OctetsView content) {
    der::Reader fields(content);
    const auto status = fields.next(der::integer);
    const auto number = status ? der::small_integer(*status) : std::nullopt;
    if (!number) return false;
    into.status = *number;
    if (const auto texts = fields.optional(der::sequence)) {
        der::Reader each(texts->content);
        if (const auto text = each.next(der::utf8_string)) into.text = std::string(text->content);
    }
    fields.optional(der::bit_string);
    return fields.at_end();
}

std::optional<Response> read_response(OctetsView answer) {
    der::Reader file(answer);
    const auto outer = file.next(der::sequence);
    der::Reader fields(outer ? outer->content : OctetsView());
    const auto status = fields.next(der::sequence);
    Response response;
    if (!outer || !file.at_end() || !status || !read_status(response, status->content)) return {};
    if (const auto token = fields.optional(der::sequence)) response.token = token->whole;
    if (!fields.at_end()) return {};
    return response;
}

Octets attribute(std::string_view type, OctetsView value) {
    return der::element(der::sequence, {oid(type), der::element(der::set, value)});
}

Octets write_info(const Query& query, Instant at, const Octets& serial) {
    const Octets message = der::element(
        der::sequence, {keys::identifier_of(query.digest, false), der::element(der::octet_string, query.imprint)});
    const Octets nonce = query.nonce_der ? der::element(der::integer, *query.nonce_der) : Octets();
    return der::element(der::sequence, {der::small_integer(1), oid(pilot_policy), message,
                                        der::unsigned_integer(serial), der::write_time(at, true), nonce});
}

// Signed attributes as a DER SET: in ascending order of their encodings.
Octets write_attributes(OctetsView info, const x509::Certificate& signer) {
    const Octets digest = der::element(der::octet_string, keys::sha512(info));
    const Octets id = der::element(der::sequence, {keys::identifier_of(keys::Digest::sha512, false),
                                                   der::element(der::octet_string, signer.sha512())});
    std::vector<Octets> list{
        attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.9.16.1.4")), attribute("1.2.840.113549.1.9.4", digest),
        attribute("1.2.840.113549.1.9.16.2.47", der::element(der::sequence, der::element(der::sequence, id)))};
    std::sort(list.begin(), list.end());
    Octets together;
    for (const Octets& each : list) together += each;
    return together;
}

Result<Octets> write_signer(OctetsView info, const x509::Certificate& signer, const keys::PrivateKey& key) {
    const Octets attributes = write_attributes(info, signer);
    const keys::SignatureAlgorithm algorithm{key.default_algorithm()};
    auto signature = key.sign(algorithm, der::element(der::set, attributes), keys::EcdsaForm::der);
    if (!signature) return signature;
    const Octets id =
        der::element(der::sequence, {signer.issuer_name_der(), der::element(der::integer, signer.serial_octets())});
    return der::element(der::sequence, {der::small_integer(1), id, keys::identifier_of(keys::Digest::sha512, false),
                                        der::element(der::context_constructed(0), attributes),
                                        keys::identifier_of(algorithm), der::element(der::octet_string, *signature)});
}

}  // namespace

Question Question::about(Octets sha512_imprint) {
    Octets nonce = fresh_nonce();
    return asked(std::move(sha512_imprint), std::move(nonce));
}

Question Question::asked(Octets imprint, std::optional<Octets> nonce) {
    Question question;
    question.imprint_ = std::move(imprint);
    question.nonce_ = std::move(nonce).value_or(Octets());
    question.der_ = write_question(keys::Digest::sha512, question.imprint_, question.nonce_);
    return question;
}

Result<Octets> Question::granted_token(OctetsView answer) {
    if (answer.size() > limits::timestamp_answer_octets)
        return fault(FaultCode::mlog_reading_timestamp_response_failed,
                     "The answer of the time-stamping service is larger than 64 KiB");
    Octets rewritten;
    auto response = read_response(answer);
    if (!response || (!response->token.empty() && !read_token(response->token))) {
        rewritten = as_der(answer);
        if (auto again = read_response(rewritten)) response = again;
    }
    if (!response)
        return fault(FaultCode::mlog_reading_timestamp_response_failed,
                     "The answer of the time-stamping service is no TimeStampResp");
    if (response->status != granted && response->status != granted_with_mods)
        return fault(FaultCode::mlog_timestamp_non_granted_response,
                     "The time-stamping service declined with status " + std::to_string(response->status) +
                         (response->text.empty() ? "" : ": " + response->text));
    if (response->token.empty())
        return fault(FaultCode::mlog_timestamp_response_validation_failed,
                     "The time-stamping service granted, but sent no token");
    return Octets(response->token);
}

Result<Query> read_query(OctetsView octets) {
    const auto refuse = [](const char* why) {
        return fault(FaultCode::invalid_request, std::string("Reading a time-stamp request: ") + why);
    };
    der::Reader file(octets);
    const auto outer = file.next(der::sequence);
    if (!outer || !file.at_end()) return refuse("it is not DER");
    der::Reader fields(outer->content);
    const auto version = fields.next(der::integer), message = fields.next(der::sequence);
    if (!version || !message || der::small_integer(*version) != 1) return refuse("it is no TimeStampReq of version 1");
    der::Reader imprint(message->content);
    const auto algorithm = imprint.next(der::sequence), value = imprint.next(der::octet_string);
    const auto digest = algorithm ? keys::digest_of_identifier(algorithm->whole) : std::nullopt;
    if (!digest || *digest == keys::Digest::sha1 || !value || value->content.size() != keys::size_of(*digest))
        return refuse("its digest is not known, or does not have its size");
    Query query{*digest, Octets(value->content), {}, false};
    fields.optional(der::object_identifier);
    if (const auto nonce = fields.optional(der::integer)) query.nonce_der = Octets(nonce->content);
    if (const auto wish = fields.optional(der::boolean)) query.wants_certificate = wish->content != OctetsView("\0", 1);
    fields.optional(der::context_constructed(0));
    if (!fields.at_end()) return refuse("it has unknown fields");
    return query;
}

Result<Octets> answer(const Query& query, const x509::Certificate& signer, const keys::PrivateKey& key, Instant at,
                      const Octets& serial) {
    const Octets info = write_info(query, at, serial);
    auto signer_info = write_signer(info, signer, key);
    if (!signer_info) return signer_info;
    const Octets content =
        der::element(der::sequence, {oid("1.2.840.113549.1.9.16.1.4"),
                                     der::element(der::context_constructed(0), der::element(der::octet_string, info))});
    const Octets certificates =
        query.wants_certificate ? der::element(der::context_constructed(0), signer.der()) : Octets();
    const Octets data = der::element(
        der::sequence, {der::small_integer(3), der::element(der::set, keys::identifier_of(keys::Digest::sha512, false)),
                        content, certificates, der::element(der::set, *signer_info)});
    const Octets token =
        der::element(der::sequence, {oid("1.2.840.113549.1.7.2"), der::element(der::context_constructed(0), data)});
    return der::element(der::sequence, {der::element(der::sequence, der::small_integer(granted)), token});
}

Octets refusal(int status, std::string_view text) {
    const Octets texts = text.empty() ? Octets() : der::element(der::sequence, der::element(der::utf8_string, text));
    return der::element(der::sequence, der::element(der::sequence, {der::small_integer(status), texts}));
}

}  // namespace onceway::timestamp
