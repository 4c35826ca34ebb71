// onceway-pilot: see command_line.cpp for its arguments and service.cpp for how it answers.
#include "certs/pilot/commands.hpp"
#include "schemas/base/program.hpp"

int main(int argc, char** argv) {
    return onceway::run_program("onceway-pilot", [&] { return onceway::pilot::run(argc, argv); });
}
