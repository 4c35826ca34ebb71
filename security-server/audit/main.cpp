// onceway-audit: see command_line.cpp for its arguments and certs/container for how it judges.
#include "security-server/audit/command_line.hpp"

#include <iostream>

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    return onceway::audit::run({argv + 1, argv + argc}, std::cin, std::cout, std::cerr);
}
