// http-head and mime: what arrives on a connection, before anybody knows what it means.
#include "certs/keys/digest.hpp"
#include "schemas/message/http_head.hpp"
#include "schemas/message/mime.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/audit/inspect.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace onceway::audit {
namespace {

namespace json = boost::json;

json::array fields_of(const message::Fields& fields) {
    json::array list;
    for (const auto& [name, value] : fields)
        list.push_back(json::array{json_text(name), json_text(message::from_latin1(value))});
    return list;
}

std::string_view name_of(message::Framing::Kind kind) {
    switch (kind) {
        case message::Framing::Kind::none:
            return "none";
        case message::Framing::Kind::length:
            return "length";
        case message::Framing::Kind::chunked:
            return "chunked";
        case message::Framing::Kind::until_close:
            return "until_close";
    }
    return "none";
}

void add_framing(json::object& to, const message::Framing& framing) {
    to["framing"] = name_of(framing.kind);
    if (framing.kind == message::Framing::Kind::length) to["length"] = framing.length;
}

/// One part, with its own parts when it is a multipart.
struct SplitPart {
    std::string type;
    std::uint64_t length = 0;
    keys::Hasher hasher{keys::Digest::sha512};
    Octets nested;  // octets of a multipart, to be split in turn
};

/// Splits a multipart as a receiver would, one level after another.
class Splitter : public message::MimeSink {
public:
    Splitter(message::MimeRules rules, std::size_t depth) : rules_(rules), depth_(depth) {}

    static Result<json::array> split(std::string_view content_type, OctetsView body, message::MimeRules rules,
                                     std::size_t depth) {
        if (depth > limits::mime_depth)
            return fault(FaultCode::mime_parsing_failed,
                         fmt::format("multiparts are nested more than {} deep", limits::mime_depth));
        auto boundary = message::boundary_of(content_type);
        if (!boundary) return boundary.error();
        Splitter splitter(rules, depth);
        message::MimeReader reader(*boundary, rules, splitter);
        if (auto fed = reader.feed(body); !fed) return fed.error();
        if (auto ended = reader.end(); !ended) return ended.error();
        return std::move(splitter.parts_);
    }

private:
    Result<void> part_begins(const message::Fields& headers) override {
        current_ = SplitPart{};
        current_.type = message::field(headers, "content-type").value_or("");
        const auto media = message::MediaType::parse(current_.type);
        multipart_ = media && media->base.starts_with("multipart/");
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        current_.length += octets.size();
        current_.hasher.feed(octets);
        if (multipart_) current_.nested += octets;
        return {};
    }
    Result<void> part_ends() override {
        json::object part{{"type", json_text(current_.type)},
                          {"length", current_.length},
                          {"sha512", to_base64(current_.hasher.value())}};
        if (multipart_) {
            auto inner = split(current_.type, current_.nested, rules_, depth_ + 1);
            if (!inner) return inner.error();
            part["parts"] = std::move(*inner);
        }
        parts_.push_back(std::move(part));
        return {};
    }

    message::MimeRules rules_;
    std::size_t depth_;
    SplitPart current_;
    bool multipart_ = false;
    json::array parts_;
};

}  // namespace

Result<json::value> inspect_http_head(OctetsView data, With& with) {
    const std::string side = with.choice("side", {"server", "client"});
    const std::string port = with.choice("port", {"information_system", "peer"});
    if (with.trouble()) return json::value();
    message::HeadRules rules;
    rules.refuse_repeated_x_road = side == "server" && port == "information_system";
    const OctetsView head = data.substr(0, message::head_end(data).value_or(data.size()));
    json::object value;
    if (side == "server") {
        auto request = message::parse_request_head(head, rules);
        if (!request) return request.error();
        value = {{"method", json_text(request->method)},
                 {"target", json_text(request->target)},
                 {"headers", fields_of(request->fields)}};
        add_framing(value, request->framing);
        value["keep_alive"] = request->keep_alive;
        return json::value(std::move(value));
    }
    auto response = message::parse_response_head(head, rules);
    if (!response) return response.error();
    value = {{"status", response->status},
             {"reason", json_text(message::from_latin1(response->reason))},
             {"headers", fields_of(response->fields)}};
    add_framing(value, response->framing);
    value["keep_alive"] = response->keep_alive;
    return json::value(std::move(value));
}

Result<json::value> inspect_mime(OctetsView data, With& with) {
    const std::string content_type = with.text("content_type");
    const std::string side = with.choice("side", {"peer", "configuration"});
    if (with.trouble()) return json::value();
    const auto rules = side == "peer" ? message::MimeRules::peer : message::MimeRules::configuration;
    auto parts = Splitter::split(content_type, data, rules, 1);
    if (!parts) return parts.error();
    return json::value{{"parts", std::move(*parts)}};
}

}  // namespace onceway::audit
