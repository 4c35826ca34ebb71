// The auditor's inspectors: the kind on the first line, then one question a line, as `inspect --batch` reads them.
#include "security-server/audit/command_line.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json.hpp>
#include <cstdlib>
#include <sstream>

ONCEWAY_FUZZ(inspect) {
    const auto cut = input.find('\n');
    if (cut == OctetsView::npos || cut == 0 || input.front() == '-') return;
    std::istringstream questions{std::string(input.substr(cut + 1))};
    std::ostringstream answers, complaints;
    const std::vector<std::string> arguments{"inspect", std::string(input.substr(0, cut)), "--batch"};
    if (audit::run(arguments, questions, answers, complaints) != 0) return;
    std::istringstream lines(answers.str());
    for (std::string line; std::getline(lines, line);) {
        const auto verdict = boost::json::parse(line).as_object().at("verdict").as_string();
        if (verdict != "valid" && verdict != "invalid" && verdict != "unknown") std::abort();
    }
}
