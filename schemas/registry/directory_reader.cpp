// The signed directory, cut into octets: nothing is re-serialised. Rule: global-configuration §2.4, §2.5, §2.7.
#include "schemas/base/limits.hpp"
#include "schemas/message/mime.hpp"
#include "schemas/registry/documents.hpp"

#include <fmt/format.h>

#include <charconv>

namespace onceway::registry {
namespace {

using message::Fields;

Fault malformed(std::string_view why) {
    return fault(FaultCode::malformed_global_conf, fmt::format("Reading the signed directory: {}", why));
}
Fault missing(std::string_view what) {
    return fault(FaultCode::global_conf_header_field_missing,
                 fmt::format("Reading the signed directory: {} is missing", what));
}

/// One part as it lies in the body.
struct Piece {
    Fields headers;
    Octets octets;
};

class Collector : public message::MimeSink {
public:
    std::vector<Piece> pieces;

private:
    Result<void> part_begins(const Fields& headers) override {
        pieces.push_back({headers, {}});
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        pieces.back().octets += octets;
        return {};
    }
    Result<void> part_ends() override { return {}; }
};

Result<std::vector<Piece>> split(OctetsView multipart, std::string_view content_type) {
    auto boundary = message::boundary_of(content_type);
    if (!boundary) return malformed(boundary.error().detail);
    Collector collector;
    message::MimeReader reader(*boundary, message::MimeRules::configuration, collector);
    auto outcome = reader.feed(multipart);
    // A last line without line break is a line as well: a delimiter into which headers run may be the last of all.
    if (outcome && !multipart.ends_with('\n')) outcome = reader.feed("\n");
    if (outcome) outcome = reader.end();
    if (!outcome) return malformed(outcome.error().detail);
    return std::move(collector.pieces);
}

/// The body is a whole MIME entity; this is its own header block and what follows it.
struct Entity {
    std::string content_type;
    OctetsView content;
};

Result<Entity> entity_of(OctetsView body) {
    std::string content_type;
    bool found = false, continues = false;
    while (true) {
        const auto end = body.find('\n');
        if (end == OctetsView::npos) return malformed("its header block does not end");
        auto line = body.substr(0, end);
        body.remove_prefix(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) break;
        if (line[0] == ' ' || line[0] == '\t') {
            if (continues) content_type += line;
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return malformed("its header block holds a line without colon");
        continues = same_ignoring_case(line.substr(0, colon), "Content-Type");
        if (continues && found) return malformed("it has two Content-Type fields");
        if (continues) {
            content_type = line.substr(colon + 1);
            found = true;
        }
    }
    if (!found) return missing("the Content-Type in front of its parts");
    return Entity{std::move(content_type), body};
}

/// The value of a field that must be there once.
Result<std::string> required(const Fields& headers, std::string_view name) {
    if (message::count_fields(headers, name) > 1) return malformed(fmt::format("field {} stands twice", name));
    const auto value = message::field(headers, name);
    if (!value || value->empty()) return missing(fmt::format("field {}", name));
    return std::string(*value);
}

Result<void> require_fixed(const Fields& headers, std::string_view name, std::string_view wanted) {
    auto value = required(headers, name);
    if (!value) return std::move(value).error();
    if (*value != wanted)
        return malformed(fmt::format("field {} is '{}' in place of '{}'", name, value->substr(0, 80), wanted));
    return {};
}

Result<void> require_binary(const Fields& headers) {
    auto type = require_fixed(headers, "Content-Type", "application/octet-stream");
    return type ? require_fixed(headers, "Content-Transfer-Encoding", "base64") : type;
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// `value; name="parameter"`, with quotes of either kind or none; an absent parameter is empty.
struct Parameterised {
    std::string value, parameter;
};

Parameterised split_parameter(std::string_view text, std::string_view name) {
    Parameterised found{std::string(trimmed(text.substr(0, text.find(';')))), {}};
    while (text.find(';') != std::string_view::npos) {
        text.remove_prefix(text.find(';') + 1);
        const auto piece = trimmed(text.substr(0, text.find(';')));
        const auto equals = piece.find('=');
        if (equals == std::string_view::npos || trimmed(piece.substr(0, equals)) != name) continue;
        auto value = trimmed(piece.substr(equals + 1));
        const bool quoted = value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0];
        found.parameter = quoted ? value.substr(1, value.size() - 2) : value;
        break;
    }
    return found;
}

Result<Octets> decoded(std::string_view text, std::string_view what) {
    auto octets = from_spaced_base64(text);
    if (!octets) return malformed(fmt::format("{}: {}", what, octets.error().detail));
    return octets;
}

/// The first inner part: expiry and version.
Result<void> read_facts(const Fields& headers, Directory& directory) {
    auto expires = required(headers, "Expire-date");
    if (!expires) return std::move(expires).error();
    auto at = parse_rfc3339(*expires);
    if (!at) return malformed(fmt::format("Expire-date {}", at.error().detail));
    directory.expires = *at;
    if (message::count_fields(headers, "Version") == 0) return {};  // it is 2 then
    auto version = required(headers, "Version");
    if (!version) return std::move(version).error();
    const auto [end, error] = std::from_chars(version->data(), version->data() + version->size(), directory.version);
    if (error != std::errc{} || end != version->data() + version->size() || directory.version < 2 ||
        directory.version > 6)
        return malformed(fmt::format("Version '{}' is unknown (2 to 6 are)", version->substr(0, 20)));
    return {};
}

Result<DirectoryPart> read_part(const Piece& piece) {
    if (auto binary = require_binary(piece.headers); !binary) return binary.error();
    DirectoryPart part;
    if (message::count_fields(piece.headers, "Content-Identifier") > 0) {
        auto text = required(piece.headers, "Content-Identifier");
        if (!text) return std::move(text).error();
        auto [identifier, instance] = split_parameter(*text, "instance");
        if (instance.empty() && (identifier == "PRIVATE-PARAMETERS" || identifier == "SHARED-PARAMETERS"))
            return missing(fmt::format("parameter instance of Content-Identifier {}", identifier));
        part.identifier = std::move(identifier);
        part.instance = std::move(instance);
    }
    auto location = required(piece.headers, "Content-Location");
    if (!location) return std::move(location).error();
    part.location = std::move(*location);
    auto algorithm = required(piece.headers, "Hash-Algorithm-Id");
    if (!algorithm) return std::move(algorithm).error();
    part.digest_uri = std::move(*algorithm);
    auto digest = decoded(piece.octets, fmt::format("the digest of {}", part.location.substr(0, 100)));
    if (!digest) return std::move(digest).error();
    part.digest = std::move(*digest);
    return part;
}

/// The second outer part: who signed, and how.
Result<void> read_signature(const Piece& piece, Directory& directory) {
    if (auto binary = require_binary(piece.headers); !binary) return binary;
    auto algorithm = required(piece.headers, "Signature-Algorithm-Id");
    if (!algorithm) return std::move(algorithm).error();
    directory.signature_algorithm = std::move(*algorithm);
    auto text = required(piece.headers, "Verification-certificate-hash");
    if (!text) return std::move(text).error();
    auto [digest, uri] = split_parameter(*text, "hash-algorithm-id");
    if (uri.empty()) return missing("parameter hash-algorithm-id of Verification-certificate-hash");
    directory.certificate_digest_uri = std::move(uri);
    auto certificate = decoded(digest, "Verification-certificate-hash");
    if (!certificate) return std::move(certificate).error();
    directory.certificate_digest = std::move(*certificate);
    auto signature = decoded(piece.octets, "the signature");
    if (!signature) return std::move(signature).error();
    directory.signature = std::move(*signature);
    return {};
}

}  // namespace

Result<Directory> read_directory(OctetsView body) {
    if (body.size() > limits::configuration_directory_octets)
        return fault(FaultCode::too_large, fmt::format("Reading the signed directory: it has more than {} octets",
                                                       limits::configuration_directory_octets));
    // 1. Two outer parts: what was signed, octet by octet, and the signature.
    auto entity = entity_of(body);
    if (!entity) return std::move(entity).error();
    auto outer = split(entity->content, entity->content_type);
    if (!outer) return std::move(outer).error();
    if (outer->size() < 2)
        return fault(FaultCode::global_conf_missing_signed_data_expiration_date,
                     "Reading the signed directory: signed data or signature is missing; it was cut off on its way");
    if (outer->size() > 2) {
        auto second = require_binary((*outer)[1].headers);
        return second ? malformed("it has more than signed data and signature") : std::move(second).error();
    }
    Directory directory;
    if (auto read = read_signature((*outer)[1], directory); !read) return read.error();

    // 2. The signed octets are a multipart of their own; its first part has no content.
    auto inner_type = required((*outer)[0].headers, "Content-Type");
    if (!inner_type) return std::move(inner_type).error();
    directory.signed_octets = std::move((*outer)[0].octets);
    auto inner = split(directory.signed_octets, *inner_type);
    if (!inner) return std::move(inner).error();
    if (inner->empty()) return missing("field Expire-date");
    if (auto facts = read_facts(inner->front().headers, directory); !facts) return facts.error();

    // 3. Every further part names one file.
    for (std::size_t i = 1; i < inner->size(); ++i) {
        auto part = read_part((*inner)[i]);
        if (!part) return std::move(part).error();
        directory.parts.push_back(std::move(*part));
    }
    return directory;
}

}  // namespace onceway::registry
