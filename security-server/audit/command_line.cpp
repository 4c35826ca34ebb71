#include "security-server/audit/command_line.hpp"
#include "certs/keys/memory.hpp"

#include "certs/container/asic.hpp"
#include "certs/container/judging.hpp"
#include "security-server/audit/inspect.hpp"
#include "security-server/audit/verdict.hpp"
#include "security-server/records/check.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <ostream>

namespace onceway::audit {
namespace {

namespace json = boost::json;

constexpr int yes = 0, no = 1, could_not_tell = 2;
constexpr std::size_t input_octets = 256 * 1024 * 1024;

/// Everything that arguments can say.
struct Arguments {
    std::string conf, at;
    bool strict = false, compatible = false, as_json = false, batch = false;
    std::vector<std::string> files;
    std::string kind, with = "{}", input = "-", folder;
    bool list = false;
};

struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

int status_of(std::string_view verdict) {
    if (verdict == "valid") return yes;
    return verdict == "invalid" ? no : could_not_tell;
}

// --- verify

/// The verdict on files about which nothing can be said, with the reason.
container::Verdict unknown(const Arguments& arguments, const Fault& fault) {
    container::Verdict verdict;
    verdict.verdict = "unknown";
    verdict.mode = arguments.compatible ? "compatible" : "strict";
    verdict.code = fault.wire_code();
    verdict.reason = fault.detail;
    for (const auto name : container::check_names) verdict.checks.push_back({name, "not_done", {}});
    return verdict;
}

/// A library that has no memory says no. Nobody may take that for an answer.
Fault no_memory() {
    return fault(FaultCode::internal_error, "Memory ran short while this was judged. Ask again when there is more.");
}

void show(const Arguments& arguments, const std::string& file, const container::Verdict& verdict, Streams& streams) {
    if (arguments.as_json)
        streams.out << json::serialize(verdict_json(file, verdict)) << '\n';
    else
        streams.out << verdict_text(file, verdict);
    streams.out.flush();
}

Result<std::shared_ptr<const x509::Trust>> load_trust(const Arguments& arguments) {
    if (arguments.conf.empty())
        return fault(
            FaultCode::invalid_argument,
            "Without a configuration nobody is trusted, so nothing can be verified. Download /verificationconf "
            "from a security server, unpack it and give the folder with --conf");
    return container::load_verification_conf(arguments.conf);
}

int verify(const Arguments& arguments, Streams streams) {
    std::optional<Instant> at;
    if (!arguments.at.empty()) {
        auto time = parse_rfc3339(arguments.at);
        if (!time) {
            streams.err << "onceway-audit: --at: " << time.error().detail << '\n';
            return could_not_tell;
        }
        at = *time;
    }
    const auto trust = load_trust(arguments);
    if (!trust) streams.err << "onceway-audit: " << trust.error().detail << '\n';
    const auto mode = arguments.compatible ? signature::Mode::compatible : signature::Mode::strict;

    int status = yes;
    for (const std::string& file : arguments.files) {
        auto verdict = trust ? container::verify_file(file, **trust, mode, at) : unknown(arguments, trust.error());
        if (keys::memory_ran_short()) verdict = unknown(arguments, no_memory());
        show(arguments, file, verdict, streams);
        const int own = status_of(verdict.verdict);
        status =
            status == no || own == no ? no : std::max(status, own);  // one "no" is an answer, whatever else is unknown
    }
    return status;
}

// --- inspect

struct Timed {
    Answer answer;
    std::int64_t microseconds;
};
Timed inspect_timed(const Kind& kind, OctetsView data, With with) {
    const auto start = std::chrono::steady_clock::now();
    Answer answer = inspect(kind, data, std::move(with));
    if (keys::memory_ran_short()) answer = {"unknown", "internal_error", no_memory().detail, nullptr};
    const auto took = std::chrono::steady_clock::now() - start;
    return {std::move(answer), std::chrono::duration_cast<std::chrono::microseconds>(took).count()};
}

Answer not_understood(std::string reason) { return {"unknown", "invalid_argument", std::move(reason), nullptr}; }

/// What an answer can repeat as it was asked: JSON has no word for a number that is too large to be held (1e999).
bool can_be_repeated(const json::value& id) {
    if (id.is_double()) return std::isfinite(id.as_double());
    if (id.is_array()) return std::ranges::all_of(id.as_array(), can_be_repeated);
    if (id.is_object())
        return std::ranges::all_of(id.as_object(), [](const auto& member) { return can_be_repeated(member.value()); });
    return true;
}

/// One line of a batch: `{id, data, with}`.
json::object answer_line(const Kind& kind, const std::string& line) {
    json::error_code error;
    const json::value parsed = json::parse(line, error);
    if (error || !parsed.is_object())
        return to_json(not_understood("the line is no JSON object"), nullptr, kind.name, 0);
    const auto& question = parsed.as_object();
    const auto* id = question.if_contains("id");
    if (id && !can_be_repeated(*id))
        return to_json(not_understood("'id' holds a number that is too large"), nullptr, kind.name, 0);
    const json::value named = id ? *id : json::value();
    const auto* data = question.if_contains("data");
    const auto octets = data && data->is_string() ? from_base64(data->as_string()) : Result<Octets>(Fault{});
    if (!octets) return to_json(not_understood("'data' must be given, in Base64"), named, kind.name, 0);
    const auto* with = question.if_contains("with");
    if (with && !with->is_object() && !with->is_null())
        return to_json(not_understood("'with' must be an object"), named, kind.name, 0);
    const auto timed =
        inspect_timed(kind, *octets, With(with && with->is_object() ? with->as_object() : json::object{}));
    return to_json(timed.answer, named, kind.name, timed.microseconds);
}

int inspect_batch(const Kind& kind, Streams streams) {
    for (std::string line; std::getline(streams.in, line);) {
        if (line.empty()) continue;
        streams.out << json::serialize(answer_line(kind, line)) << '\n' << std::flush;
    }
    return streams.out ? yes : could_not_tell;
}

Result<Octets> read_input(const std::string& name, std::istream& in) {
    std::ifstream file;
    if (name != "-") {
        file.open(name, std::ios::binary);
        if (!file) return fault(FaultCode::io_error, fmt::format("'{}' cannot be read", name));
    }
    std::istream& source = name == "-" ? in : file;
    Octets octets;
    for (std::array<char, 64 * 1024> piece; octets.size() <= input_octets && source;) {
        source.read(piece.data(), piece.size());
        octets.append(piece.data(), static_cast<std::size_t>(source.gcount()));
    }
    if (octets.size() > input_octets)
        return fault(FaultCode::too_large, fmt::format("'{}' is larger than {} octets", name, input_octets));
    return octets;
}

void show_answer(const Arguments& arguments, const Timed& timed, Streams& streams) {
    if (arguments.as_json) {
        streams.out << json::serialize(to_json(timed.answer, json::string(json_text(arguments.input)), arguments.kind,
                                               timed.microseconds))
                    << '\n';
        return;
    }
    streams.out << timed.answer.verdict;
    if (!timed.answer.code.empty()) streams.out << ": " << timed.answer.code << ": " << json_text(timed.answer.reason);
    streams.out << '\n';
    if (!timed.answer.value.is_null()) streams.out << json::serialize(timed.answer.value) << '\n';
}

int inspect_one(const Kind& kind, const Arguments& arguments, Streams streams) {
    const auto data = read_input(arguments.input, streams.in);
    if (!data) {
        streams.err << "onceway-audit: " << data.error().detail << '\n';
        return could_not_tell;
    }
    json::error_code error;
    const json::value with = json::parse(arguments.with, error);
    const bool understood = !error && with.is_object();
    const Timed timed = understood ? inspect_timed(kind, *data, With(with.as_object()))
                                   : Timed{not_understood("--with must be a JSON object"), 0};
    show_answer(arguments, timed, streams);
    return status_of(timed.answer.verdict);
}

int inspect_command(const Arguments& arguments, Streams streams) {
    const Kind* kind = find_kind(arguments.kind);
    if (!kind) {
        streams.err << "onceway-audit: there is no kind '" << arguments.kind << "'; see onceway-audit inspect --help\n";
        return could_not_tell;
    }
    return arguments.batch ? inspect_batch(*kind, streams) : inspect_one(*kind, arguments, streams);
}

// --- log

json::array parts_json(const records::Listed& record) {
    json::array parts;
    for (const auto& part : record.parts) parts.push_back(json::object{{"size", part.size}, {"kept", part.kept}});
    return parts;
}

json::object listed(const records::Listed& record) {
    const auto& stored = record.stored;
    return {{"number", stored.number},
            {"at", rfc3339(stored.at)},
            {"side", stored.side == records::Side::client ? "client" : "provider"},
            {"direction", stored.direction == records::Direction::request ? "request" : "response"},
            {"client", json_text(record.client)},
            {"service", json_text(record.provider + '/' + record.service)},
            {"message_id", json_text(stored.message_id)},
            {"request_id", json_text(stored.request_id)},
            {"outcome", json_text(stored.outcome)},
            {"stamped", stored.stamped},
            {"parts", parts_json(record)}};
}

int log_command(const Arguments& arguments, Streams streams) {
    std::function<void(const records::Listed&)> seen;
    if (arguments.list)
        seen = [&](const records::Listed& record) { streams.out << json::serialize(listed(record)) << '\n'; };
    const auto checked = records::check_log(arguments.folder, seen);
    if (!checked) {
        streams.err << "onceway-audit: " << checked.error().detail << '\n';
        return checked.error().code == FaultCode::not_found ? could_not_tell : no;
    }
    if (!arguments.list)
        streams.out << fmt::format(
            "{} records without a gap, {} of them refused; {} signed documents, {} without a "
            "time-stamp yet; {} bodies in files, {} attachments not kept. Link of the last pack: {}\n",
            checked->records, checked->refused, checked->documents, checked->unstamped, checked->body_files,
            checked->not_kept, to_hex(checked->last_link));
    return streams.out ? yes : could_not_tell;
}

// --- arguments

CLI::App* add_verify(CLI::App& program, Arguments& to) {
    auto* command = program.add_subcommand("verify", "Judge signed documents (ASiC-E containers), offline");
    command->add_option("--conf", to.conf, "Folder 'verificationconf' of a security server: whom to trust");
    auto* strict = command->add_flag("--strict", to.strict, "Everything in the container must be covered (default)");
    command->add_flag("--compatible", to.compatible, "The verdict of a genuine verifier")->excludes(strict);
    command->add_option("--at", to.at, "Judge certificates at this moment (RFC 3339) in place of the time-stamp's");
    command->add_flag("--json", to.as_json, "One JSON object a line, format onceway-verdict/1");
    command->add_option("FILE", to.files, "Containers")->required();
    command->footer(
        "Exit status: 0 all are valid, 1 one is not, 2 could not tell. The guide is docs/auditors/README.md.");
    return command;
}

std::string kinds_help() {
    std::string text = "KIND is one of:\n";
    for (const Kind& kind : kinds()) text += fmt::format("  {:<18}{}\n", kind.name, kind.reads);
    return text + "\nThe values of --with are described in docs/auditors/inspect.md.";
}

CLI::App* add_inspect(CLI::App& program, Arguments& to) {
    auto* command =
        program.add_subcommand("inspect", "Feed foreign input to the server's own readers: why is this refused?");
    command->add_option("KIND", to.kind, "What it is")->required();
    command->add_option("FILE", to.input, "The input; - is standard input")->capture_default_str();
    command->add_option("--with", to.with, "What accompanies it, a JSON object")->capture_default_str();
    command->add_flag("--json", to.as_json, "The answer as one JSON object");
    command->add_flag("--batch", to.batch, "Answer lines {id, data, with} of standard input, in order, one line each");
    command->footer(kinds_help());
    return command;
}

CLI::App* add_log(CLI::App& program, Arguments& to) {
    auto* command = program.add_subcommand("log", "Read a security server's whole message log: is all of it there?");
    command->add_option("FOLDER", to.folder, "The folder `messages` of the server, which may be running")->required();
    command->add_flag("--list", to.list, "Every record as one JSON object a line");
    command->footer("Exit status: 0 everything is as it was written, 1 something is not, 2 could not tell.");
    return command;
}

}  // namespace

int run(const std::vector<std::string>& arguments, std::istream& in, std::ostream& out, std::ostream& err) {
    Arguments given;
    CLI::App program("Verifies signed documents offline, and says what our readers make of foreign input.",
                     "onceway-audit");
    program.set_version_flag("--version", "onceway-audit " ONCEWAY_VERSION);
    program.footer("It opens no socket. Exit status: 0 yes, 1 no, 2 could not tell.");
    program.require_subcommand(1);
    const auto* verify_command = add_verify(program, given);
    const auto* log = add_log(program, given);
    add_inspect(program, given);
    try {
        program.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
        const Streams streams{in, out, err};
        if (*log) return log_command(given, streams);
        return *verify_command ? verify(given, streams) : inspect_command(given, streams);
    } catch (const CLI::ParseError& error) {
        return program.exit(error, out, err) == 0 ? yes : could_not_tell;
    } catch (const std::exception& error) {
        err << "onceway-audit: " << error.what() << '\n';
        return could_not_tell;
    }
}

}  // namespace onceway::audit
