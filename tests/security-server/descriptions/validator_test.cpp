// Any program can judge a WSDL; whatever it does, it is given a file, a time and nothing else.
#include "security-server/descriptions/validator.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>

using namespace onceway;
using namespace onceway::tests;
using descriptions::validate;
using descriptions::Validator;

namespace {

struct Judge {
    TemporaryFolder folder;
    Validator validator{{}, folder / "spool"};

    /// A script of these lines, called with the document's file behind "strict".
    explicit Judge(const std::string& lines) {
        write_file(folder / "judge", "#!/bin/sh\n" + lines);
        ::chmod((folder / "judge").c_str(), 0700);
        validator.command = {(folder / "judge").string(), "strict"};
    }
    Result<std::vector<std::string>> judges(OctetsView document = "<wsdl/>") { return validate(validator, document); }
    bool left_nothing() const { return std::filesystem::is_empty(folder / "spool"); }
};

}  // namespace

TEST_CASE("a validator is given the document as a file behind its arguments, and nothing to read") {
    Judge judge("[ \"$1\" = strict ] && [ \"$(cat \"$2\")\" = '<wsdl/>' ] && [ -z \"$(cat)\" ] && [ $# = 2 ]");
    const auto warnings = judge.judges();
    CHECK_MESSAGE(warnings, warnings.error().detail);
    CHECK(judge.left_nothing());
}

TEST_CASE("a document's octets mean nothing to a shell") {
    Judge judge("exit 0");
    CHECK(judge.judges("; touch stolen; $(reboot) `id`"));
}

TEST_CASE("what a validator that accepts says on stderr are warnings, line by line") {
    Judge judge(
        "echo progress; echo 'one thing' >&2; echo >&2; printf 'another\\001thing\\n' >&2; printf '\\302\\233x\\n' "
        ">&2");
    CHECK(must(judge.judges()) == std::vector<std::string>{"one thing", "another thing", " x"});
}

TEST_CASE("without a validator there are no warnings") { CHECK(must(validate({}, "<wsdl/>")).empty()); }

TEST_CASE("a document is refused, with the validator's words, when the validator") {
    struct {
        const char* what;
        std::string lines;
        FaultCode code;
        std::string_view says;
    } const rows[] = {
        {"finds fault with it", "echo 'no port' >&2; echo 'line 3'; exit 3", FaultCode::invalid_argument,
         "(exit status 3): no port; line 3"},
        {"says no more than no", "exit 1", FaultCode::invalid_argument, "it gave no reason"},
        {"falls over", "kill -9 $$", FaultCode::invalid_argument, "signal 9"},
        {"thinks for too long", "sleep 60", FaultCode::timed_out, "took longer"},
        {"leaves somebody behind who thinks", "sleep 60 &", FaultCode::timed_out, "took longer"},
    };
    for (const auto& [what, lines, code, says] : rows) SUBCASE(what) {
            Judge judge(lines);
            judge.validator.within = std::chrono::milliseconds(code == FaultCode::timed_out ? 300 : 30'000);
            const auto refused = judge.judges();
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == code);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
            CHECK(judge.left_nothing());
        }
    SUBCASE("is not there") {
        Judge judge("");
        judge.validator.command = {(judge.folder / "absent").string()};
        const auto refused = judge.judges();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::io_error);
        CHECK(contains(refused.error().detail, "'wsdl_validator' of [services]"));
    }
}

TEST_CASE("of a validator that never stops talking 64 KiB and a hundred lines are kept") {
    Judge judge(
        "i=0; while [ $i -lt 3000 ]; do echo 'a warning of some length, again and again' >&2; i=$((i+1)); done");
    CHECK(must(judge.judges()).size() == 100);
}
