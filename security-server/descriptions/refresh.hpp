// What a document that was read again changes: services that stay keep what their operator set, others come and go.
#pragma once

#include "security-server/descriptions/content.hpp"

namespace onceway::descriptions {

/// Puts the services of `content` in place of those that `client` has of the description at `url`, and gives the
/// warnings: `content`'s own, and what is added and deleted. `first` says that the description is new, so that all of
/// it is: nothing of that is a warning.
///
/// A service of the same code and version (for OpenAPI: the one service) keeps address, timeout, TLS verification and
/// its endpoints by hand; an endpoint by hand that is now generated becomes one that is. With the last version of a
/// code go its rights, unless another service of the client has the code; with a generated endpoint go the rights to
/// it. Rule: server-services §2.3, §2.4, kept in docs/conformance/server-services.md as 26, 27 and 29.
std::vector<Warning> put_services(access::Client& client, const std::string& url, const Content& content, bool first);

/// Takes rights away that name no service of `client` any more. Rule: server-services §2.7.
void drop_stray_rights(access::Client& client);

}  // namespace onceway::descriptions
