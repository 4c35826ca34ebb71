// What the parts of a message are called inside its signature.
#pragma once

#include <string_view>

namespace onceway::signature {

inline constexpr std::string_view message_name = "/message.xml";
inline constexpr std::string_view attachment_name = "/attachment";  // with a number from 1 behind it
inline constexpr std::string_view chain_result_name = "/sig-hashchainresult.xml";
inline constexpr std::string_view chain_name = "/sig-hashchain.xml";

}  // namespace onceway::signature
