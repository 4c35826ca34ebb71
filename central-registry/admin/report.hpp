// What the commands print: for people, or one JSON object for programs.
#pragma once

#include "central-registry/publish/anchors.hpp"
#include "schemas/base/result.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace onceway::central {

/// One line on stdout.
void print_line(std::string_view text);
/// One JSON object on one line of stdout.
void print(const boost::json::object& object);

/// {"internal": {path, hash}, "external": {path, hash}}.
boost::json::object described(const Anchors& anchors);
void print_anchors(const Anchors& anchors);

/// Says on stderr why a command failed, and for programs on stdout as {format, ok: false, code, reason}. Gives the exit
/// status: 1 when the answer is no, 2 when there is none (disk, database, passphrase).
int refuse(const Fault& fault, std::string_view format, bool json);

}  // namespace onceway::central
