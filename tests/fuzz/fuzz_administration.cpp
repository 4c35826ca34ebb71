// The local administration socket: one line asks, one JSON object answers; and that object as the commands read it.
#include "security-server/admin/asking.hpp"
#include "security-server/admin/stopped_server.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>

namespace {

using namespace onceway;

std::unique_ptr<admin::StoppedServer> made_server() {
    static const tests::TemporaryFolder folder;
    const auto& clock = Clock::system();
    admin::NewServer wanted;
    wanted.folder = folder / "server";
    wanted.file.id = identity::ServerId::from_header("T/GOV/1/ss1").value();
    wanted.file.inside = wanted.file.outside = "127.0.0.1";
    wanted.pin = "a pin for fuzzing";
    if (!admin::make_server(wanted, clock)) std::abort();
    std::ofstream(wanted.folder / "server.toml", std::ios::app)
        << "\n[services]\ndeny = [\"0.0.0.0/0\", \"::/0\"]\n";  // whatever is said, nobody is called
    static const auto file = admin::load_server_file(wanted.folder).value();
    return admin::StoppedServer::open(file, clock).value();
}

/// Requests that are meant to take long: they make a key, derive one from a PIN, or fetch a document.
bool is_slow(OctetsView line) {
    for (const std::string_view verb : {"key.unlock", "internal_tls.renew", "key.generate", "description"})
        if (line.find(verb) != line.npos) return true;
    return false;
}

}  // namespace

ONCEWAY_FUZZ(administration) {
    (void)admin::read_answer(input);
    if (is_slow(input)) return;
    static const auto server = made_server();
    const auto reply = server->answer(input);
    const auto answer = boost::json::parse(reply).as_object();
    if (!answer.at("ok").as_bool() && answer.at("detail").as_string().empty()) std::abort();
    if (answer.at("ok").as_bool() != admin::read_answer(reply).has_value()) std::abort();
}
