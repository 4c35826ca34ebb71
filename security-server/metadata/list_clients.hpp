// GET /listClients: every member and subsystem of an instance, for whoever reaches the door of information systems.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/registry/documents.hpp"
#include "security-server/registry-view/view.hpp"

namespace onceway::metadata {

/// Each member, then each of its subsystems, in the order of the shared parameters; names where there are any.
/// Rule: server-services §1.2.
Octets clients_as_xml(const registry::SharedParameters& shared);
Octets clients_as_json(const registry::SharedParameters& shared);

/// Answers one request from the snapshot in force, expired or not: `xRoadInstance` names another instance whose
/// parameters were downloaded, `Accept: application/json` asks for JSON. Nothing of it is signed, recorded or told to
/// anybody. What fails is a SOAP fault, `server.clientproxy.internal_error`, whatever the caller accepts.
boost::asio::awaitable<void> answer_list_clients(channel::Exchange& exchange, const registry_view::View& view);

}  // namespace onceway::metadata
