#include "schemas/store/database.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace onceway;
using namespace onceway::store;
using namespace onceway::tests;

TEST_CASE("a file is written whole, readable by its owner alone, and leaves nothing beside it") {
    TemporaryFolder folder;
    const auto path = folder / "token.key";
    REQUIRE(write_whole(path, "old"));
    REQUIRE(write_whole(path, std::string("new\0 content", 12)));
    CHECK(contents_of(path) == std::string("new\0 content", 12));
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
    int entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
    CHECK(entries == 1);
}

TEST_CASE("writing that fails leaves the old file and says why") {
    TemporaryFolder folder;
    const auto missing = write_whole(folder / "none" / "x", "y");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == FaultCode::io_error);
    CHECK(contains(missing.error().detail, "No such file"));

    std::filesystem::create_directory(folder / "in-the-way");
    const auto blocked = write_whole(folder / "in-the-way", "y");
    REQUIRE_FALSE(blocked);
    CHECK(contains(blocked.error().detail, "putting in place"));
    int entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
    CHECK(entries == 1);
}

TEST_CASE("a symbolic link is replaced, not followed") {
    TemporaryFolder folder;
    write_file(folder / "target", "untouched");
    std::filesystem::create_symlink(folder / "target", folder / "link");
    REQUIRE(write_whole(folder / "link", "new"));
    CHECK(contents_of(folder / "target") == "untouched");
    CHECK(contents_of(folder / "link") == "new");
}

TEST_CASE("a file is read whole up to the limit") {
    TemporaryFolder folder;
    const auto path = folder / "a";
    write_file(path, std::string(100'000, 'x'));
    CHECK(read_whole(path, 100'000)->size() == 100'000);
    const auto large = read_whole(path, 99'999);
    REQUIRE_FALSE(large);
    CHECK(large.error().code == FaultCode::too_large);
    CHECK(contains(large.error().detail, "more than 99999 octets"));
    write_file(path, "");
    CHECK(read_whole(path, 0)->empty());

    CHECK(contains(read_whole(folder / "none", 10).error().detail, "No such file"));
    CHECK(contains(read_whole(folder.path(), 10).error().detail, "no regular file"));
    CHECK(contains(read_whole("/dev/zero", 10).error().detail, "no regular file"));
}
