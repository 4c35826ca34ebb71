// Second opinions: runs a program of the system, such as `openssl`, and takes what it says.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace onceway::tests {

struct ToolOutcome {
    int status = -1;
    std::string output;  // stdout and stderr as they came
};

/// Runs `words` without a shell reading them: each is quoted.
inline ToolOutcome run_tool(const std::vector<std::string>& words) {
    std::string command;
    for (const std::string& word : words) {
        std::string quoted = "'";
        for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
        command += quoted + "' ";
    }
    FILE* pipe = ::popen((command + "2>&1 </dev/null").c_str(), "r");
    if (!pipe) throw std::runtime_error("no tool could be started");
    ToolOutcome outcome;
    std::array<char, 4096> room;
    while (const auto got = std::fread(room.data(), 1, room.size(), pipe)) outcome.output.append(room.data(), got);
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

}  // namespace onceway::tests
