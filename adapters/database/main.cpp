// onceway-adapter: puts a database on the bus from a declaration, with no code.
#include "adapters/database/command_line.hpp"
#include "schemas/base/program.hpp"

int main(int argc, char** argv) {
    return onceway::run_program("onceway-adapter", [&] { return onceway::database::command_line(argc, argv); });
}
