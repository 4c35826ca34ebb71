// The words of `onceway-adapter` and their help.
#pragma once

namespace onceway::database {

/// Reads the command line, does what it says, and gives the exit status: 0 yes or done, 1 no or refused, 2 could not
/// tell.
int command_line(int argc, char** argv);

}  // namespace onceway::database
