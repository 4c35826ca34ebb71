#include "tests/security-server/hostile_soap.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <stdexcept>

namespace onceway::tests {

namespace hostile_soap {

namespace {

const std::string client =
    R"(<xro:client id:objectType="SUBSYSTEM"><id:xRoadInstance>ZA</id:xRoadInstance><id:memberClass>GOV</id:memberClass><id:memberCode>101</id:memberCode><id:subsystemCode>tax</id:subsystemCode></xro:client>)";
const std::string service =
    R"(<xro:service id:objectType="SERVICE"><id:xRoadInstance>ZA</id:xRoadInstance><id:memberClass>GOV</id:memberClass><id:memberCode>202</id:memberCode><id:subsystemCode>roads</id:subsystemCode><id:serviceCode>getPermit</id:serviceCode></xro:service>)";
const std::string server =
    R"(<xro:securityServer id:objectType="SERVER"><id:xRoadInstance>ZA</id:xRoadInstance><id:memberClass>GOV</id:memberClass><id:memberCode>202</id:memberCode><id:serverCode>ss2</id:serverCode></xro:securityServer>)";
const std::string party =
    R"(<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd"><r:partyClass>COM</r:partyClass><r:partyCode>UNKNOWN</r:partyCode></r:representedParty>)";
const std::string header = "<soapenv:Header>" + client + service +
                           "<xro:userId>ZA123</xro:userId><xro:id>id-1</xro:id><xro:protocolVersion>4.0</"
                           "xro:protocolVersion></soapenv:Header>";
const std::string body = R"(<p:getPermit xmlns:p="urn:permits"><p:plate>CA 123</p:plate></p:getPermit>)";
constexpr std::string_view open =
    R"(<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xro="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">)";

std::string around(std::string_view content) {
    return fmt::format("{}{}<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>", open, header, content);
}

std::string multipart() {
    return "--b1\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <envelope>\r\n\r\n" + envelope() +
           "\r\n--b1\r\nContent-Type: text/plain\r\nContent-ID: <a1>\r\n\r\nfirst attachment"
           "\r\n--b1\r\nContent-Type: application/octet-stream\r\nContent-ID: <a2>\r\n\r\nsecond "
           "attachment\r\n--b1--\r\n";
}

/// `depth` multiparts, one in another, with a text in the innermost.
std::string nested(std::size_t depth, std::size_t number = 1) {
    if (number > depth) return "\r\nContent-Type: text/plain\r\n\r\ninnermost";
    return fmt::format("\r\nContent-Type: multipart/mixed; boundary=n{0}\r\n\r\n--n{0}{1}\r\n--n{0}--", number,
                       nested(depth, number + 1));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// One side of a change, as octets.
std::string meant(std::string_view side) {
    std::string text(side);
    const std::pair<std::string_view, std::string> names[] = {
        {"{chunked:{E}}", fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", envelope().size(), envelope())},
        {"{E}", envelope()},
        {"{A}", answer()},
        {"{M}", multipart()},
        {"{client}", client},
        {"{service}", service},
        {"{server}", server},
        {"{party}", party},
        {"{header}", header},
        {"{body}", body}};
    text = expanded(text, {});
    for (const auto& [name, octets] : names) replace_all(text, name, octets);
    if (const auto at = text.find("{nest:"); at != text.npos)
        text.replace(at, text.find('}', at) + 1 - at, nested(std::stoul(text.substr(at + 6))));
    return text;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// Takes what stands in front of the next `mark`.
std::string_view take(std::string_view& text, std::string_view mark) {
    const auto end = std::min(text.find(mark), text.size());
    const auto taken = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + mark.size(), text.size()));
    return taken;
}

/// The body of a request in UTF-16 or UTF-32; its octets are ASCII so far, but for a mark.
std::string encoded(const std::string& request, std::string_view how) {
    const bool mark = how.ends_with("+bom"), great_first = how.find("be") != how.npos;
    const std::size_t width = how.starts_with("@utf32") ? 4 : 2;
    const auto begin = request.find("\r\n\r\n") + 4;
    std::string out = request.substr(0, begin);
    const auto put = [&](std::uint32_t unit) {
        for (std::size_t i = 0; i < width; ++i)
            out += static_cast<char>(unit >> (great_first ? 8 * (width - 1 - i) : 8 * i) & 0xff);
    };
    if (mark) put(0xfeff);
    for (const char c : request.substr(begin)) put(static_cast<unsigned char>(c));
    return out;
}

bool change(std::string& text, std::string_view from, const std::string& to) {
    constexpr std::string_view rest = "{rest}";
    const bool to_the_end = from.ends_with(rest);
    if (to_the_end) from.remove_suffix(rest.size());
    const auto what = meant(from);
    const auto at = text.find(what);
    if (at == text.npos || what.empty()) return false;
    text.replace(at, to_the_end ? text.npos : what.size(), to);
    return true;
}

std::string applied(std::string text, std::string_view changes, bool all) {
    if (!all && changes.find('@') != changes.npos) return text;  // an answer of ours is in UTF-8
    while (!changes.empty()) {
        auto one = take(changes, "&&");
        if (one.starts_with('@')) {
            text = encoded(text, one);
            continue;
        }
        const auto from = take(one, "=>");
        if (!change(text, from, meant(trimmed(one))) && all)
            throw std::runtime_error(fmt::format("a row changes what is not there: {}", from));
    }
    return text;
}

}  // namespace

std::string envelope() { return around(body); }

std::string answer() {
    return around(R"(<p:getPermitResponse xmlns:p="urn:permits"><p:valid>true</p:valid></p:getPermitResponse>)");
}

std::string question(std::string_view kind) {
    const bool attached = kind == "swa";
    return fmt::format(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: {}\r\nSOAPAction: \"\"\r\nConnection: close\r\n\r\n{}",
        attached ? R"(multipart/related; type="text/xml"; boundary=b1)" : "text/xml; charset=UTF-8",
        attached ? multipart() : envelope());
}

std::string changed(std::string text, std::string_view changes) { return applied(std::move(text), changes, true); }

std::string changed_where_possible(std::string text, std::string_view changes) {
    return applied(std::move(text), changes, false);
}

Sendable sendable(std::string request) {
    const auto empty_line = request.find("\r\n\r\n");
    Sendable made{std::move(request), {}, false};
    made.body = made.octets.substr(empty_line + 4);
    const auto head = std::string_view(made.octets).substr(0, empty_line);
    made.end = head.find("Content-Length:") != head.npos;
    if (!made.end && head.find("Transfer-Encoding:") == head.npos)
        made.octets.insert(empty_line, fmt::format("\r\nContent-Length: {}", made.body.size()));
    return made;
}

}  // namespace hostile_soap

HostileSoapWorld::HostileSoapWorld(World::Wishes wishes) : world(std::move(wishes)) {
    const auto url = fmt::format("http://127.0.0.1:{}/permits", world.service_door->port());
    world.change_owner([&](access::Client& owner) {
        owner.services.push_back({.code = "getPermit", .type = access::ServiceType::wsdl, .url = url});
        owner.rights.push_back({{.kind = access::Subject::Kind::client, .client = World::client()}, "getPermit"});
    });
    answer_with(hostile_soap::answer());
}

Aim HostileSoapWorld::consumer() const { return {"127.0.0.1", world.consumer_door->port(), nullptr}; }

void HostileSoapWorld::answer_with(std::string octets) {
    world.answer_with({200, {{"Content-Type", "text/xml; charset=UTF-8"}}, std::move(octets)});
}

std::string between(std::string_view text, std::string_view before, std::string_view behind) {
    const auto at = text.find(before);
    if (at == text.npos) return {};
    const auto begin = at + before.size();
    return std::string(text.substr(begin, text.find(behind, begin) - begin));
}

}  // namespace onceway::tests
