// server.toml: who this server is, where it listens, where it keeps things.
#pragma once

#include "certs/channel/address_policy.hpp"
#include "schemas/base/log.hpp"
#include "schemas/base/result.hpp"
#include "schemas/identity/identifiers.hpp"
#include "security-server/records/timestamper.hpp"
#include "security-server/transport/places.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::admin {

struct ListenPorts {
    std::uint16_t http = 8080, https = 8443, messages = 5500, ocsp = 5577;
};

/// The server's file with every path made absolute. Fields that the file leaves out have these values.
struct ServerFile {
    identity::ServerId id;
    std::filesystem::path folder;  // data: the folder of the file itself unless it says otherwise

    std::string inside, outside;  // addresses for information systems, and for other servers
    ListenPorts ports;
    std::string health_address;  // empty: no health endpoint
    std::uint16_t health_port = 0;

    std::filesystem::path anchor;
    std::chrono::seconds refresh{60};
    std::filesystem::path tls_roots;

    std::filesystem::path pin_file;         // empty: keys are unlocked by hand
    std::chrono::seconds ocsp_interval{0};  // 0: as the registry says

    records::Timestamper::Settings stamping;  // [time_stamping]
    records::Patience stamp_patience;

    std::filesystem::path log_folder;  // of the message log
    std::uint64_t body_limit = 0;      // octets; 0: none
    records::SoapAttachments soap_attachments = records::SoapAttachments::kept;
    std::filesystem::path spool;

    log::Level log_level = log::Level::info;
    log::Format log_format = log::Format::text;

    unsigned threads = 0;            // 0: one for each core
    bool pooled_connections = true;  // keep connections to and from other servers open
    transport::WorkLimits limits;
    bool enforce_certificate_dates = false;  // of information systems
    bool refuse_repetitions = false;         // of the same signed request by another server
    bool allow_outdated_openssl = false;
    std::optional<std::string> min_client_version;  // of other servers' software, "7.6.0"; absent: any

    std::shared_ptr<const channel::AddressPolicy> service_addresses = channel::AddressPolicy::usual();
    std::vector<std::string> wsdl_validator;  // program and arguments; empty: none

    std::filesystem::path keys() const { return folder / "keys"; }
    std::filesystem::path state() const { return folder / "server.db"; }
    std::filesystem::path configuration() const { return folder / "registry"; }
    std::filesystem::path ocsp() const { return folder / "ocsp"; }
    std::filesystem::path tls_certificate() const { return folder / "tls" / "internal.pem"; }
    std::filesystem::path tls_key() const { return folder / "tls" / "internal-key.pem"; }
    std::filesystem::path socket() const { return folder / "admin.sock"; }
    std::filesystem::path lock() const { return folder / "lock"; }
    std::filesystem::path stamp_memory() const { return folder / "time-stamping-failing-since"; }
};

/// Reads the text of a server.toml that lies in `folder`. Faults: `invalid_argument` with file, line, key and remedy.
Result<ServerFile> read_server_file(std::string_view text, const std::filesystem::path& folder);
/// Reads `folder`/server.toml. Faults: `io_error` when there is none, saying how to make one.
Result<ServerFile> load_server_file(const std::filesystem::path& folder);

/// What `init` asks for; the rest keeps its default and stands in the file as a comment.
struct NewServerFile {
    identity::ServerId id;
    std::string inside, outside;
    ListenPorts ports;
    std::string health;    // "address:port", or empty
    std::string pin_file;  // or empty
    int stamp_interval_s = 0;
    int refresh_s = 60;
};
std::string write_server_file(const NewServerFile& wanted);

}  // namespace onceway::admin
