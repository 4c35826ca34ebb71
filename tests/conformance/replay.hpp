// What every replay of recorded cases needs: the folder, the tally that is printed at the end, and the table of where
// we decide otherwise than genuine software, each row with its rule.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/fault.hpp"
#include "schemas/base/time.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::replay {

namespace json = boost::json;
namespace fs = std::filesystem;

/// What one side said of a case.
struct Verdict {
    std::string code;    // "accepted", or a code
    std::string detail;  // ours only: why
};
inline Verdict accepted() { return {"accepted", {}}; }
inline Verdict refused(const Fault& fault) { return {fault.wire_code(), fault.detail}; }
template <class T>
Verdict verdict_of(const Result<T>& result) {
    return result ? accepted() : refused(result.error());
}

/// One reason for which we decide otherwise, recognised by what we say, so that it explains any case of its kind.
struct Difference {
    std::string_view kind;    // beginning of the kind of cases it may explain; empty: any
    std::string_view theirs;  // beginning of their code; empty: any
    std::string_view ours;    // end of our code
    std::string_view says;    // words of our detail; empty: any
    std::string_view rule;
};
/// The row of the table in differences.hpp that explains a case; null: none.
const Difference* explanation(std::string_view kind, const Verdict& ours, std::string_view theirs);

/// Counts, and remembers what was explained; printed at the end of a run.
class Tally {
public:
    static Tally& all() {
        static Tally tally;
        return tally;
    }

    /// Compares both verdicts on one case; a difference without an explanation fails the test.
    void judge(const std::string& kind, const std::string& name, const Verdict& ours, const std::string& theirs) {
        auto& row = kinds_[kind];
        ++row.ran;
        if (ours.code == theirs) {
            ++row.passed;
            return;
        }
        if (const auto* difference = explanation(kind, ours, theirs)) {
            ++row.explained;
            explained_[std::string(difference->rule)].push_back(kind + " " + name + ": " + theirs + " → " + ours.code);
            return;
        }
        INFO(kind, " ", name);
        CHECK_MESSAGE(false, "genuine: ", theirs, "; ours: ", ours.code, " (", ours.detail, ")");
    }
    /// Something of a case that has to be equal to the octet.
    void equal(const std::string& kind, const std::string& name, bool same) {
        judge(kind, name, {same ? "equal" : "different", {}}, "equal");
    }
    void waits(const std::string& kind, std::string_view what_for) {
        ++kinds_[kind].waiting;
        ++waiting_for_[std::string(what_for)];
    }
    std::size_t ran(const std::string& kind) const {
        const auto found = kinds_.find(kind);
        return found == kinds_.end() ? 0 : found->second.ran;
    }
    std::string summary() const {
        if (kinds_.empty()) return {};
        std::string text =
            fmt::format("{:<44}{:>7}{:>8}{:>11}{:>9}\n", "recorded cases", "ran", "passed", "otherwise", "waiting");
        Row sum;
        for (const auto& [kind, row] : kinds_) {
            text += fmt::format("{:<44}{:>7}{:>8}{:>11}{:>9}\n", kind, row.ran, row.passed, row.explained, row.waiting);
            sum.ran += row.ran, sum.passed += row.passed, sum.explained += row.explained, sum.waiting += row.waiting;
        }
        text += fmt::format("{:<44}{:>7}{:>8}{:>11}{:>9}\n", "in all", sum.ran, sum.passed, sum.explained, sum.waiting);
        for (const auto& [what, count] : waiting_for_) text += fmt::format("waiting for {}: {}\n", what, count);
        if (!explained_.empty()) text += "\nwhere we decide otherwise, and the rule\n";
        for (const auto& [rule, cases] : explained_) {
            text += fmt::format("* {} ({})\n", rule, cases.size());
            for (const auto& one : cases) text += fmt::format("    {}\n", one);
        }
        return text;
    }

private:
    struct Row {
        std::size_t ran = 0, passed = 0, explained = 0, waiting = 0;
    };
    std::map<std::string, Row> kinds_;
    std::map<std::string, std::size_t> waiting_for_;
    std::map<std::string, std::vector<std::string>> explained_;  // by rule
};

// --- the folder ---

inline json::value read_json(const fs::path& file) { return json::parse(tests::contents_of(file)); }
inline std::string text_of(const json::value& value, std::string_view key, std::string otherwise = {}) {
    const auto* found = value.is_object() ? value.as_object().if_contains(key) : nullptr;
    return found && found->is_string() ? std::string(found->as_string()) : otherwise;
}
/// The entries of a `cases.json`, or nothing when the folder has none.
inline std::vector<json::value> cases_of(const fs::path& folder) {
    std::vector<json::value> cases;
    if (!fs::exists(folder / "cases.json")) return cases;
    const auto listed = read_json(folder / "cases.json");
    for (const auto& entry : listed.as_array()) cases.push_back(entry);
    return cases;
}
/// The folders below `folder` in the order of their names.
inline std::vector<fs::path> folders_in(const fs::path& folder) {
    std::vector<fs::path> found;
    if (fs::is_directory(folder))
        for (const auto& entry : fs::directory_iterator(folder))
            if (entry.is_directory()) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace onceway::replay
