// The backend as a SOAP information system: it answers with the header elements of the question, as the protocol asks.
#pragma once

#include "certs/channel/server.hpp"

namespace onceway::bench {

/// Answers a question, plain or multipart, with a kibibyte of letters in the body. When the question's body holds an
/// element `octets`, so many are attached to the answer; when it holds `digest`, the answer is number, size and SHA-512
/// of what was attached to the question.
boost::asio::awaitable<void> answer_soap(channel::Exchange& exchange);

/// Answers with the description of that service: its one operation is `measure`, its address where it was asked.
boost::asio::awaitable<void> give_wsdl(channel::Exchange& exchange);

}  // namespace onceway::bench
