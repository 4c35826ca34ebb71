// The arguments of onceway-audit, and its commands on given streams.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace onceway::audit {

/// Runs the program. `arguments` are without its name. Exit status: 0 yes, 1 no, 2 could not tell.
int run(const std::vector<std::string>& arguments, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace onceway::audit
