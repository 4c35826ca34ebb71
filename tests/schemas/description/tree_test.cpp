#include "schemas/description/tree.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::description;
using namespace std::chrono_literals;
using tests::contains;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    while (times-- > 0) all += text;
    return all;
}

Fault fault_of(std::string_view document, Format format) {
    const auto tree = read_tree(document, format);
    REQUIRE_FALSE(tree);
    return tree.error();
}

}  // namespace

TEST_CASE("JSON and YAML of the same meaning give the same tree, each text with its place") {
    const std::string_view json = R"( {"a": ["b", 1, true, null, {}], "c\n\ud83d\ude00": "d\"\\"} )";
    const std::string_view yaml = "a: [b, 1, true, null, {}]\n\"c\\n\\U0001f600\": 'd\"\\'\n";
    for (const auto format : {Format::json, Format::yaml}) {
        const auto document = format == Format::json ? json : yaml;
        const auto tree = read_tree(document, format);
        REQUIRE(tree);
        const auto root = tree->root();
        REQUIRE(root.is(Kind::map));
        REQUIRE(root.size() == 2);
        CHECK(root.key(1).text() == "c\n\xf0\x9f\x98\x80");
        const auto list = root.find("a");
        REQUIRE(list);
        REQUIRE(list->size() == 5);
        CHECK(list->item(0).text() == "b");
        CHECK(list->item(1).is(format == Format::json ? Kind::number : Kind::text));
        CHECK(list->item(3).is(Kind::nothing));
        CHECK(list->item(4).is(Kind::map));
        const auto text = root.item(1);
        CHECK(text.text() == "d\"\\");
        CHECK(document.substr(text.begin(), text.end() - text.begin()) ==
              (format == Format::json ? R"("d\"\\")" : "'d\"\\'"));
        CHECK_FALSE(root.find("b"));
        CHECK_FALSE(list->find("b"));
    }
}

TEST_CASE("merge keys bring the entries of other maps, and a map's own entries win") {
    const auto tree = read_yaml("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], c: 5}\n'<<': text\n");
    REQUIRE_MESSAGE(tree, tree.error().detail);
    const auto z = tree->root().find("z");
    CHECK(z->find("a")->text() == "1");
    CHECK(z->find("b")->text() == "2");
    CHECK(z->find("c")->text() == "5");
}

TEST_CASE("a document is refused, with its reason and place, when") {
    struct {
        const char* why;
        Format format;
        std::string text;
        std::string_view says;
    } const wrong[] = {
        {"JSON is empty", Format::json, "", "incomplete JSON"},
        {"JSON ends early", Format::json, "{\"a\": [1", "incomplete JSON"},
        {"JSON is followed by more", Format::json, "{}\n{}", "line 2: extra data"},
        {"JSON has a comment", Format::json, "{} // a", "extra data"},
        {"JSON has a trailing comma", Format::json, "{\"a\": 1,}", "syntax error"},
        {"JSON has half a pair", Format::json, "\"\\ud800\"", "line 1: syntax error"},
        {"JSON gives a key twice", Format::json, R"({"a": 1, "\u0061": 2})", "the key 'a' is given twice"},
        {"JSON is no UTF-8", Format::json, "\"\xff\"", "no UTF-8"},
        {"YAML is empty", Format::yaml, " # nothing\n", "the document is empty"},
        {"YAML is malformed", Format::yaml, "a:\n  b: 'c\n", "line 3, column 1: found unexpected end of stream"},
        {"YAML is indented with a tab", Format::yaml, "a:\n\tb: c\n",
         "line 2, column 1: found character that cannot start any token"},
        {"YAML holds two documents", Format::yaml, "a: b\n---\nc: d\n", "more than one document (line 2)"},
        {"YAML gives a key twice", Format::yaml, "a: 1\nb:\n  c: 2\n  'c': 3\nd: 4\n",
         "the key 'c' is given twice (line 5)"},
        {"YAML has a list as key", Format::yaml, "? [a]\n: b\n", "a key is a list"},
        {"YAML names an anchor that there is not", Format::yaml, "a: *b\n", "the alias '*b' has no anchor (line 1)"},
        {"YAML names an anchor before it stands", Format::yaml, "a: *b\nc: &b d\n", "the alias '*b' has no anchor"},
        {"YAML leads into itself", Format::yaml, "a: &b {c: [*b]}\n",
         "the alias '*b' stands inside the value that it names"},
        {"YAML merges a text", Format::yaml, "<<: a\n", "'<<' merges something that is no map"},
        {"YAML merges a list of texts", Format::yaml, "<<: [a]\n", "'<<' merges something that is no map"},
        {"YAML asks for an object", Format::yaml, "a: !!python/object:os.system b\n",
         "the tag 'tag:yaml.org,2002:python/object:os.system' is not read"},
        {"YAML includes a file", Format::yaml, "a: !include /etc/passwd\n", "the tag '!include' is not read"},
        {"YAML is another version", Format::yaml, "%YAML 2.0\n---\na: b\n", "incompatible YAML document"},
        {"YAML is UTF-16", Format::yaml,
         std::string("\xff\xfe"
                     "a\0",
                     4),
         "no UTF-8"},
        {"YAML holds a control character", Format::yaml, std::string("a: \x01", 4),
         "control characters are not allowed"},
    };
    for (const auto& row : wrong) SUBCASE(row.why) {
            const auto refused = fault_of(row.text, row.format);
            CHECK(refused.code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(refused.detail, row.says), refused.detail);
        }
}

TEST_CASE("values lie at most 100 deep") {
    for (const auto format : {Format::json, Format::yaml}) {
        CHECK(read_tree(repeated("[", 100) + repeated("]", 100), format));
        const auto refused = fault_of(repeated("[", 101) + repeated("]", 101), format);
        CHECK(refused.code == FaultCode::too_large);
        CHECK(contains(refused.detail, "too deep (limit 100)"));
    }
}

TEST_CASE("a document has at most 10 MiB and a million values") {
    for (const auto format : {Format::json, Format::yaml}) {
        const auto padded = [](std::size_t octets) { return "[" + std::string(octets - 2, ' ') + "]"; };
        CHECK(read_tree(padded(most_octets), format));
        CHECK(contains(fault_of(padded(most_octets + 1), format).detail, "too many octets (limit 10485760)"));
    }
    const auto values = "[" + repeated("[],", most_nodes) + "[]]";
    CHECK(contains(fault_of(values, Format::json).detail, "too many values (limit 1000000)"));
}

TEST_CASE("a hostile document dies quickly, whether it is") {
    struct {
        const char* why;
        Format format;
        std::string_view says;
        std::string (*text)();
    } const rows[] = {
        {"a laugh of a billion", Format::yaml, "too many values",
         [] {
             std::string text = "a0: &a0 [ha, ha]\n";
             for (int level = 1; level < 1'000; ++level)
                 text += fmt::format("a{}: &a{} [{}*a{}]\n", level, level,
                                     repeated(fmt::format("*a{}, ", level - 1), 1'100), level - 1);
             return text;
         }},
        {"one map merged into thousands", Format::yaml, "too many values",
         [] {
             std::string text = "a: &a {k: 0";
             for (int key = 1; key < 5'000; ++key) text += fmt::format(", k{}: 0", key);
             return text + "}\nb:\n" + repeated("- {<<: *a}\n", 5'000);
         }},
        {"brackets alone, JSON", Format::json, "too deep", [] { return std::string(most_octets, '['); }},
        {"brackets alone, YAML", Format::yaml, "too deep", [] { return std::string(most_octets, '['); }},
        {"maps in maps", Format::yaml, "too deep", [] { return repeated("{a: ", 100'000); }},
        {"lists by dashes", Format::yaml, "too deep", [] { return repeated("- ", 100'000); }},
        {"keys by question marks", Format::yaml, "too deep", [] { return repeated("? ", 100'000); }},
        {"lines that go deeper and deeper", Format::yaml, "too deep",
         [] {
             std::string text;
             for (std::size_t depth = 0; depth < 1'000; ++depth) text += std::string(depth, ' ') + "a:\n";
             return text;
         }},
        {"directives", Format::yaml, "too many %TAG directives",
         [] {
             std::string text;
             for (int number = 0; number < 200'000; ++number) text += fmt::format("%TAG !a{}! tag:b\n", number);
             return text + "---\na: b\n";
         }},
    };
    for (const auto& row : rows) SUBCASE(row.why) {
            const auto text = row.text();
            const tests::Effort effort;
            const auto refused = fault_of(text, row.format);
            CHECK(effort.within(3s));
            CHECK(refused.code == FaultCode::too_large);
            CHECK_MESSAGE(contains(refused.detail, row.says), refused.detail);
        }
}

TEST_CASE("a large document that is only odd is read in little time:") {
    struct {
        const char* why;
        Format format;
        std::string (*text)();
    } const rows[] = {
        {"one long text of escapes", Format::json, [] { return "\"" + repeated("\\u0061", 500'000) + "\""; }},
        {"one long quoted text", Format::yaml, [] { return "'" + repeated("a''", 500'000) + "'"; }},
        {"one text of many lines", Format::yaml, [] { return repeated("a\n", 1'000'000); }},
        {"one block of many empty lines", Format::yaml, [] { return "a: |\n" + std::string(2'000'000, '\n') + "  b"; }},
        {"comments", Format::yaml, [] { return repeated("#\n", 1'000'000) + "a: b"; }},
        {"an anchor on everything", Format::yaml, [] { return "[" + repeated("&a b, ", 50'000) + "]"; }},
        {"many keys", Format::yaml,
         [] {
             std::string text;
             for (int key = 0; key < 50'000; ++key) text += fmt::format("k{}: v\n", key);
             return text;
         }},
        {"many values a hundred deep", Format::yaml,
         [] { return std::string(98, '[') + repeated("[],", 50'000) + std::string(98, ']'); }},
    };
    for (const auto& row : rows) SUBCASE(row.why) {
            const auto text = row.text();
            const tests::Effort effort;
            const auto tree = read_tree(text, row.format);
            CHECK_MESSAGE(tree, tree.error().detail);
            CHECK(effort.within(3s));
        }
}
