#include "schemas/base/failpoint.hpp"

#ifdef ONCEWAY_FAILPOINTS

#include "schemas/base/log.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace onceway::failpoint {
namespace {

struct Setting {
    std::uint64_t set = 0;  // whose it is; 0: the environment's
    std::size_t point = 0;
    std::string subject;
    std::uint64_t first = 1;
    bool for_ever = false;
    enum class Action { fail, kill, delay } action = Action::fail;
    int error = EIO;
    std::chrono::milliseconds delay{};
    std::uint64_t reached = 0, struck = 0;
};

[[noreturn]] void no_sense(std::string_view text, std::string_view why) {
    throw std::invalid_argument(fmt::format("the failpoint setting \"{}\": {}", text, why));
}

std::uint64_t number(std::string_view digits, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) no_sense(text, "a number is missing");
    return value;
}

void read_action(std::string_view action, Setting& setting, std::string_view text) {
    if (action == "fail") return;
    if (action == "full") {
        setting.error = ENOSPC;
    } else if (action == "kill") {
        setting.action = Setting::Action::kill;
    } else if (action.starts_with("delay")) {
        setting.action = Setting::Action::delay;
        setting.delay = std::chrono::milliseconds(number(action.substr(5), text));
    } else {
        no_sense(text, "an action is fail, full, kill or delay and milliseconds");
    }
}

Setting parse(std::string_view text) {
    Setting setting;
    const auto equals = text.rfind('=');
    if (equals == std::string_view::npos) no_sense(text, "it has no action");
    read_action(text.substr(equals + 1), setting, text);
    auto left = text.substr(0, equals);
    if (left.ends_with('+')) {
        setting.for_ever = true;
        left.remove_suffix(1);
    }
    if (const auto colon = left.rfind(':'); colon != std::string_view::npos) {
        setting.first = std::max<std::uint64_t>(number(left.substr(colon + 1), text), 1);
        left = left.substr(0, colon);
    }
    if (const auto at = left.find('@'); at != std::string_view::npos) {
        setting.subject = left.substr(at + 1);
        left = left.substr(0, at);
    }
    const auto row = std::ranges::find(table, left, &Row::name);
    if (row == table.end()) no_sense(text, "there is no such failpoint");
    if (!row->fails && setting.action == Setting::Action::fail) no_sense(text, "that step cannot fail any more");
    setting.point = static_cast<std::size_t>(row - table.begin());
    return setting;
}

std::vector<Setting> parse_all(std::string_view text) {
    std::vector<Setting> settings;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        auto one = text.substr(0, comma);
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (!one.empty()) settings.push_back(parse(one));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return settings;
}

/// Everything that is set in this process.
struct Board {
    std::mutex door;
    std::vector<Setting> settings;
    std::uint64_t last_set = 0;
    std::atomic<bool> anything = false;

    Board() {
        // The first to ask may be SQLite, which no exception passes through.
        if (const char* given = std::getenv("ONCEWAY_FAILPOINTS")) try {
                settings = parse_all(given);
            } catch (const std::invalid_argument& wrong) {
                log::error("failpoints.refused", {{"reason", wrong.what()}});
                std::_Exit(2);
            }
        anything = !settings.empty();
    }
    static Board& get() {
        static Board board;
        return board;
    }
};

/// The setting that wants something of this step now, as a copy.
std::vector<Setting> wanted(std::size_t point, std::string_view subject) {
    auto& board = Board::get();
    const std::lock_guard lock(board.door);
    std::vector<Setting> now;
    for (auto& setting : board.settings) {
        if (setting.point != point || subject.find(setting.subject) == std::string_view::npos) continue;
        ++setting.reached;
        if (setting.reached != setting.first && !(setting.for_ever && setting.reached > setting.first)) continue;
        ++setting.struck;
        now.push_back(setting);
    }
    return now;
}

}  // namespace

int reached(Name name, std::string_view subject) {
    if (!Board::get().anything.load(std::memory_order_relaxed)) return 0;
    int error = 0;
    for (const auto& setting : wanted(name.index(), subject)) {
        if (setting.struck == 1)
            log::info("failpoint.struck",
                      {{"name", table[setting.point].name}, {"subject", subject}, {"time", setting.reached}});
        if (setting.action == Setting::Action::kill) ::kill(::getpid(), SIGKILL);
        if (setting.action == Setting::Action::delay) std::this_thread::sleep_for(setting.delay);
        if (setting.action == Setting::Action::fail) error = setting.error;
    }
    if (error != 0) errno = error;
    return error;
}

Set::Set(std::string_view settings) {
    auto parsed = parse_all(settings);
    auto& board = Board::get();
    const std::lock_guard lock(board.door);
    id_ = ++board.last_set;
    for (auto& setting : parsed) {
        setting.set = id_;
        board.settings.push_back(std::move(setting));
    }
    board.anything = !board.settings.empty();
}

Set::~Set() {
    auto& board = Board::get();
    const std::lock_guard lock(board.door);
    std::erase_if(board.settings, [this](const Setting& setting) { return setting.set == id_; });
    board.anything = !board.settings.empty();
}

std::uint64_t Set::struck() const {
    auto& board = Board::get();
    const std::lock_guard lock(board.door);
    std::uint64_t times = 0;
    for (const auto& setting : board.settings)
        if (setting.set == id_) times += setting.struck;
    return times;
}

}  // namespace onceway::failpoint

#endif
