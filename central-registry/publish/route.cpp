#include "central-registry/publish/route.hpp"

#include "certs/channel/threads.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::central {
namespace {

using boost::asio::awaitable;

constexpr std::string_view digits = "0123456789";

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

/// The version that a query asks for.
std::string version_of(std::string_view query) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto parameter = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (!parameter.starts_with("version=")) continue;
        const auto value = parameter.substr(8);
        return all_digits(value) && value.size() < 6 ? std::string(value) : "2";
    }
    return "2";
}

/// "/V6/<23 digits>/<name>.xml", and nothing that only looks like it.
bool is_content(std::string_view path) {
    if (!path.starts_with("/V")) return false;
    path.remove_prefix(2);
    const auto first = path.find('/'), second = path.find('/', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return false;
    const auto version = path.substr(0, first), folder = path.substr(first + 1, second - first - 1),
               name = path.substr(second + 1);
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
    return all_digits(version) && version.size() < 3 && all_digits(folder) && folder.size() == 23 &&
           name.ends_with(".xml") && name.size() < 64 && std::ranges::all_of(name.substr(0, name.size() - 4), plain);
}

const message::Fields directory_fields{{"Content-Type", "text/plain;charset=utf-8"},
                                       {"Cache-Control", "no-cache"},
                                       {"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}};
const message::Fields content_fields{{"Content-Type", "text/xml;charset=utf-8"}};
const message::Fields plain_fields{{"Content-Type", "text/plain;charset=utf-8"}};
const message::Fields only_get{{"Content-Type", "text/plain;charset=utf-8"}, {"Allow", "GET"}};

awaitable<void> answer(std::shared_ptr<const std::filesystem::path> root, channel::Exchange& exchange) {
    if (exchange.head().method != "GET") {
        exchange.close_after();
        [[maybe_unused]] const auto sent = co_await exchange.respond(405, "Method Not Allowed", only_get, "GET only\n");
        co_return;
    }
    const auto file = file_for(exchange.head().target);
    Result<Octets> octets = fault(FaultCode::not_found, "no such file");
    if (!file.empty()) {
        const auto path = *root / file;
        const std::function<void()> read = [&] { octets = store::read_whole(path, limits::configuration_part_octets); };
        co_await channel::on_disk_pool(read);
    }
    if (!octets) {
        log::debug("configuration.not_found", {{"target", exchange.head().target}, {"peer", exchange.peer_address()}});
        [[maybe_unused]] const auto sent = co_await exchange.respond(404, "Not Found", plain_fields, "not found\n");
        co_return;
    }
    log::debug("configuration.served", {{"file", file}, {"peer", exchange.peer_address()}});
    const auto& fields = file.ends_with(".xml") ? content_fields : directory_fields;
    [[maybe_unused]] const auto sent = co_await exchange.respond(200, "OK", fields, *octets);
}

}  // namespace

std::string file_for(std::string_view target) {
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    const auto query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
    if (path == "/internalconf" || path == "/externalconf") return fmt::format("V{}{}", version_of(query), path);
    if (is_content(path)) return std::string(path.substr(1));
    return {};
}

channel::Route configuration_route(std::filesystem::path root) {
    auto shared = std::make_shared<const std::filesystem::path>(std::move(root));
    return [shared](channel::Exchange& exchange) { return answer(shared, exchange); };
}

}  // namespace onceway::central
