#include "security-server/doctor/patient.hpp"

#include "schemas/store/database.hpp"
#include "security-server/admin/local_socket.hpp"
#include "security-server/registry-view/store.hpp"

#include <boost/json.hpp>

namespace onceway::doctor {
namespace {

namespace json = boost::json;
constexpr std::size_t anchor_octets = 1024 * 1024;
constexpr std::chrono::seconds patience{10};

/// Keeps the value, or the fault in its place.
template <class T, class Into>
void take(Result<T> result, Into& into, std::optional<Fault>& otherwise) {
    if (result)
        into = std::move(*result);
    else
        otherwise = result.error();
}

void read_anchor(Patient& patient) {
    const auto octets = store::read_whole(patient.file.anchor, anchor_octets);
    if (!octets) {
        patient.no_anchor = octets.error();
        return;
    }
    patient.anchor_hash = registry_view::anchor_hash(*octets);
    take(admin::check_anchor(*octets, patient.file.id.owner.instance), patient.anchor, patient.no_anchor);
}

/// A running server may be writing at this very moment; then the second look finds it whole.
void read_stored(Patient& patient) {
    for (int look = 0; look < 2; ++look) {
        auto stored = registry_view::Store(patient.file.configuration()).load();
        patient.no_stored.reset();
        if (stored && *stored)
            patient.stored = std::make_shared<const registry_view::Configuration>(std::move(**stored));
        if (!stored) patient.no_stored = stored.error();
        if (stored) return;
    }
}

void read_keys(Patient& patient) {
    const auto token = keys::SoftwareToken::open(patient.file.keys());
    if (token)
        patient.keys = token->list();
    else
        patient.no_keys = token.error();
}

/// Over the socket of a running server, which must answer soon; otherwise in the folder of a stopped one.
Result<json::object> ask_how_it_stands(admin::Asking& asking, std::chrono::milliseconds patience) {
    const json::object question{{"do", "status"}};
    const auto reply = admin::ask_socket(asking.file().socket(), json::serialize(question), patience);
    if (reply) return admin::read_answer(*reply);
    if (reply.error().code == FaultCode::network_error) return asking.ask(question);
    return reply.error();
}

}  // namespace

std::shared_ptr<Patient> Patient::meet(admin::Asking asking, const Clock& clock, std::chrono::milliseconds patience) {
    auto patient = std::make_shared<Patient>(asking.file(), clock);
    read_anchor(*patient);
    read_stored(*patient);
    read_keys(*patient);

    auto status = ask_how_it_stands(asking, patience);
    if (!status) {
        patient->silent = status.error();
        return patient;
    }
    patient->status = status->at("status").as_object();
    patient->running = is_true(patient->status, "running");
    if (!patient->running && !patient->file.pin_file.empty())
        if (auto unlocked = asking.ask({{"do", "key.list"}}, true); !unlocked) patient->locked = unlocked.error();
    if (auto shown = asking.ask({{"do", "state.show"}})) {
        auto state = admin::read_state(admin::text_in(*shown, "state"), "the declared state", patient->file.folder,
                                       patient->file.id);
        if (state) patient->state = std::move(*state);
    }
    patient->asking_.emplace(std::move(asking));
    return patient;
}

Result<json::object> Patient::ask(const json::object& request) const {
    if (silent || !asking_) return silent.value_or(fault(FaultCode::internal_error, "The server cannot be asked."));
    // A running server answers several questions at a time; in a stopped one's folder we work alone.
    if (!running) {
        const std::lock_guard held(lock_);
        return asking_->ask(request);
    }
    questions_.acquire();
    const auto reply = admin::ask_socket(file.socket(), json::serialize(request), patience);
    questions_.release();
    if (!reply) return reply.error();
    return admin::read_answer(*reply);
}

const json::object& section(const json::object& status, std::string_view name) {
    static const json::object none;
    const auto* found = status.if_contains(name);
    return found && found->is_object() ? found->as_object() : none;
}

std::int64_t number_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

bool is_true(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->as_bool();
}

}  // namespace onceway::doctor
