#include "certs/pilot/commands.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

using namespace onceway;
using tests::contains;
using tests::must;

namespace {

struct Said {
    int status;
    std::string text;
    boost::json::object json() const { return boost::json::parse(text).as_object(); }
};

// Runs the command line in this process, with stdout going to a file.
Said say(const tests::TemporaryFolder& folder, std::vector<std::string> words) {
    words.insert(words.begin(), "onceway-pilot");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    std::fflush(stdout);
    const int kept = ::dup(STDOUT_FILENO),
              file = ::open((folder / "said").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    ::dup2(file, STDOUT_FILENO);
    const int status = pilot::run(static_cast<int>(arguments.size()), arguments.data());
    std::fflush(stdout);
    ::dup2(kept, STDOUT_FILENO);
    ::close(kept);
    ::close(file);
    return {status, tests::contents_of(folder / "said")};
}

struct Bench {
    tests::TemporaryFolder folder;
    std::string place = folder / "pilot", request = folder / "request.csr", out = folder / "certificate.pem";
    Bench() {
        REQUIRE(say(folder, {"init", place, "--key", "ec", "--name", "ZA-TEST"}).status == 0);
        tests::write_file(request,
                          must(x509::write_request(*tests::shared_key(), {{"CN", "x"}}, x509::Profile::signing)));
    }
};

}  // namespace

TEST_CASE("a certificate is issued, listed, revoked by file, and told as JSON") {
    const Bench bench;
    const auto issued = say(bench.folder, {"issue", bench.place, "--csr", bench.request, "--out", bench.out, "--json"});
    CHECK(issued.status == 0);
    const auto certificate = must(x509::Certificate::from_pem_or_der(tests::contents_of(bench.out)));
    CHECK(issued.json().at("format") == "onceway-pilot-issue/1");
    CHECK(issued.json().at("serial").as_string() == certificate.serial_decimal().c_str());
    CHECK(issued.json().at("pem").as_string() == certificate.pem().c_str());

    const auto revoked = say(bench.folder, {"--json", "revoke", bench.place, bench.out});
    CHECK(revoked.status == 0);
    CHECK(revoked.json().at("certificate").as_object().at("status") == "revoked");
    const auto listed = say(bench.folder, {"list", bench.place, "--json"}).json().at("certificates").as_array();
    REQUIRE(listed.size() == 4);
    CHECK(listed[0].as_object().at("status") == "good");
    CHECK(listed[0].as_object().at("revoked_at").is_null());
    CHECK(listed[3].as_object().at("serial").as_string() == certificate.serial_decimal().c_str());
    CHECK(contains(say(bench.folder, {"list", bench.place}).text, "revoked  signing"));
}

TEST_CASE("without --out the certificate goes to stdout as PEM") {
    const Bench bench;
    const auto issued = say(bench.folder, {"issue", bench.place, "--csr", bench.request, "--profile", "tls_server",
                                           "--address", "server.test"});
    CHECK(issued.status == 0);
    CHECK(must(x509::Certificate::from_pem_or_der(issued.text)).has_extended_usage("1.3.6.1.5.5.7.3.1"));
}

TEST_CASE("the exit status says no, or that it could not tell") {
    const Bench bench;
    struct {
        const char* what;
        std::vector<std::string> words;
        int status;
        const char* code;
    } const rows[] = {
        {"an authority is there already", {"init", bench.place, "--json"}, 1, "invalid_argument"},
        {"no authority is there", {"list", bench.folder / "nowhere", "--json"}, 2, "not_found"},
        {"the request is none",
         {"issue", bench.place, "--csr", bench.place + "/ca.pem", "--json"},
         1,
         "invalid_request"},
        {"the request is missing", {"issue", bench.place, "--csr", bench.folder / "nothing", "--json"}, 2, "io_error"},
        {"the serial number is unknown", {"revoke", bench.place, "12345", "--json"}, 1, "cert_not_found"},
        {"the seconds mean nothing",
         {"fail", bench.place, "--service", "tsa", "--how", "garbage", "--seconds", "5", "--json"},
         1,
         "invalid_argument"},
        {"the address is none", {"serve", bench.place, "--ocsp", "nowhere", "--json"}, 1, "invalid_argument"},
    };
    for (const auto& row : rows) SUBCASE(row.what) {
            const auto said = say(bench.folder, row.words);
            CHECK(said.status == row.status);
            CHECK(said.json().at("ok") == false);
            CHECK(said.json().at("code") == row.code);
            CHECK_FALSE(said.json().at("reason").as_string().empty());
        }
    SUBCASE("the command is none") CHECK(say(bench.folder, {"dance"}).status == 2);
    SUBCASE("help is asked for") {
        const auto said = say(bench.folder, {"--help"});
        CHECK(said.status == 0);
        CHECK(contains(said.text, "docs/operators/pilot.md"));
    }
    SUBCASE("the version is asked for")
    CHECK(contains(say(bench.folder, {"--version"}).text, "onceway-pilot " ONCEWAY_VERSION));
}

TEST_CASE("failing on purpose is said and ended") {
    const Bench bench;
    CHECK(contains(say(bench.folder, {"fail", bench.place, "--service", "ocsp", "--how", "delay"}).text, "delay, 5 s"));
    const auto off = say(bench.folder, {"fail", bench.place, "--service", "ocsp", "--how", "off", "--json"}).json();
    CHECK(off.at("how") == "off");
    CHECK(off.at("format") == "onceway-pilot-fail/1");
}
