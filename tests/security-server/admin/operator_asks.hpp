// Asking a server's administration as an operator's commands do, for every test that has one.
#pragma once

#include "security-server/admin/administration.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <memory>
#include <string>

namespace onceway::tests {

struct OperatorAsks {
    std::unique_ptr<admin::Administration> administration;

    boost::json::object ask(const boost::json::object& request) {
        return boost::json::parse(administration->answer(boost::json::serialize(request))).as_object();
    }
    boost::json::object granted(const boost::json::object& request) {
        auto answer = ask(request);
        REQUIRE_MESSAGE(answer.at("ok").as_bool(), boost::json::serialize(answer));
        return answer;
    }
    /// Why it was refused.
    std::string refused(const boost::json::object& request) {
        const auto answer = ask(request);
        REQUIRE_FALSE(answer.at("ok").as_bool());
        return std::string(answer.at("detail").as_string());
    }
};

}  // namespace onceway::tests
