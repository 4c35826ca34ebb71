// onceway-audit: see command_line.cpp for its arguments and certs/container for how it judges.
#include "certs/keys/memory.hpp"
#include "schemas/base/program.hpp"
#include "security-server/audit/command_line.hpp"

#include <iostream>

int main(int argc, char** argv) {
    onceway::keys::watch_memory();
    std::ios::sync_with_stdio(false);
    return onceway::run_program(
        "onceway-audit", [&] { return onceway::audit::run({argv + 1, argv + argc}, std::cin, std::cout, std::cerr); });
}
