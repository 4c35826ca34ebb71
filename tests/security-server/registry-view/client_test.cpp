#include "security-server/registry-view/client.hpp"

#include "tests/security-server/registry-view/signed_configuration.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace onceway;
using namespace onceway::tests;
using registry_view::Client;
using registry_view::ClientSettings;

namespace {

/// A registry that a test rules over: what it serves at which path, and what it was asked.
struct GivenRegistry {
    DirectoryText directory = plain_directory();
    int serves_version = 6;                            // directories of this version only; others are 404
    std::vector<std::string> asked;                    // addresses, in order
    std::vector<std::string> unreachable{"https://"};  // prefixes of addresses that do not answer
    std::map<std::string, int> status;                 // by path, in place of 200

    Async<channel::FetchAnswer> answer(channel::FetchRequest request) {
        const auto address = request.url.text();
        asked.push_back(address);
        for (const auto& prefix : unreachable)
            if (address.starts_with(prefix)) co_return fault(FaultCode::network_error, "nobody listens at " + address);
        const auto& target = request.url.target;
        if (const auto wanted = status.find(target.substr(0, target.find('?'))); wanted != status.end())
            co_return channel::FetchAnswer{wanted->second, {}, {}};
        if (target.starts_with("/internalconf"))
            co_return target == fmt::format("/internalconf?version={}", serves_version)
                ? channel::FetchAnswer{200, {}, directory.body()}
                : channel::FetchAnswer{404, {}, {}};
        const auto files = directory.files();
        const auto found = files.find(target);
        if (found == files.end()) co_return channel::FetchAnswer{404, {}, {}};
        if (found->second.size() > request.most) co_return fault(FaultCode::too_large, "larger than asked for");
        co_return channel::FetchAnswer{200, {}, found->second};
    }
    registry_view::Fetch fetch() {
        return [this](channel::FetchRequest request) { return answer(std::move(request)); };
    }
    std::vector<std::string> take_asked() { return std::exchange(asked, {}); }
};

/// A client on its own folder with a clock that stands at test_time().
struct World {
    TemporaryFolder folder;
    FixedClock clock{test_time()};
    GivenRegistry registry;
    registry::Anchor anchor = plain_anchor();
    std::unique_ptr<Client> client;

    World() { restart(); }
    void restart() {
        client = std::make_unique<Client>(ClientSettings{folder / "registry", std::chrono::seconds(60), "/nowhere"},
                                          anchor, clock, registry.fetch());
    }
    Result<registry_view::Refreshed> refresh() { return run(client->refresh()); }

    /// Everything below the folder, with contents.
    std::map<std::string, std::string> stored() const {
        std::map<std::string, std::string> all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path()))
            if (entry.is_regular_file()) all[entry.path().string()] = contents_of(entry.path());
        return all;
    }
};

const std::string plain = "http://registry.test";

}  // namespace

TEST_CASE("GC-15: versions are probed from 6 down to 3, 2 is used without probing, and only 404 moves on") {
    World world;
    world.registry.unreachable.clear();
    world.anchor = plain_anchor();
    const auto probes = [&] {
        std::vector<std::string> versions;
        for (const auto& address : world.registry.take_asked())
            if (const auto at = address.find("http://registry.test/internalconf?version="); at == 0)
                versions.push_back(address.substr(42));
        return versions;
    };
    world.registry.unreachable = {"https://"};
    SUBCASE("version 6 exists: one question, which is the download") {
        REQUIRE(world.refresh());
        CHECK(probes() == std::vector<std::string>{"6"});
    }
    SUBCASE("only version 4 exists") {
        world.registry.serves_version = 4;
        world.registry.directory.version = "4";
        REQUIRE(world.refresh());
        CHECK(probes() == std::vector<std::string>{"6", "5", "4"});
    }
    SUBCASE("nothing exists: 2 is asked for last, and its 404 is the failure") {
        world.registry.serves_version = 99;
        const auto refused = world.refresh();
        REQUIRE_FALSE(refused);
        CHECK(probes() == std::vector<std::string>{"6", "5", "4", "3", "2"});
        CHECK(contains(refused.error().detail, "status 404"));
    }
    SUBCASE("a 500 exists and fails") {
        world.registry.status["/internalconf"] = 500;
        const auto refused = world.refresh();
        REQUIRE_FALSE(refused);
        CHECK(probes() == std::vector<std::string>{"6"});
        CHECK(contains(refused.error().detail, "status 500"));
    }
    SUBCASE("a redirect is not followed") {
        world.registry.status["/internalconf"] = 302;
        CHECK_FALSE(world.refresh());
        CHECK(probes() == std::vector<std::string>{"6"});
    }
}

TEST_CASE("GC-16: the location that worked is asked first next time; one failure clears it") {
    World world;
    world.registry.serves_version = 5;
    world.registry.directory.version = "5";
    REQUIRE(world.refresh());
    world.registry.take_asked();

    REQUIRE(world.refresh());
    CHECK(world.registry.take_asked() == std::vector<std::string>{plain + "/internalconf?version=5"});

    world.registry.status["/internalconf"] = 503;
    CHECK_FALSE(world.refresh());
    world.registry.status.clear();
    world.registry.take_asked();
    REQUIRE(world.refresh());
    const auto asked = world.registry.take_asked();
    CHECK(asked.front().starts_with("https://"));
    CHECK(std::ranges::count(asked, plain + "/internalconf?version=6") == 1);
}

TEST_CASE("GC-17: sources of the stored parameters come before the anchor's, and https before http in each") {
    std::mt19937 random{1};
    registry::Anchor anchor = plain_anchor("http://anchor.test/internalconf");
    anchor.sources.push_back({"https://ignored.test/internalconf", {}});
    auto shared = plain_shared();
    shared.sources[0].address = "stored.test";
    shared.sources.push_back({"second.test", {"a"}, {"b"}});
    const auto places = registry_view::candidates(anchor, &shared, random);
    REQUIRE(places.size() == 6);
    std::vector<std::string> stored{places[0].url, places[1].url}, then{places[2].url, places[3].url};
    std::ranges::sort(stored);
    std::ranges::sort(then);
    CHECK(stored == std::vector<std::string>{"https://second.test/internalconf", "https://stored.test/internalconf"});
    CHECK(then == std::vector<std::string>{"http://second.test/internalconf", "http://stored.test/internalconf"});
    CHECK(places[4].url == "https://anchor.test/internalconf");
    CHECK(places[5].url == "http://anchor.test/internalconf");

    SUBCASE("with the certificates of the kind of configuration") {
        const auto of_second = [&](const std::vector<registry_view::Candidate>& all) {
            return std::ranges::find(all, "http://second.test" + std::string(anchor.sources[0].url.substr(18)),
                                     &registry_view::Candidate::url)
                ->certificates;
        };
        CHECK(of_second(places) == std::vector<Octets>{"a"});
        anchor.sources[0].url = "http://anchor.test/externalconf";
        CHECK(of_second(registry_view::candidates(anchor, &shared, random)) == std::vector<Octets>{"b"});
        anchor.sources[0].url = "http://anchor.test/proxy/conf";
        CHECK(of_second(registry_view::candidates(anchor, &shared, random)) == std::vector<Octets>{"a", "b"});
    }
}

TEST_CASE("an address with a port of its own has no https variant: that port speaks plain HTTP") {
    std::mt19937 random{1};
    const auto places =
        registry_view::candidates(plain_anchor("http://registry.test:8880/internalconf"), nullptr, random);
    REQUIRE(places.size() == 1);
    CHECK(places[0].url == "http://registry.test:8880/internalconf");
}

TEST_CASE("GC-18: an https variant that cannot be reached or trusted falls back to http") {
    World world;
    REQUIRE(world.refresh());
    const auto asked = world.registry.take_asked();
    REQUIRE(asked.size() >= 2);
    CHECK(asked[0] == "https://registry.test/internalconf?version=6");
    CHECK(asked[1] == plain + "/internalconf?version=6");
}

TEST_CASE("GC-19: a directory or a part above its limit is refused") {
    World world;
    auto& directory = world.registry.directory;
    SUBCASE("a directory of more than 1 MiB") {
        PartText filler{"FILLER", "x", "/V6/x"};
        for (int i = 0; i < 5000; ++i) {
            filler.identifier = fmt::format("FILLER-{}", i);
            filler.location = fmt::format("/V6/{}", i);
            directory.parts.push_back(filler);
        }
        const auto refused = world.refresh();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::too_large);
    }
    SUBCASE("the download is told the limit") {
        std::vector<std::size_t> limits;
        const registry_view::Fetch inner = world.registry.fetch();
        Client client({world.folder / "other", std::chrono::seconds(60), "/nowhere"}, world.anchor, world.clock,
                      [&](channel::FetchRequest request) {
                          limits.push_back(request.most);
                          return inner(std::move(request));
                      });
        REQUIRE(run(client.refresh()));
        CHECK(limits.front() == 1024 * 1024);
        CHECK(limits.back() == 100 * 1024 * 1024);
    }
}

TEST_CASE("GC-30, GC-31: nothing is stored until every part verified, and a failure changes nothing") {
    World world;
    REQUIRE(world.refresh());
    const auto before = world.stored();
    const auto snapshot = world.client->current();
    auto& directory = world.registry.directory;
    directory.parts[0].octets += "<!-- new -->";
    directory.expires = "2026-02-02T10:30:00Z";

    struct {
        const char* what;
        std::function<void()> spoil;
        FaultCode code;
    } const rows[] = {
        {"a part cannot be fetched", [&] { world.registry.status[directory.parts[0].location] = 404; },
         FaultCode::global_conf_part_download_failure},
        {"a part is not what was signed",
         [&] {
             auto served = std::make_shared<DirectoryText>(directory);
             directory.parts[0].digest_uri = "http://www.w3.org/2001/04/xmlenc#sha256";  // the digest stays SHA-512's
         },
         FaultCode::global_conf_part_downloaded_file_integrity_failure},
        {"a document is malformed", [&] { directory.parts[0].octets = "<not-a-configuration/>"; },
         FaultCode::malformed_global_conf},
        {"the signature is another's", [&] { directory.signer = 2; }, FaultCode::global_conf_missing_verification_cert},
    };
    for (const auto& [what, spoil, code] : rows) SUBCASE(what) {
            spoil();
            const auto refused = world.refresh();
            REQUIRE_FALSE(refused);
            CHECK(spelling(refused.error().code) == spelling(code));
            CHECK(world.stored() == before);
            CHECK(world.client->current() == snapshot);
            CHECK(world.client->standing().failures == 1);
        }
}

TEST_CASE("GC-32: an unchanged digest causes no download, but the expiry moves forward, on disk too") {
    World world;
    REQUIRE(world.refresh());
    const auto first = world.client->current();
    world.registry.take_asked();
    auto& directory = world.registry.directory;
    directory.expires = "2026-02-02T10:40:00Z";
    for (auto& part : directory.parts) part.location.replace(4, 23, "20260202103000000000000");
    const auto refreshed = world.refresh();
    REQUIRE(refreshed);
    CHECK_FALSE(refreshed->changed);
    CHECK(refreshed->downloaded == 0);
    CHECK(world.registry.take_asked() == std::vector<std::string>{plain + "/internalconf?version=6"});
    CHECK(rfc3339_seconds(world.client->current()->expires) == "2026-02-02T10:40:00Z");
    CHECK(world.client->current()->revision == first->revision);
    CHECK(world.client->current()->trust == first->trust);
    world.restart();
    REQUIRE(world.client->current());
    CHECK(rfc3339_seconds(world.client->current()->expires) == "2026-02-02T10:40:00Z");

    SUBCASE("one changed part is the only one fetched") {
        directory.parts[0].octets = registry::write_private_parameters([] {
            auto parameters = plain_private();
            parameters.time_stamping_interval_seconds = 7;
            return parameters;
        }());
        const auto changed = world.refresh();
        REQUIRE(changed);
        CHECK(changed->changed);
        CHECK(changed->downloaded == 1);
        CHECK(world.client->current()->private_parameters.time_stamping_interval_seconds == 7);
    }
}

TEST_CASE("GC-33: what is no longer listed is removed from the disk") {
    World world;
    world.registry.directory.parts.push_back({"EXTRA", "gone tomorrow", "/V6/extra.bin"});
    REQUIRE(world.refresh());
    const auto holds_extra = [&] {
        return std::ranges::any_of(world.stored(), [](const auto& file) { return file.second == "gone tomorrow"; });
    };
    CHECK(holds_extra());
    world.registry.directory.parts.pop_back();
    REQUIRE(world.refresh());
    CHECK_FALSE(holds_extra());
}

TEST_CASE("GC-53: an expired configuration stops with global_conf_outdated, and recovers by itself") {
    World world;
    REQUIRE(world.refresh());
    CHECK(world.client->valid(world.clock.now()));
    world.clock.advance(std::chrono::minutes(11));
    const auto expired = world.client->valid(world.clock.now());
    REQUIRE_FALSE(expired);
    CHECK(expired.error().code == FaultCode::global_conf_outdated);
    CHECK(contains(expired.error().detail, "2026-02-02T10:25:30Z"));
    CHECK(world.client->current());

    world.registry.directory.expires = "2026-02-02T10:45:00Z";
    REQUIRE(world.refresh());
    CHECK(world.client->valid(world.clock.now()));
}

TEST_CASE("a client starts from its disk without a network, and from nothing when the disk is damaged") {
    World world;
    REQUIRE(world.refresh());
    world.registry.unreachable = {"http"};
    world.restart();
    REQUIRE(world.client->current());
    CHECK(world.client->current()->files.size() == 1);
    CHECK_FALSE(world.refresh());
    CHECK(world.client->valid(world.clock.now()));

    for (const auto& [path, octets] : world.stored())
        if (path.ends_with(".part")) write_file(path, octets.substr(1));
    world.restart();
    CHECK_FALSE(world.client->current());
    world.registry.unreachable = {"https://"};
    REQUIRE(world.refresh());
    CHECK(world.client->current());
}

TEST_CASE("a kill between the parts and the manifest leaves the former configuration") {
    World world;
    REQUIRE(world.refresh());
    // What a kill leaves: parts of the next configuration, and a temporary file, but the manifest of the former.
    write_file(world.folder / "registry" / "0123456789012345678901234567890123456789.part", "half a part");
    write_file(world.folder / "registry" / "manifest.json.tmp", "{");
    world.restart();
    REQUIRE(world.client->current());
    world.registry.directory.parts.push_back({"EXTRA", "more", "/V6/extra.bin"});
    REQUIRE(world.refresh());
    CHECK_FALSE(world.stored().contains((world.folder / "registry" / "manifest.json.tmp").string()));
}

TEST_CASE("an older configuration is refused after a restart as well, until the operator has it forgotten") {
    World world;
    REQUIRE(world.refresh());
    world.registry.directory.expires = "2026-02-02T10:20:00Z";
    world.restart();
    const auto refused = world.refresh();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::global_conf_rolled_back);
    REQUIRE(registry_view::Store(world.folder / "registry").forget());
    world.restart();
    CHECK(world.refresh());
}

TEST_CASE("a change of content is told, with what was before; a later expiry is not") {
    World world;
    std::vector<std::pair<bool, std::uint64_t>> told;
    world.client->on_change(
        [&](const auto* before, const auto& now) { told.emplace_back(before != nullptr, now.revision); });
    REQUIRE(world.refresh());
    world.registry.directory.expires = "2026-02-02T10:40:00Z";
    REQUIRE(world.refresh());
    world.registry.directory.parts.push_back({"EXTRA", "more", "/V6/extra.bin"});
    REQUIRE(world.refresh());
    CHECK(told == std::vector<std::pair<bool, std::uint64_t>>{{false, 1}, {true, 2}});
}

TEST_CASE("GC-5: the hash of an anchor is SHA-224 over the octets, upper case, in pairs") {
    CHECK(registry_view::anchor_hash("abc") ==
          "23:09:7D:22:34:05:D8:22:86:42:A4:77:BD:A2:55:B3:2A:AD:BC:E4:BD:A0:B3:F7:E3:6C:9D:A7");
}

TEST_CASE("GC-8: an anchor is taken only after a whole trial download") {
    World world;
    const auto tried = [&] {
        return run(registry_view::try_anchor(world.anchor, "/nowhere", world.clock, world.registry.fetch()));
    };
    CHECK(tried());
    SUBCASE("a directory without private parameters is refused") {
        world.registry.directory.parts.erase(world.registry.directory.parts.begin());
        const auto refused = tried();
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "PRIVATE-PARAMETERS"));
    }
    SUBCASE("a part that cannot be fetched refuses the anchor") {
        world.registry.status[world.registry.directory.parts[1].location] = 404;
        const auto refused = tried();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::global_conf_part_download_failure);
    }
}

TEST_CASE("the address of a part is resolved against the directory's own") {
    const auto base = must(channel::Url::parse("http://registry.test:8880/internalconf?version=6"));
    struct {
        std::string_view location, address;
    } const rows[] = {
        {"/V6/1/a.xml", "http://registry.test:8880/V6/1/a.xml"},
        {"a.xml", "http://registry.test:8880/a.xml"},
        {"http://other.test/b.xml", "http://other.test/b.xml"},
        {"//other.test/b.xml", ""},
        {"ftp://other.test/b.xml", ""},
        {"", ""},
    };
    for (const auto& [location, address] : rows) {
        CAPTURE(location);
        const auto url = registry_view::resolve(base, location);
        CHECK((url ? url->text() : "").starts_with(address));
        if (address.empty() && url) CHECK(url->host == "registry.test");  // taken as a name below the directory
    }
}
