// The operator's own judge of WSDL documents: a command that is given a file.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace onceway::descriptions {

struct Validator {
    std::vector<std::string> command;  // program and arguments; empty: there is none
    std::filesystem::path folder;      // for the document while it is looked at
    std::chrono::milliseconds within{60'000};
};

/// Runs the command with the name of a file behind its arguments: no shell, no input, a process group of its own that
/// ends with the time. The lines that it wrote to stderr are its warnings when it exits with 0; at most 64 KiB of
/// output are kept. Blocks. Faults: `invalid_argument` (invalid_wsdl: another exit status, with what it wrote),
/// `io_error` (it cannot be run), `timed_out`. Rule: server-services §2.3, kept in docs/conformance/server-services.md
/// as 25.
Result<std::vector<std::string>> validate(const Validator& validator, OctetsView document);

}  // namespace onceway::descriptions
