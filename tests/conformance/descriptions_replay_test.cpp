// The WSDL and OpenAPI files of the original test suite: imported, or refused, as their names say; and with their
// addresses hidden still the same services.
#include "schemas/description/openapi.hpp"
#include "schemas/description/wsdl.hpp"
#include "security-server/descriptions/content.hpp"
#include "tests/conformance/differences.hpp"

#include <algorithm>

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;

namespace {

/// What the original tests expect of a file, by its name.
std::string expected_of(std::string_view name) {
    static constexpr std::string_view bad[] = {"invalid", "error", "xxe", "duplicate"};
    const auto named = [&](std::string_view word) { return name.find(word) != std::string_view::npos; };
    return std::ranges::any_of(bad, named) ? "refused" : "accepted";
}

descriptions::Wanted wanted(const std::string& name) {
    const bool wsdl = name.ends_with(".wsdl") || name.ends_with(".xml");
    return {.type = wsdl ? access::ServiceType::wsdl : access::ServiceType::openapi,
            .url = "http://descriptions.example/" + name,
            .code = wsdl ? "" : "pets"};
}

/// The files named after errors and warnings of WSDL are about the original's own validator: one that says the same
/// stands in its place.
descriptions::Validator validator_of(std::string_view name, const fs::path& folder) {
    if (name.find("error") != std::string_view::npos) return {.command = {"/bin/false"}, .folder = folder};
    if (name.starts_with("warn")) return {.command = {"/bin/sh", "-c", "echo warned >&2"}, .folder = folder};
    return {};
}

/// Hiding the addresses changes nothing else that we read. Some stay, as they do in genuine answers: those of SOAP 1.2,
/// and those with variables. Rule: server-services §1.4, §1.5.
bool same_when_hidden(const descriptions::Wanted& which, const Octets& octets) {
    if (which.type == access::ServiceType::wsdl) {
        const auto hidden = description::mask_wsdl_addresses(octets);
        if (!hidden) return false;
        auto ours = must(description::read_wsdl(octets));
        const auto after = must(description::read_wsdl(*hidden));
        for (std::size_t i = 0; i < std::min(ours.size(), after.size()); ++i)
            if (after[i].url == description::hidden_address) ours[i].url = after[i].url;
        return ours == after;
    }
    const auto format = description::format_of({}, which.url);
    const auto hidden = description::mask_openapi_servers(octets, format);
    if (!hidden) return false;
    const auto ours = must(description::read_openapi(octets, format)),
               after = must(description::read_openapi(*hidden, format));
    const bool open = after.url.find("://") != std::string::npos;
    return ours.endpoints == after.endpoints && ours.title == after.title &&
           (!open || (after.url == ours.url && after.url.find('{') != std::string::npos));
}

}  // namespace

TEST_CASE("every description of the original suite is imported or refused as its name says") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    const TemporaryFolder spool;
    for (const auto& one : cases_of(*folder / "descriptions")) {
        const auto name = text_of(one, "file");
        const auto which = wanted(name);
        const auto octets = contents_of(*folder / "descriptions" / name);
        if (octets.starts_with("--xroad")) continue;  // a whole answer of getWsdl
        const auto content = descriptions::read_content(which, {octets, {}}, validator_of(name, spool.path()));
        const auto ours = content ? accepted() : Verdict{"refused", content.error().detail};
        Tally::all().judge("descriptions, imported", name, ours, expected_of(name));
        if (!content) continue;
        Tally::all().equal("descriptions, hidden", name, same_when_hidden(which, octets));
        if (name.starts_with("warn")) Tally::all().equal("descriptions, warned of", name, !content->warnings.empty());
    }
    if (fs::exists(*folder / "descriptions")) CHECK(Tally::all().ran("descriptions, imported") > 0);
}
