#include "central-registry/admin/report.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace onceway::central {
namespace {

/// Nothing was found out: the machine stood in the way, not the request.
bool is_no_answer(FaultCode code) {
    switch (code) {
        case FaultCode::io_error:
        case FaultCode::database_error:
        case FaultCode::network_error:
        case FaultCode::not_found:
        case FaultCode::pin_incorrect:
        case FaultCode::key_not_found:
        case FaultCode::internal_error:
            return true;
        default:
            return false;
    }
}

}  // namespace

void print_line(std::string_view text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
}

void print(const boost::json::object& object) { print_line(boost::json::serialize(object)); }

boost::json::object described(const Anchors& anchors) {
    const auto one = [](const AnchorFile& file) {
        return boost::json::object{{"path", file.path.string()}, {"hash", file.hash}};
    };
    return {{"internal", one(anchors.internal)}, {"external", one(anchors.external)}};
}

void print_anchors(const Anchors& anchors) {
    const auto one = [](std::string_view what, const AnchorFile& file) {
        print_line(fmt::format("  {}  {}\n    SHA-224  {}", what, file.path.string(), file.hash));
    };
    one("internal anchor, for servers of this instance", anchors.internal);
    one("external anchor, for registries of other instances", anchors.external);
}

int refuse(const Fault& fault, std::string_view format, bool json) {
    fmt::print(stderr, "onceway-registry: {}\n", fault.detail);
    if (json) print({{"format", format}, {"ok", false}, {"code", spelling(fault.code)}, {"reason", fault.detail}});
    return is_no_answer(fault.code) ? 2 : 1;
}

}  // namespace onceway::central
