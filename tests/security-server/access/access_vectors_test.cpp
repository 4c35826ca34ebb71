// The verdicts of genuine software on rights and paths, and the rulings by which ours differ.
#include "security-server/access/rights.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <map>

using namespace onceway;
using namespace onceway::access;
namespace json = boost::json;

namespace {

std::string text(const json::value& value, std::string_view key) { return std::string(value.at(key).as_string()); }

identity::ClientId client(std::string_view url) { return *identity::ClientId::from_header(url); }

/// "I/C/M/S", "GLOBALGROUP:I/code" or "LOCALGROUP:code=client,client"; a local group is put into `owner`.
Subject subject_of(const std::string& written, Client& owner) {
    if (written.starts_with("GLOBALGROUP:")) {
        const auto slash = written.find('/');
        return {.kind = Subject::Kind::global_group,
                .client = {},
                .instance = written.substr(12, slash - 12),
                .group = written.substr(slash + 1)};
    }
    if (!written.starts_with("LOCALGROUP:")) return {.kind = Subject::Kind::client, .client = client(written)};
    const auto equals = written.find('=');
    LocalGroup group{written.substr(11, equals - 11), "", {}};
    std::string_view members = std::string_view(written).substr(equals + 1);
    while (!members.empty()) {
        const auto comma = std::min(members.find(','), members.size());
        group.members.push_back(client(members.substr(0, comma)));
        members.remove_prefix(std::min(comma + 1, members.size()));
    }
    owner.groups.push_back(group);
    return {.kind = Subject::Kind::local_group, .client = {}, .instance = {}, .group = group.code};
}

Client owner_with(const json::value& rights) {
    Client owner;
    for (const auto& right : rights.as_array())
        owner.rights.push_back(
            {subject_of(text(right, "subject"), owner), "acc", text(right, "method"), text(right, "path")});
    return owner;
}

/// The groups of the recorded configuration.
std::shared_ptr<const x509::Trust> trust_of(const std::filesystem::path& vectors) {
    const auto file = vectors / "trust" / "globalconf" / "VEC" / "shared-params.xml";
    const auto shared = registry::read_shared_parameters(tests::contents_of(file), 6);
    REQUIRE(shared);
    return x509::Trust::build("VEC", {*shared});
}

// Where we decide otherwise than genuine software: one row a case, with the rule.
const std::map<std::string_view, std::string_view> differences{
    {"star-011", "dot segments are refused, never evaluated (ruling)"},
    {"star-014", "dot segments are refused, never evaluated (ruling)"},
    {"star-019", "dot segments are refused, never evaluated (ruling)"},
    {"star-021", "empty segments are refused (threats row 8)"},
    {"star-038", "a legal escape passes and arrives unchanged (threats row 8)"},
    {"double-069", "empty segments are refused (threats row 8)"},
    {"encoded-pattern-141", "a path is decoded once (threats row 8)"},
    {"question-156", "a question mark in a pattern means itself (message-transport §5.2), and no path holds one"},
    {"double-068", "an encoded slash is refused (threats row 8)"},
    {"whole-094", "a legal escape passes and arrives unchanged (threats row 8)"},
    {"literal-118", "dot segments are refused, never evaluated (ruling)"},
    {"literal-126", "dot segments are refused, never evaluated (ruling)"},
    {"literal-slash-129", "empty segments are refused (threats row 8)"},
    {"literal-slash-131", "dot segments are refused, never evaluated (ruling)"},
    {"literal-slash-132", "an encoded slash is refused (threats row 8)"},
    {"regex-137", "a legal escape passes and arrives unchanged (threats row 8)"},
    {"space-pattern-140", "a legal escape passes and arrives unchanged (threats row 8)"},
    {"space-pattern-142", "a path is decoded once (threats row 8)"},
    {"admin-only-159", "dot segments are refused, never evaluated (ruling)"},
    {"admin-only-160", "dot segments are refused, never evaluated (ruling)"},
    {"admin-only-162", "dot segments are refused, never evaluated (ruling)"},
    {"admin-only-165", "an encoded slash is refused (threats row 8)"},
    {"admin-only-166", "an encoded slash is refused (threats row 8)"},
};

}  // namespace

TEST_CASE("rights and paths get the verdict of genuine software, but for the listed differences") {
    const auto vectors = tests::vectors();
    if (!vectors) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    const auto document = json::parse(tests::contents_of(*vectors / "access" / "cases.json"));
    const auto trust = trust_of(*vectors);
    std::size_t same = 0, different = 0;
    for (const auto& one : document.at("cases").as_array()) {
        const std::string name = text(one, "name"), whole = text(one, "path");
        CAPTURE(name);
        CAPTURE(whole);
        const Client owner = owner_with(document.at("rights").at(text(one, "rights")));
        const auto path = ServicePath::read(whole.substr(0, whole.find('?')));
        const bool allowed =
            path && may_call(owner, client(text(one, "client")), "acc", text(one, "method"), *path, *trust);
        const bool genuine = text(one, "verdict") == "allowed";
        CHECK((allowed == genuine) != differences.contains(name));
        ++(allowed == genuine ? same : different);
    }
    CHECK(different == differences.size());
    MESSAGE("access: ", same, " verdicts equal, ", different, " by ruling");
}
