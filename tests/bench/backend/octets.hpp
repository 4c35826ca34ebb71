// What the information system at the end of both chains reads and makes: bodies of any size, a kibibyte of text.
#pragma once

#include "certs/channel/server.hpp"
#include "certs/keys/digest.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace onceway::bench {

/// Letters at random, another run of them each time until all were given, so that a log which stores repetitions once
/// gains nothing from them. `size` of at most a kibibyte.
std::string_view letters(std::size_t size);

inline constexpr std::size_t block_octets = 1024 * 1024;
/// The mebibyte `number` of what is made; no two are alike. The reader at the other end makes the same.
std::string block(std::uint64_t number);

/// Writes `size` octets, block by block.
Async<void> write_octets(channel::Exchange& exchange, std::uint64_t size);

/// The number behind `?` of a target.
std::optional<std::uint64_t> number_in(std::string_view target);

boost::asio::awaitable<void> refuse(channel::Exchange& exchange, int status, std::string why);

}  // namespace onceway::bench
