// A recorded HTTP message, an exchange folder and the trust to judge it with. Heads are read leniently here, because a
// recording is looked at, not served; our servers' own reader is asked where a replay is about HTTP.
#pragma once

#include "certs/channel/server.hpp"
#include "certs/container/asic.hpp"
#include "schemas/message/http_head.hpp"
#include "schemas/message/mime.hpp"
#include "tests/conformance/replay.hpp"

#include <charconv>

namespace onceway::replay {

struct RecordedHttp {
    std::string start;
    message::Fields fields;
    Octets head;  // with the empty line
    Octets body;  // without transfer coding

    std::string field(std::string_view name) const { return std::string(message::field(fields, name).value_or("")); }
    /// The media type of Content-Type, lower case, without parameters.
    std::string media_type() const {
        const auto type = message::MediaType::parse(field("Content-Type"));
        return type ? type->base : std::string();
    }
};

inline Octets without_chunks(OctetsView coded) {
    Octets body;
    message::ChunkedReader reader;
    while (!coded.empty()) {
        const auto step = reader.take(coded);
        if (!step) break;
        body += step->data;
        coded.remove_prefix(step->consumed);
        if (step->ended || step->consumed == 0) break;
    }
    return body;
}

/// `name`.http and, where it is there, `name`.body. None when the message does not exist.
inline std::optional<RecordedHttp> read_http(const fs::path& folder, const std::string& name) {
    const auto octets = tests::contents_of(folder / (name + ".http"));
    const auto end = octets.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    RecordedHttp http;
    http.head = octets.substr(0, end + 4);
    std::size_t at = http.head.find("\r\n");
    http.start = http.head.substr(0, at);
    for (at += 2; at < end;) {
        const auto line_end = http.head.find("\r\n", at);
        const auto line = std::string_view(http.head).substr(at, line_end - at);
        const auto colon = std::min(line.find(':'), line.size());
        auto value = line.substr(std::min(colon + 1, line.size()));
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
        http.fields.emplace_back(line.substr(0, colon), value);
        at = line_end + 2;
    }
    if (fs::exists(folder / (name + ".body")))
        http.body = tests::contents_of(folder / (name + ".body"));
    else if (same_ignoring_case(http.field("Transfer-Encoding"), "chunked"))
        http.body = without_chunks(octets.substr(end + 4));
    else
        http.body = octets.substr(end + 4);
    return http;
}

/// The certificates that a consumer's server presented, leaf first.
std::vector<x509::Certificate> presented_chain(const fs::path& vectors, const json::value& facts);

/// One exchange folder.
struct RecordedExchange {
    fs::path folder;
    std::string group, name;  // "negative", "neg-request-…"
    json::value facts;
    Instant at;
    std::shared_ptr<const x509::Trust> trust;
    std::vector<x509::Certificate> chain;

    bool soap() const { return text_of(facts, "protocol") == "soap"; }
    std::string tampered() const { return text_of(facts, "tampered"); }
    /// `facts[outer][inner]`, empty when it is not there.
    std::string fact(std::string_view outer, std::string_view inner) const {
        const auto* found = facts.as_object().if_contains(outer);
        return found ? text_of(*found, inner) : std::string();
    }
    std::optional<RecordedHttp> http(const std::string& message) const { return read_http(folder, message); }
};

inline std::vector<x509::Certificate> presented_chain(const fs::path& vectors, const json::value& facts) {
    std::string leaf = "trust/pki/auth-ss1.crt.der";
    if (const auto* tls = facts.as_object().if_contains("tls")) leaf = text_of(*tls, "clientCertificate", leaf);
    std::vector<fs::path> files{leaf};
    const auto trust = read_json(vectors / "trust/trust.json");
    for (const auto& server : trust.at("securityServers").as_array())
        if ("trust/" + text_of(server, "authenticationCertificate") == leaf)
            for (const auto& file : server.at("chain").as_array())
                files.push_back("trust" / fs::path(std::string(file.as_string())));
    std::vector<x509::Certificate> chain;
    for (const auto& file : files)
        chain.push_back(tests::must(x509::Certificate::from_der(tests::contents_of(vectors / file))));
    return chain;
}

/// Every exchange of the folder, whatever it is called.
inline std::vector<RecordedExchange> exchanges_of(const fs::path& vectors) {
    std::map<std::string, std::shared_ptr<const x509::Trust>> trusts;
    std::vector<RecordedExchange> found;
    for (const auto* group : {"exchanges", "negative", "other-configuration"})
        for (const auto& folder : folders_in(vectors / group)) {
            RecordedExchange exchange{
                folder, group, folder.filename().string(), read_json(folder / "exchange.json"), {}, {}, {}};
            const auto configuration = text_of(exchange.facts, "globalConfiguration", "trust/globalconf");
            auto& trust = trusts[configuration];
            if (!trust) trust = tests::must(container::load_verification_conf(vectors / configuration));
            exchange.trust = trust;
            exchange.at = tests::must(parse_rfc3339(text_of(exchange.facts, "judgeTime")));
            exchange.chain = presented_chain(vectors, exchange.facts);
            found.push_back(std::move(exchange));
        }
    return found;
}

}  // namespace onceway::replay
