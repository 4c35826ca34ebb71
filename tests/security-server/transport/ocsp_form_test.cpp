#include "security-server/transport/ocsp_form.hpp"

#include <doctest/doctest.h>

using namespace onceway;

TEST_CASE("an OCSP response is told by its outermost structure") {
    const auto octets = [](std::initializer_list<int> values) {
        Octets all;
        for (const int value : values) all += static_cast<char>(value);
        return all;
    };
    struct {
        const char* what;
        Octets octets;
        bool response;
    } const rows[] = {
        {"a status alone", octets({0x30, 3, 0x0a, 1, 3}), true},
        {"a status and typed octets", octets({0x30, 13, 0x0a, 1, 0, 0xa0, 8, 0x30, 6, 0x06, 1, 0x29, 0x04, 1, 0x30}),
         true},
        {"octets behind it, which the judge refuses", octets({0x30, 3, 0x0a, 1, 3, 9, 9}), true},
        {"a long form of length", octets({0x30, 0x81, 3, 0x0a, 1, 3}), true},
        {"nothing", {}, false},
        {"a tag alone", octets({0x30}), false},
        {"text", "tryLater", false},
        {"a sequence that is cut off", octets({0x30, 9, 0x0a, 1, 3}), false},
        {"a length that is cut off", octets({0x30, 0x82, 1}), false},
        {"an endless length", octets({0x30, 0x80, 0x0a, 1, 3, 0, 0}), false},
        {"a length of five octets", octets({0x30, 0x85, 0, 0, 0, 0, 3, 0x0a, 1, 3}), false},
        {"an integer in place of the status", octets({0x30, 3, 0x02, 1, 3}), false},
        {"a status of two octets", octets({0x30, 4, 0x0a, 2, 0, 3}), false},
        {"something else behind the status", octets({0x30, 6, 0x0a, 1, 0, 0x04, 1, 1}), false},
        {"no octets in the response", octets({0x30, 10, 0x0a, 1, 0, 0xa0, 5, 0x30, 3, 0x06, 1, 0x29}), false},
        {"a certificate", octets({0x30, 5, 0x30, 3, 0x02, 1, 1}), false},
    };
    for (const auto& [what, der, response] : rows) SUBCASE(what) {
            CHECK(transport::is_ocsp_response(der) == response);
        }
}
