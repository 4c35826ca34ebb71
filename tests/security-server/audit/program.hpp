// onceway-audit run inside a test: arguments and standard input in, output and status out.
#pragma once

#include "security-server/audit/command_line.hpp"

#include <boost/json.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace onceway::tests {

struct Ran {
    int status;
    std::string out, err;

    std::vector<boost::json::object> lines() const {
        std::vector<boost::json::object> lines;
        std::istringstream text(out);
        for (std::string line; std::getline(text, line);) {
            const boost::json::value parsed = boost::json::parse(line);
            lines.push_back(parsed.as_object());
        }
        return lines;
    }
    boost::json::object line() const { return lines().at(0); }
};

inline Ran onceway_audit(std::vector<std::string> arguments, const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out, err;
    const int status = onceway::audit::run(arguments, in, out, err);
    return {status, out.str(), err.str()};
}

}  // namespace onceway::tests
