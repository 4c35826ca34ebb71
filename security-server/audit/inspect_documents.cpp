// xml, container and configuration: whole documents.
#include "certs/container/asic.hpp"
#include "certs/keys/digest.hpp"
#include "certs/signature/reading.hpp"
#include "schemas/message/hash_chain.hpp"
#include "schemas/registry/documents.hpp"
#include "schemas/xml/document.hpp"
#include "security-server/audit/inspect.hpp"
#include "security-server/audit/verdict.hpp"
#include "security-server/registry-view/verification.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace onceway::audit {
namespace {

namespace json = boost::json;

constexpr std::string_view envelope_space = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr int newest_version = 6;

template <class T>
Result<void> only_fault(const Result<T>& result) {
    if (!result) return result.error();
    return {};
}

Result<void> read_envelope(OctetsView data) {
    auto document = xml::Document::parse(data);
    if (!document) return document.error();
    if (!document->root().is(envelope_space, "Envelope"))
        return fault(FaultCode::invalid_soap, fmt::format("the root element is {}", document->root().qualified_name()));
    return {};
}

Result<void> read_signature(OctetsView data) {
    auto reading = signature::Reading::of(data, signature::Mode::strict);
    if (!reading) return reading.error();
    return reading->check_structure(signature::Mode::strict);
}

/// The reader that the server has for such a document.
Result<void> read_as(std::string_view what, OctetsView data, int version) {
    if (what == "soap") return read_envelope(data);
    if (what == "signature") return read_signature(data);
    if (what == "hash-chain") return only_fault(message::parse_hash_chain(data));
    if (what == "hash-chain-result") return only_fault(message::parse_hash_chain_result(data));
    if (what == "shared") return only_fault(registry::read_shared_parameters(data, version));
    if (what == "private") return only_fault(registry::read_private_parameters(data, version));
    return only_fault(registry::read_anchor(data));
}

bool is_canonicalised(std::string_view what) { return what == "signature" || what.starts_with("hash-chain"); }

xml::Bounds bounds_of(std::string_view what) {
    if (is_canonicalised(what)) return xml::canonical_bounds;
    return what == "soap" ? xml::Bounds{} : xml::configuration_bounds;
}

signature::Mode mode_of(With& with) {
    return with.choice("mode", {"strict", "compatible"}) == "strict" ? signature::Mode::strict
                                                                     : signature::Mode::compatible;
}

/// What the last verified configuration said, when the caller knows.
std::optional<registry_view::Previous> previous_of(With& with) {
    if (!with.has("previous")) return std::nullopt;
    With inner(with.object("previous"));
    registry_view::Previous previous;
    if (const auto expires = inner.optional_time("expires")) previous.expires = *expires;
    previous.version = static_cast<int>(inner.number("version", 2));
    if (inner.trouble()) with.complain("previous", *inner.trouble());
    return previous;
}

std::map<std::string, Octets> parts_of(With& with) {
    std::map<std::string, Octets> parts;
    With inner(with.object("parts"));
    for (const auto& [location, octets] : with.object("parts")) parts[std::string(location)] = inner.octets(location);
    if (inner.trouble()) with.complain("parts", *inner.trouble());
    return parts;
}

json::array parts_json(const registry_view::Configuration& configuration) {
    json::array parts;
    for (const auto& part : configuration.parts)
        parts.push_back(json::object{{"identifier", json_text(part.listed.identifier)},
                                     {"instance", json_text(part.listed.instance)},
                                     {"location", json_text(part.listed.location)},
                                     {"length", part.octets.size()}});
    return parts;
}

}  // namespace

Result<json::value> inspect_xml(OctetsView data, With& with) {
    const std::string as =
        with.choice("as", {"soap", "signature", "hash-chain", "hash-chain-result", "shared", "private", "anchor"});
    const auto version = with.number("version", newest_version);
    if (with.trouble()) return json::value();
    if (auto read = read_as(as, data, static_cast<int>(version)); !read) return read.error();
    auto document = xml::Document::parse(data, bounds_of(as));
    if (!document) return document.error();
    json::object value{{"root", json_text(document->root().qualified_name())},
                       {"namespace", json_text(document->root().space())}};
    auto canonical = document->canonical(document->root(), xml::C14n::inclusive);
    if (!canonical) return canonical.error();
    value["c14n_sha512"] = to_base64(keys::sha512(*canonical));
    return json::value(std::move(value));
}

Result<json::value> inspect_container(OctetsView data, With& with) {
    const std::string conf = with.text("conf");
    const auto mode = mode_of(with);
    const auto at = with.optional_time("at");
    if (with.trouble()) return json::value();
    auto trust = container::load_verification_conf(conf);
    if (!trust) {
        with.complain("conf", trust.error().detail);
        return json::value();
    }
    return json::value(verdict_json("", container::verify_octets(Octets(data), **trust, mode, at)));
}

Result<json::value> inspect_configuration(OctetsView data, With& with) {
    const Octets anchor_document = with.octets("anchor");
    const auto parts = parts_of(with);
    const auto previous = previous_of(with);
    const Instant at = with.time_or_now("at");
    if (with.trouble()) return json::value();
    auto anchor = registry::read_anchor(anchor_document);
    if (!anchor) {
        with.complain("anchor", anchor.error().detail);
        return json::value();
    }
    auto configuration = registry_view::verify(data, registry_view::source_of(*anchor), parts, at, previous);
    if (!configuration) return configuration.error();
    return json::value{{"instance", json_text(configuration->instance)},
                       {"version", configuration->version},
                       {"expires", rfc3339_seconds(configuration->expires)},
                       {"parts", parts_json(*configuration)}};
}

}  // namespace onceway::audit
