#include "security-server/doctor/report.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace onceway::doctor {
namespace {

namespace json = boost::json;
constexpr std::array marks{"ok      ", "WARNING ", "FAILED  ", "UNKNOWN "};

std::size_t count(const std::vector<Finding>& findings, Verdict verdict) {
    return static_cast<std::size_t>(std::ranges::count(findings, verdict, &Finding::verdict));
}

/// The words of `text` in lines of a terminal's width, each after the first under `indent`.
std::string folded(std::string_view text, std::string_view indent) {
    constexpr std::size_t width = 110;
    std::string lines;
    std::size_t column = indent.size();
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto next = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const bool first = lines.empty();
        if (!first && column + 1 + next.size() > width) {
            lines += fmt::format("\n{}", indent);
            column = indent.size();
        } else if (!first) {
            lines += ' ';
            ++column;
        }
        lines += next;
        column += next.size();
    }
    return lines;
}

std::string line(const Finding& finding) {
    const std::string_view indent = "            ";
    const auto about = finding.about.empty() ? std::string() : finding.about + ": ";
    auto text = fmt::format("  {}  {}\n", marks.at(static_cast<std::size_t>(finding.verdict)),
                            folded(about + finding.found, indent));
    if (finding.good()) return text;
    const auto turn = finding.verdict == Verdict::unknown ? std::string("To know: ")
                                                          : fmt::format("Turn of {}: ", people(finding.turn));
    return text + fmt::format("{}-> {}\n", indent, folded(turn + finding.next, "               "));
}

std::string summary(const std::vector<Finding>& findings) {
    const auto bad = count(findings, Verdict::failed), doubtful = count(findings, Verdict::unknown),
               warned = count(findings, Verdict::warning);
    if (bad + doubtful + warned == 0) return fmt::format("All {} checks are well.", findings.size());
    return fmt::format("{} checks: {} failed, {} could not be told, {} warnings.", findings.size(), bad, doubtful,
                       warned);
}

json::object entry(const Finding& finding) {
    return {{"group", word(finding.group)}, {"check", finding.check},
            {"about", finding.about},       {"verdict", word(finding.verdict)},
            {"found", finding.found},       {"turn", word(finding.turn)},
            {"next", finding.next}};
}

}  // namespace

std::string as_text(const Heading& heading, const std::vector<Finding>& findings) {
    auto text =
        fmt::format("{}, {}, looked at {} in {:.1f} s\n", heading.server, heading.running ? "running" : "stopped",
                    heading.at, static_cast<double>(heading.took_ms) / 1000);
    for (auto at = findings.begin(); at != findings.end(); ++at) {
        if (at == findings.begin() || at->group != std::prev(at)->group)
            text += fmt::format("\n{}\n", title(at->group));
        text += line(*at);
    }
    return text + '\n' + summary(findings) + '\n';
}

json::object as_json(const Heading& heading, const std::vector<Finding>& findings) {
    constexpr std::array<std::string_view, 3> verdicts{"ok", "failed", "could_not_tell"};
    const auto status = exit_status(findings);
    json::array checks;
    for (const auto& finding : findings) checks.emplace_back(entry(finding));
    json::object counts;
    for (const auto verdict : {Verdict::ok, Verdict::warning, Verdict::failed, Verdict::unknown})
        counts[word(verdict)] = static_cast<std::uint64_t>(count(findings, verdict));
    return {{"format", "onceway-doctor/1"},
            {"ok", status == 0},
            {"verdict", verdicts.at(static_cast<std::size_t>(status))},
            {"server", heading.server},
            {"running", heading.running},
            {"at", heading.at},
            {"took_ms", heading.took_ms},
            {"counts", std::move(counts)},
            {"checks", std::move(checks)}};
}

}  // namespace onceway::doctor
