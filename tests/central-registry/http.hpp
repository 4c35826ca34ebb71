// One plain GET, octet by octet, as a test looks at a door.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

namespace onceway::central::tests {

struct Answer {
    int status = 0;
    std::string head, body;
};

/// Asks the door at `url` ("http://127.0.0.1:1234") and reads to the end of the connection.
inline Answer get(std::string_view url, std::string_view target, std::string_view method = "GET") {
    std::uint16_t port = 0;
    const auto digits = url.substr(url.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        ::close(socket);
        throw std::runtime_error("nobody answers");
    }
    const std::string request = std::string(method) + ' ' + std::string(target) +
                                " HTTP/1.1\r\nHost: registry.test\r\nConnection: close\r\n\r\n";
    std::string all;
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
        char room[4096];
        for (ssize_t got; (got = ::recv(socket, room, sizeof room, 0)) > 0;)
            all.append(room, static_cast<std::size_t>(got));
    }
    ::close(socket);
    const auto end = all.find("\r\n\r\n");
    if (end == std::string::npos || all.size() < 12) throw std::runtime_error("no answer: " + all);
    Answer answer{0, all.substr(0, end), all.substr(end + 4)};
    std::from_chars(all.data() + 9, all.data() + 12, answer.status);
    return answer;
}

}  // namespace onceway::central::tests
