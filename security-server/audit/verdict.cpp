#include "security-server/audit/verdict.hpp"

#include "security-server/audit/inspect.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace onceway::audit {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    return json::string(json_text(*text));
}

template <class Id>
json::value url_or_null(const std::optional<Id>& id) {
    return text_or_null(id ? std::optional(id->url()) : std::nullopt);
}

json::value signer_json(const container::Verdict& verdict) {
    if (!verdict.signer && !verdict.certificate_sha256) return nullptr;
    const auto hex = verdict.certificate_sha256 ? std::optional(to_hex(*verdict.certificate_sha256)) : std::nullopt;
    return json::object{{"member", url_or_null(verdict.signer)}, {"certificate_sha256", text_or_null(hex)}};
}

json::value message_json(const container::Verdict& verdict) {
    if (verdict.message_kind.empty()) return nullptr;
    return json::object{{"id", json_text(verdict.message_id)},
                        {"kind", verdict.message_kind},
                        {"direction", verdict.message_direction},
                        {"client", url_or_null(verdict.client)},
                        {"service", url_or_null(verdict.service)},
                        {"service_version", text_or_null(verdict.service ? verdict.service->version : std::nullopt)}};
}

json::value time_stamp_json(const container::Verdict& verdict) {
    if (!verdict.stamped_at) return nullptr;
    return json::object{{"at", rfc3339(*verdict.stamped_at)}, {"authority", json_text(verdict.stamp_authority)}};
}

json::array checks_json(const container::Verdict& verdict) {
    json::array checks;
    for (const auto& check : verdict.checks)
        checks.push_back(
            json::object{{"name", check.name}, {"outcome", check.outcome}, {"detail", json_text(check.detail)}});
    return checks;
}

json::array entries_json(const container::Verdict& verdict) {
    json::array entries;
    for (const auto& entry : verdict.entries) {
        json::object shown{{"name", json_text(entry.name)}, {"covered", entry.covered}, {"digest_ok", nullptr}};
        if (entry.digest_ok) shown["digest_ok"] = *entry.digest_ok;
        entries.push_back(std::move(shown));
    }
    return entries;
}

json::array absent_json(const container::Verdict& verdict) {
    json::array names;
    for (const auto& name : verdict.absent) names.emplace_back(json_text(name));
    return names;
}

/// One line, with controls and what is no UTF-8 made visible: the text may come from the container.
std::string line(std::string_view text) {
    std::string shown;
    for (const char c : json_text(text)) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return shown;
}

std::string heading(const container::Verdict& verdict) {
    std::string text = "  " + verdict.verdict;
    if (!verdict.code.empty()) text += fmt::format(": {}: {}", verdict.code, line(verdict.reason));
    return text + "\n";
}

std::string facts(const container::Verdict& verdict) {
    std::string text;
    const auto add = [&](std::string_view name, std::string_view value) {
        text += fmt::format("  {:<14}{}\n", name, line(value));
    };
    if (verdict.signer) add("signed by", verdict.signer->text());
    if (verdict.certificate_sha256) add("certificate", "SHA-256 " + to_hex(*verdict.certificate_sha256));
    if (verdict.stamped_at)
        add("time-stamp", fmt::format("{} by {}", rfc3339(*verdict.stamped_at), verdict.stamp_authority));
    if (!verdict.message_kind.empty())
        add("message",
            fmt::format("{} {}, id {}", verdict.message_kind, verdict.message_direction, verdict.message_id));
    if (verdict.client) add("client", verdict.client->text());
    if (verdict.service) add("service", verdict.service->text());
    if (!verdict.variant.empty()) add("form", fmt::format("{}, judged in {} mode", verdict.variant, verdict.mode));
    return text;
}

std::string_view remark(const container::EntryReport& entry) {
    const bool manifest = entry.name.starts_with("META-INF/") && entry.name.find("anifest") != std::string::npos;
    if (manifest) return entry.digest_ok == false ? "no evidence, and not what the entries make it" : "no evidence";
    if (!entry.covered) return "covered by nothing";
    if (entry.digest_ok == false) return "covered, and changed";
    return "covered";
}

}  // namespace

json::object verdict_json(std::string_view file, const container::Verdict& verdict) {
    return {{"format", "onceway-verdict/1"},
            {"file", json_text(file)},
            {"verdict", verdict.verdict},
            {"mode", verdict.mode},
            {"code", verdict.code},
            {"reason", json_text(verdict.reason)},
            {"variant", verdict.variant},
            {"signer", signer_json(verdict)},
            {"message", message_json(verdict)},
            {"time_stamp", time_stamp_json(verdict)},
            {"checks", checks_json(verdict)},
            {"entries", entries_json(verdict)},
            {"absent", absent_json(verdict)}};
}

std::string verdict_text(std::string_view file, const container::Verdict& verdict) {
    std::string text = line(file) + "\n" + heading(verdict) + facts(verdict);
    if (!verdict.checks.empty()) text += "  checks\n";
    for (const auto& check : verdict.checks)
        text += fmt::format("    {:<21}{:<10}{}\n", check.name, check.outcome, line(check.detail));
    if (!verdict.entries.empty()) text += "  entries\n";
    for (const auto& entry : verdict.entries) text += fmt::format("    {:<31}{}\n", line(entry.name), remark(entry));
    for (const auto& name : verdict.absent)
        text += fmt::format("    {:<31}absent: signed, and not in this document\n", line(name));
    return text;
}

}  // namespace onceway::audit
