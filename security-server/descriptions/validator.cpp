#include "security-server/descriptions/validator.hpp"

#include "schemas/description/shown.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <optional>

extern char** environ;

namespace onceway::descriptions {
namespace {

using Moment = std::chrono::steady_clock::time_point;
constexpr std::size_t output_most = 64 * 1024;
constexpr std::size_t lines_most = 100;

/// A file that goes with its owner.
class TemporaryDocument {
public:
    static Result<TemporaryDocument> write(const std::filesystem::path& folder, OctetsView document) {
        std::error_code there_already;
        std::filesystem::create_directories(folder, there_already);
        auto name = (folder / "description-XXXXXX.wsdl").string();
        const int descriptor = ::mkostemps(name.data(), 5, O_CLOEXEC);
        if (descriptor < 0) return problem(folder.string());
        TemporaryDocument file(name);
        while (!document.empty()) {
            const auto written = ::write(descriptor, document.data(), document.size());
            if (written <= 0) {
                auto why = problem(name);
                ::close(descriptor);
                return why;
            }
            document.remove_prefix(static_cast<std::size_t>(written));
        }
        ::close(descriptor);
        return file;
    }
    TemporaryDocument(TemporaryDocument&& other) noexcept : name_(std::exchange(other.name_, {})) {}
    TemporaryDocument& operator=(TemporaryDocument&&) = delete;
    ~TemporaryDocument() {
        if (!name_.empty()) ::unlink(name_.c_str());
    }
    const std::string& name() const { return name_; }

private:
    explicit TemporaryDocument(std::string name) : name_(std::move(name)) {}
    static Fault problem(const std::string& where) {
        return fault(FaultCode::io_error, fmt::format("Writing the document for the WSDL validator to {}: {}.", where,
                                                      std::strerror(errno)));
    }
    std::string name_;
};

struct Pipe {
    int read = -1, write = -1;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return;
        read = ends[0];
        write = ends[1];
    }
    ~Pipe() {
        close_end(read);
        close_end(write);
    }
    static void close_end(int& end) {
        if (end >= 0) ::close(end);
        end = -1;
    }
};

struct Running {
    pid_t id = -1;
    Pipe out, err;
    std::string said_out, said_err;
};

constexpr int not_found_status = 127;  // of a child that could not become the program, and of a shell without one

Fault cannot_run(const std::string& program, std::string_view why) {
    return fault(FaultCode::io_error, fmt::format("Running the WSDL validator {}: {}. Put 'wsdl_validator' of "
                                                  "[services] in server.toml right.",
                                                  program, why));
}

Result<void> start(Running& running, const std::vector<std::string>& command, const std::string& document) {
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(const_cast<char*>(document.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, running.out.write, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, running.err.write, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, usual;
    sigemptyset(&none);
    sigfillset(&usual);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int failed = ::posix_spawnp(&running.id, arguments[0], &actions, &attributes, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    Pipe::close_end(running.out.write);
    Pipe::close_end(running.err.write);
    if (failed == 0) return {};
    running.id = -1;
    return cannot_run(command.front(), std::strerror(failed));
}

/// Takes what is there from one end; false when it has ended.
bool take(int& end, std::string& into) {
    char room[4096];
    const auto got = ::read(end, room, sizeof room);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) {
        Pipe::close_end(end);
        return false;
    }
    into.append(room, std::min(static_cast<std::size_t>(got), output_most - std::min(output_most, into.size())));
    return true;
}

/// Reads both ends until they close; false when the time was up first.
bool listen_until(Running& running, Moment until) {
    while (running.out.read >= 0 || running.err.read >= 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        pollfd ends[] = {{running.out.read, POLLIN, 0}, {running.err.read, POLLIN, 0}};
        if (::poll(ends, 2, static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
        if (ends[0].revents) take(running.out.read, running.said_out);
        if (ends[1].revents) take(running.err.read, running.said_err);
    }
    return true;
}

/// Waits for the process, which has closed its output or is to be ended; its status, or none when the time was up.
std::optional<int> wait_for(Running& running, Moment until) {
    int status = 0;
    while (std::chrono::steady_clock::now() < until) {
        const auto ended = ::waitpid(running.id, &status, WNOHANG);
        if (ended == running.id) return status;
        ::poll(nullptr, 0, 5);
    }
    return {};
}

void end(Running& running) {
    ::kill(-running.id, SIGKILL);
    int status = 0;
    while (::waitpid(running.id, &status, 0) < 0 && errno == EINTR) {
    }
}

/// What it said, line by line, readable.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size() && lines.size() < lines_most;) {
        const auto end_of_line = std::min(text.find('\n', at), text.size());
        const auto said = text.substr(at, end_of_line - at);
        const auto line = is_utf8(said) ? description::without_controls(said) : to_hex(said);
        if (line.find_first_not_of(' ') != std::string::npos) lines.push_back(line);
        at = end_of_line + 1;
    }
    return lines;
}

}  // namespace

Result<std::vector<std::string>> validate(const Validator& validator, OctetsView document) {
    if (validator.command.empty()) return std::vector<std::string>{};
    const auto file = TemporaryDocument::write(validator.folder, document);
    if (!file) return file.error();
    Running running;
    if (auto started = start(running, validator.command, file->name()); !started) return started.error();
    const auto until = std::chrono::steady_clock::now() + validator.within;
    const bool heard = listen_until(running, until);
    const auto status = heard ? wait_for(running, until) : std::nullopt;
    if (!status) {
        end(running);
        return fault(FaultCode::timed_out, fmt::format("Running the WSDL validator {}: it took longer than {} s.",
                                                       validator.command.front(), validator.within.count() / 1000));
    }
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return lines_of(running.said_err);
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == not_found_status)
        return cannot_run(validator.command.front(), "the program was not found");
    auto said = lines_of(running.said_err + '\n' + running.said_out);
    const auto how = WIFEXITED(*status) ? fmt::format("exit status {}", WEXITSTATUS(*status))
                                        : fmt::format("signal {}", WTERMSIG(*status));
    return fault(FaultCode::invalid_argument,
                 fmt::format("invalid_wsdl: the WSDL validator refuses the document ({}): {}", how,
                             said.empty() ? "it gave no reason" : fmt::format("{}", fmt::join(said, "; "))));
}

}  // namespace onceway::descriptions
