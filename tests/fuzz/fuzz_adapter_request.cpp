// Requests to the adapter: path, query and JSON body, down to the statement that they are bound to.
#include "adapters/database/service.hpp"
#include "schemas/base/log.hpp"
#include "schemas/store/database.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/temporary_folder.hpp"

#include <array>
#include <boost/json.hpp>
#include <cstdlib>

namespace {

using namespace onceway;

constexpr std::string_view declaration = R"toml(
database = "people.db"
title = "People"
[[endpoint]]
path = "/persons/{id}"
sql = "SELECT id, name FROM person WHERE id = :id"
columns = [{ column = "id" }, { column = "name" }]
parameters.id = { type = "string", pattern = "[0-9]{3}(-[a-z]+)*" }
[[endpoint]]
path = "/persons"
sql = "SELECT id, name FROM person WHERE id > :least"
result = "many"
columns = [{ column = "id" }, { column = "name" }]
parameters.least = { type = "integer", min = -5, max = 999 }
[[endpoint]]
path = "/persons"
method = "POST"
sql = "SELECT id, name FROM person WHERE name = :name AND born >= :since AND (:old IS NULL OR id > :least)"
result = "many"
columns = [{ column = "id" }, { column = "name" }]
parameters.name = { type = "string" }
parameters.since = { type = "date" }
parameters.old = { type = "boolean", required = false }
parameters.least = { type = "integer", min = -5, max = 999 }
)toml";

database::Service opened() {
    static const tests::TemporaryFolder folder;
    const std::array tables{store::Migration{1,
                                             "CREATE TABLE person (id TEXT, name TEXT, born TEXT) STRICT;"
                                             "INSERT INTO person VALUES ('100', 'Anna', '2001-02-03');"}};
    store::Database::Settings settings;
    settings.path = folder / "people.db";
    settings.migrations = tables;
    {
        auto made = store::Database::open(settings).value();
        made.execute("PRAGMA journal_mode=DELETE");
    }
    log::set_up(log::Level::error, log::Format::text);  // each answer has its line
    const auto read = database::read_declaration(declaration, folder.path());
    if (!read) throw std::logic_error(read.error().detail);
    auto service = database::Service::open(*read);
    if (!service) throw std::logic_error(service.error().detail);
    return std::move(*service);
}

}  // namespace

/// The first line is a target, behind it stands the body of a POST; without a second line it is a GET.
ONCEWAY_FUZZ(adapter_request) {
    static auto service = opened();
    const auto cut = input.find('\n');
    kit::Request request{"GET", Octets(input.substr(0, cut)), {}, {}};
    if (cut != OctetsView::npos) {
        request.method = "POST";
        request.fields = {{"Content-Type", "application/json"}};
        request.body = Octets(input.substr(cut + 1));
    }
    const auto answer = service.answer(request);
    boost::system::error_code error;
    (void)boost::json::parse(answer.body, error);
    if (error || answer.status >= 500) std::abort();  // no caller can make the register fail
}
