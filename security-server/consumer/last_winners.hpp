// Which of several addresses answered last.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace onceway::consumer {

/// The winner of each set of addresses, remembered for an hour. Rule: message-transport §3.2, 4.
class LastWinners {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// One name for a set, whatever its order.
    static std::string name_of(std::vector<std::string> addresses);
    void forget(const std::string& set) { winners_.erase(set); }
    void won(const std::string& set, const std::string& address, Time now = std::chrono::steady_clock::now());
    /// Moves the remembered winner to the front; false when none is remembered.
    bool to_front(const std::string& set, std::vector<std::string>& addresses,
                  Time now = std::chrono::steady_clock::now()) const;

private:
    struct Winner {
        std::string address;
        Time until;
    };
    std::map<std::string, Winner> winners_;
};

}  // namespace onceway::consumer
