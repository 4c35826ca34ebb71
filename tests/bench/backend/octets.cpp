#include "tests/bench/backend/octets.hpp"

#include <charconv>
#include <random>
#include <vector>

namespace onceway::bench {

std::string block(std::uint64_t number) {
    static const std::string usual = [] {
        std::string made(block_octets, ' ');
        for (std::size_t i = 0; i < block_octets; ++i) made[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
        return made;
    }();
    auto made = usual;
    for (std::size_t i = 0; i < 8; ++i) made[i] = static_cast<char>(number >> (56 - 8 * i) & 0xff);
    return made;
}

std::string_view letters(std::size_t size) {
    static const std::vector<std::string> prepared = [] {
        constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        std::minstd_rand draw;
        std::vector<std::string> all(512);
        for (auto& text : all)
            while (text.size() < 1024) text += alphabet[draw() / 64 % alphabet.size()];
        return all;
    }();
    thread_local std::size_t next = 0;
    return std::string_view(prepared[next++ % prepared.size()]).substr(0, size);
}

Async<void> write_octets(channel::Exchange& exchange, std::uint64_t size) {
    for (std::uint64_t number = 0, left = size; left > 0; ++number) {
        const auto whole = block(number);
        const auto piece = OctetsView(whole).substr(0, std::min<std::uint64_t>(left, block_octets));
        auto written = co_await exchange.write(piece);
        if (!written) co_return written.error();
        left -= piece.size();
    }
    co_return Result<void>();
}

std::optional<std::uint64_t> number_in(std::string_view target) {
    const auto mark = target.find('?');
    const auto given = mark == target.npos ? target.substr(target.size()) : target.substr(mark + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (given.empty() || error != std::errc{} || end != given.data() + given.size()) return std::nullopt;
    return number;
}

boost::asio::awaitable<void> refuse(channel::Exchange& exchange, int status, std::string why) {
    const message::Fields text{{"Content-Type", "text/plain"}};
    auto responded = co_await exchange.respond(status, "Refused", text, why);
    if (!responded) exchange.close_after();
}

}  // namespace onceway::bench
