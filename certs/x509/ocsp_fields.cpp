#include "certs/x509/ocsp_fields.hpp"

#include "certs/keys/der.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "schemas/base/limits.hpp"

namespace onceway::x509 {
namespace {

namespace der = keys::der;

constexpr std::string_view basic_response = "1.3.6.1.5.5.7.48.1.1";

Fault broken(const char* what) {
    return fault(FaultCode::internal_error, std::string("Reading an OCSP answer: ") + what);
}

struct Outer {
    int status = 0;
    std::optional<der::Element> body;
    bool trailing = false;
};

std::optional<Outer> read_outer(OctetsView octets) {
    der::Reader file(octets);
    const auto response = file.next(der::sequence);
    if (!response) return {};
    der::Reader fields(response->content);
    const auto status = fields.next(der::enumerated);
    const auto number = status ? der::small_integer(*status) : std::nullopt;
    if (!number) return {};
    Outer outer{*number, fields.optional(der::context_constructed(0)), !file.at_end()};
    if (!fields.at_end()) return {};
    return outer;
}

// certStatus: [0] good, [1] revoked, [2] unknown.
std::optional<Revocation> read_status(const std::optional<der::Element>& element) {
    if (!element) return {};
    if (element->tag == der::context(0)) return Revocation::good;
    if (element->tag == der::context_constructed(1)) return Revocation::revoked;
    if (element->tag == der::context(2)) return Revocation::unknown;
    return {};
}

bool read_single(OcspFields& into, OctetsView content) {
    der::Reader fields(content);
    const auto id = fields.next(der::sequence);
    const auto status = read_status(fields.next());
    const auto this_update = fields.next(der::generalized_time);
    const auto at = this_update ? der::time(*this_update) : std::nullopt;
    if (!id || !status || !at) return false;
    if (const auto next = fields.optional(der::context_constructed(0))) {
        der::Reader inside(next->content);
        const auto time = inside.next(der::generalized_time);
        into.next_update = time ? der::time(*time) : std::nullopt;
        if (!into.next_update || !inside.at_end()) return false;
    }
    fields.optional(der::context_constructed(1));
    if (!fields.at_end()) return false;
    into.cert_id = id->whole;
    into.status = *status;
    into.this_update = *at;
    return true;
}

bool read_responder(OcspFields& into, const std::optional<der::Element>& id) {
    if (!id) return false;
    der::Reader inside(id->content);
    if (id->tag == der::context_constructed(1)) {
        const auto name = inside.next(der::sequence);
        if (name) into.responder_name = name->whole;
        return name && inside.at_end();
    }
    const auto hash = id->tag == der::context_constructed(2) ? inside.next(der::octet_string) : std::nullopt;
    if (hash) into.responder_key_hash = hash->content;
    return hash && inside.at_end();
}

Result<void> read_response_data(OcspFields& into, OctetsView content) {
    der::Reader fields(content);
    fields.optional(der::context_constructed(0));
    if (!read_responder(into, fields.next())) return broken("the responder id is malformed");
    const auto produced = fields.next(der::generalized_time);
    const auto at = produced ? der::time(*produced) : std::nullopt;
    const auto answers = fields.next(der::sequence);
    fields.optional(der::context_constructed(1));
    if (!at || !answers || !fields.at_end()) return broken("the response data are malformed");
    into.produced_at = *at;
    for (der::Reader list(answers->content); !list.at_end(); ++into.answers) {
        const auto single = list.next(der::sequence);
        if (!single) return broken("a single response is malformed");
        if (into.answers == 0 && !read_single(into, single->content)) return broken("the single response is malformed");
    }
    if (into.answers == 0) return broken("it answers nothing");
    return {};
}

Result<void> read_basic(OcspFields& into, OctetsView octets) {
    der::Reader file(octets);
    const auto response = file.next(der::sequence);
    if (!response || !file.at_end()) return broken("the basic response is not DER");
    der::Reader fields(response->content);
    const auto data = fields.next(der::sequence), algorithm = fields.next(der::sequence);
    const auto value = fields.next(der::bit_string);
    const auto signature = value ? der::whole_bits(*value) : std::nullopt;
    const auto certificates = fields.optional(der::context_constructed(0));
    if (!data || !algorithm || !signature || !fields.at_end()) return broken("the basic response is malformed");
    into.signed_part = data->whole;
    into.algorithm = algorithm->whole;
    into.signature = *signature;
    if (certificates) {
        der::Reader outer(certificates->content);
        const auto list = outer.next(der::sequence);
        if (!list || !outer.at_end()) return broken("its certificates are malformed");
        for (der::Reader each(list->content); !each.at_end();) {
            const auto certificate = each.next(der::sequence);
            if (!certificate) return broken("its certificates are malformed");
            into.certificates.push_back(certificate->whole);
        }
    }
    return read_response_data(into, data->content);
}

}  // namespace

Result<void> check_ocsp_form(OctetsView octets) {
    if (octets.size() > limits::ocsp_answer_octets)
        return fault(FaultCode::io_error, "An OCSP answer is larger than 64 KiB");
    if (!read_outer(octets)) return fault(FaultCode::io_error, "An OCSP answer is no DER OCSPResponse");
    return {};
}

Result<OcspFields> read_ocsp(OctetsView response) {
    if (auto form = check_ocsp_form(response); !form) return form.error();
    const Outer outer = *read_outer(response);
    OcspFields fields;
    fields.response_status = outer.status;
    fields.trailing_octets = outer.trailing;
    if (outer.status != 0 || !outer.body)
        return fault(FaultCode::internal_error,
                     "Reading an OCSP answer: the responder answered with status " + std::to_string(outer.status));
    der::Reader body(outer.body->content);
    const auto bytes = body.next(der::sequence);
    if (!bytes || !body.at_end()) return broken("the response bytes are malformed");
    der::Reader typed(bytes->content);
    const auto type = typed.next(der::object_identifier), octets = typed.next(der::octet_string);
    if (!type || !octets || !typed.at_end() || der::oid_text(type->content) != basic_response)
        return broken("it holds no basic response");
    if (auto read = read_basic(fields, octets->content); !read) return read.error();
    return fields;
}

Octets cert_id(OctetsView serial_content, const Certificate& issuer) {
    return der::element(der::sequence, {keys::identifier_of(keys::Digest::sha1, true),
                                        der::element(der::octet_string, keys::sha1(issuer.subject_name_der())),
                                        der::element(der::octet_string, keys::sha1(issuer.public_key_bits())),
                                        der::element(der::integer, serial_content)});
}

}  // namespace onceway::x509
