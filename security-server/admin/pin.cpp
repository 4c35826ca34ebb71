#include "security-server/admin/pin.hpp"

#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace onceway::admin {
namespace {

constexpr std::size_t longest_pin_file = 4'096;

std::string first_line(std::string text) {
    text.resize(std::min(text.find_first_of("\r\n"), text.size()));
    return text;
}

/// The controlling terminal with echo off, as it was again afterwards.
class SilentTerminal {
public:
    SilentTerminal() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
        if (descriptor_ < 0 || ::tcgetattr(descriptor_, &before_) != 0) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ready_ = ::tcsetattr(descriptor_, TCSAFLUSH, &silent) == 0;
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;
    ~SilentTerminal() {
        if (ready_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    bool ready() const { return ready_; }
    void say(std::string_view words) const {
        [[maybe_unused]] const auto written = ::write(descriptor_, words.data(), words.size());
    }
    std::string line() const {
        std::string typed;
        for (char c = 0; ::read(descriptor_, &c, 1) == 1 && c != '\n';) typed += c;
        return typed;
    }

private:
    int descriptor_;
    termios before_{};
    bool ready_ = false;
};

}  // namespace

Result<std::string> read_pin_file(const std::filesystem::path& file) {
    struct stat about{};
    if (::stat(file.c_str(), &about) == 0 && (about.st_mode & 077) != 0)
        return fault(FaultCode::pin_incorrect,
                     fmt::format("Reading the PIN from {}: others may read that file. Run `chmod 600 {}`.",
                                 file.string(), file.string()));
    const auto text = store::read_whole(file, longest_pin_file);
    if (!text) return text.error();
    auto pin = first_line(*text);
    if (pin.empty())
        return fault(FaultCode::pin_incorrect,
                     fmt::format("Reading the PIN from {}: its first line is empty.", file.string()));
    return pin;
}

Result<std::string> type_pin(const std::string& prompt) {
    const SilentTerminal terminal;
    if (!terminal.ready())
        return fault(
            FaultCode::pin_incorrect,
            "Asking for the PIN: there is no terminal to type at. Name a file with the PIN instead (--pin-file).");
    terminal.say(prompt);
    auto typed = terminal.line();
    terminal.say("\n");
    return typed;
}

}  // namespace onceway::admin
