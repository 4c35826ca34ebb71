#include "security-server/admin/server_file.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using admin::read_server_file;

namespace {

const std::string least = R"(
[server]
id = "ZA-WC/GOV/HOME/ss1"
[listen]
inside = "127.0.10.1"
outside = "127.0.10.2"
)";

}  // namespace

TEST_CASE("a server file needs an identity and two addresses; everything else has its default") {
    const auto file = read_server_file(least, "/srv/home");
    REQUIRE_MESSAGE(file, file.error().detail);
    CHECK(file->id.url() == "ZA-WC/GOV/HOME/ss1");
    CHECK(file->inside == "127.0.10.1");
    CHECK(file->outside == "127.0.10.2");
    CHECK(file->ports.http == 8080);
    CHECK(file->ports.https == 8443);
    CHECK(file->ports.messages == 5500);
    CHECK(file->ports.ocsp == 5577);
    CHECK(file->refresh == std::chrono::seconds(60));
    CHECK(file->health_address.empty());
    CHECK(file->pin_file.empty());
    CHECK(file->log_folder == "/srv/home/messages");
    CHECK(file->soap_attachments == records::SoapAttachments::kept);
    CHECK(file->anchor == "/srv/home/anchor.xml");
    CHECK(file->pooled_connections);
    CHECK_FALSE(file->refuse_repetitions);
    CHECK(file->limits.exchanges == 640);
    CHECK(file->limits.body_octets == 64ull * 1024 * 1024);
    CHECK_FALSE(file->allow_outdated_openssl);
    CHECK(file->stamping.acceptable_failure == std::chrono::hours(4));
    CHECK(file->stamping.batch == 10'000);
    CHECK_FALSE(file->stamping.immediately);
    CHECK(file->stamping.authorities.empty());
}

TEST_CASE("how time is stamped is the operator's choice") {
    const auto file = read_server_file(least + R"([time_stamping]
authorities = ["http://tsa.example/a", "https://tsa.example/b"]
prefer = "free-first"
immediately = true
batch_records = 500
retry_s = 5
connect_timeout_s = 2
timeout_s = 7
)",
                                       "/srv/home");
    REQUIRE_MESSAGE(file, file.error().detail);
    CHECK(file->stamping.authorities == std::vector<std::string>{"http://tsa.example/a", "https://tsa.example/b"});
    CHECK(file->stamping.preference == records::Preference::free_first);
    CHECK(file->stamping.immediately);
    CHECK(file->stamping.batch == 500);
    CHECK(file->stamping.retry_delay == std::chrono::seconds(5));
    CHECK(file->stamping.memory == "/srv/home/time-stamping-failing-since");
    CHECK(file->stamp_patience.connect == std::chrono::seconds(2));
    CHECK(file->stamp_patience.total == std::chrono::seconds(7));
}

TEST_CASE("which addresses services have, who judges WSDLs and how old others may be is the operator's choice") {
    const auto usual = must(read_server_file(least, "/srv/home"));
    CHECK(usual.service_addresses->check(std::string("10.0.0.5")));
    CHECK_FALSE(usual.service_addresses->check(std::string("169.254.169.254")));
    CHECK(usual.wsdl_validator.empty());
    CHECK_FALSE(usual.min_client_version);

    auto text = least +
                "[services]\nallow = [\"10.0.0.0/8\"]\ndeny = [\"10.9.0.0/16\"]\n"
                "wsdl_validator = [\"/usr/bin/check\", \"--strict\"]\n";
    text.replace(text.find("[listen]"), 0, "min_client_version = \"7.3.0\"\n");
    const auto file = must(read_server_file(text, "/srv/home"));
    CHECK(file.service_addresses->check(std::string("10.0.0.5")));
    CHECK_FALSE(file.service_addresses->check(std::string("10.9.0.5")));
    CHECK_FALSE(file.service_addresses->check(std::string("127.0.0.1")));
    CHECK(file.wsdl_validator == std::vector<std::string>{"/usr/bin/check", "--strict"});
    CHECK(file.min_client_version == "7.3.0");
}

TEST_CASE("paths of a server file are relative to its data folder") {
    const auto file = read_server_file(
        least + "[message_log]\nfolder = \"/var/log/messages\"\n[keys]\npin_file = \"../pin\"\n", "/srv/home");
    REQUIRE(file);
    CHECK(file->log_folder == "/var/log/messages");
    CHECK(file->pin_file == "/srv/pin");
}

TEST_CASE("a server file is refused, with line, key and remedy, when") {
    struct {
        const char* what;
        std::string text;
        std::string_view says;
    } const rows[] = {
        {"a key is misspelt", least + "htpp = 80\n", "line 7: 'htpp' in [listen] is not known: did you mean 'http'?"},
        {"a table is not known", least + "[timestamping]\n", "did you mean 'time_stamping'?"},
        {"a time-stamping authority has no address", least + "[time_stamping]\nauthorities = [\"tsa.example\"]\n",
         "'authorities' in [time_stamping] holds 'tsa.example'"},
        {"a preference is not known", least + "[time_stamping]\nprefer = \"cheap\"\n", "\"only-free\""},
        {"a key resembles nothing", least + "[log]\nzzzzzzzz = 1\n", "known are format, level"},
        {"the identity lacks a part",
         "[server]\nid = \"ZA-WC/GOV/HOME\"\n[listen]\ninside = \"127.0.0.1\"\noutside = \"127.0.0.1\"",
         "must be instance/class/member/code"},
        {"an address is a name",
         "[server]\nid = \"A/B/C/D\"\n[listen]\ninside = \"localhost\"\noutside = \"127.0.0.1\"",
         "must be a numeric address"},
        {"an address is missing", "[server]\nid = \"A/B/C/D\"\n[listen]\ninside = \"127.0.0.1\"",
         "'outside' in [listen] is needed"},
        {"a port is no port", least + "http = 70000\n", "whole number from 0 to 65535"},
        {"a number is text", least + "[registry]\nrefresh_s = \"60\"\n", "must be a whole number"},
        {"the interval is shorter than a second", least + "[registry]\nrefresh_s = 0\n", "from 1 to"},
        {"attachments are to be forgotten", least + "[message_log]\nsoap_attachments = \"none\"\n",
         "must be one of \"kept\", \"digests\""},
        {"a network has bits behind its prefix", least + "[services]\ndeny = [\"10.1.0.0/8\"]\n",
         "'deny' in [services] '10.1.0.0/8' is no network"},
        {"a network is a name", least + "[services]\nallow = [\"localhost\"]\n", "'localhost' is no network"},
        {"a validator is nobody", least + "[services]\nwsdl_validator = []\n", "must name a program"},
        {"a version is a word",
         "[server]\nid = \"A/B/C/D\"\nmin_client_version = \"latest\"\n[listen]\ninside = \"127.0.0.1\"\noutside = "
         "\"127.0.0.1\"",
         "three numbers with dots between them"},
        {"a version has two numbers",
         "[server]\nid = \"A/B/C/D\"\nmin_client_version = \"7.3\"\n[listen]\ninside = \"127.0.0.1\"\noutside = "
         "\"127.0.0.1\"",
         "three numbers with dots between them"},
        {"a word is not one of the few", least + "[log]\nlevel = \"loud\"\n", "must be one of \"debug\", \"info\""},
        {"a flag is a number", least + "[server.more]\n", "'more' in [server]"},
        {"it is no TOML", "[server\n", "line 1"},
    };
    for (const auto& [what, text, says] : rows) SUBCASE(what) {
            const auto refused = read_server_file(text, "/srv/home");
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
            CHECK(contains(refused.error().detail, "/srv/home/server.toml"));
        }
}

TEST_CASE("the file that init writes reads back as it was wished") {
    admin::NewServerFile wanted;
    wanted.id = {{"ZA-WC", "GOV", "HOME"}, "ss\"1"};
    wanted.id.code = "ss1";
    wanted.inside = "10.0.0.5";
    wanted.outside = "198.51.100.5";
    wanted.ports = {18080, 18443, 15500, 15577};
    wanted.health = "10.0.0.5:5588";
    wanted.pin_file = "pin";
    wanted.refresh_s = 2;
    wanted.stamp_interval_s = 3;
    const auto file = read_server_file(admin::write_server_file(wanted), "/srv/home");
    REQUIRE_MESSAGE(file, file.error().detail);
    CHECK(file->id == wanted.id);
    CHECK(file->ports.messages == 15500);
    CHECK(file->health_address == "10.0.0.5");
    CHECK(file->health_port == 5588);
    CHECK(file->pin_file == "/srv/home/pin");
    CHECK(file->refresh == std::chrono::seconds(2));
    CHECK(file->stamping.interval == std::chrono::seconds(3));
}

TEST_CASE("a folder without a server says how to make one") {
    const TemporaryFolder folder;
    const auto refused = admin::load_server_file(folder.path());
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().detail, "onceway-server init"));
}
