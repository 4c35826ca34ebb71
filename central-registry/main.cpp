// onceway-registry: see admin/command_line.cpp for its arguments and admin/serve.cpp for the tour.
#include "central-registry/admin/commands.hpp"
#include "schemas/base/program.hpp"

int main(int argc, char** argv) {
    return onceway::run_program("onceway-registry", [&] { return onceway::central::run(argc, argv); });
}
