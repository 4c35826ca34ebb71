#include "security-server/records/stamp_authorities.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using records::authorities_in_order;
using records::Preference;

TEST_CASE("time-stamping authorities are asked in the order of their choice") {
    std::vector<registry::ApprovedTsa> approved(4);
    const std::pair<const char*, std::optional<std::string>> known[] = {
        {"paid", "PAID"}, {"unsaid", std::nullopt}, {"free", "FREE"}, {"undefined", "UNDEFINED"}};
    for (std::size_t i = 0; i < approved.size(); ++i) {
        approved[i].url = known[i].first;
        approved[i].cost_type = known[i].second;
    }
    using Urls = std::vector<std::string>;
    const struct {
        const char* what;
        Urls selected;
        Preference preference;
        Urls asked;
    } rows[] = {
        {"all approved ones, as they stand", {}, Preference::none, {"paid", "unsaid", "free", "undefined"}},
        {"free ones first", {}, Preference::free_first, {"free", "paid", "unsaid", "undefined"}},
        {"paid ones first", {}, Preference::paid_first, {"paid", "unsaid", "free", "undefined"}},
        {"free ones only", {}, Preference::only_free, {"free"}},
        {"paid ones only", {}, Preference::only_paid, {"paid"}},
        {"selected ones, as selected", {"free", "paid"}, Preference::none, {"free", "paid"}},
        {"selected ones, paid first", {"free", "paid"}, Preference::paid_first, {"paid", "free"}},
        {"one that nobody approved", {"stranger"}, Preference::none, {"stranger"}},
        {"one that nobody approved, behind a free one",
         {"stranger", "free"},
         Preference::free_first,
         {"free", "stranger"}},
        {"one that nobody approved is not known to be free", {"stranger"}, Preference::only_free, {}},
    };
    for (const auto& [what, selected, preference, asked] : rows) {
        CAPTURE(what);
        CHECK(authorities_in_order(selected, approved, preference) == asked);
    }
    approved.push_back(approved.front());
    CHECK(authorities_in_order({}, approved, Preference::only_paid) == Urls{"paid"});  // one address is asked once
}
