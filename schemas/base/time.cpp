#include "schemas/base/time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace onceway {
namespace {

using namespace std::chrono;

class SystemClock : public Clock {
    Instant now() const override { return floor<milliseconds>(system_clock::now()); }
};

struct Fields {
    year_month_day date;
    hh_mm_ss<milliseconds> time;
};

Fields split(Instant at) {
    const auto day = floor<days>(at);
    return {year_month_day{day}, hh_mm_ss<milliseconds>{at - day}};
}

Fault malformed(std::string_view text) {
    return fault(FaultCode::invalid_argument,
                 fmt::format("'{}' is not a date and time with offset", text.substr(0, 40)));
}

}  // namespace

const Clock& Clock::system() {
    static const SystemClock clock;
    return clock;
}

void append_rfc3339(std::string& text, Instant at) {
    // Most instants that are written lie in the second of the one before, or in one near it.
    struct Second {
        std::chrono::sys_seconds at = std::chrono::sys_seconds::max();
        std::string written;
    };
    thread_local Second last;
    const auto second = floor<seconds>(at);
    if (last.at != second) {
        last.written = rfc3339_seconds(second);
        last.written.back() = '.';
        last.at = second;
    }
    const auto fraction = static_cast<int>((at - second).count());
    const char digits[] = {static_cast<char>('0' + fraction / 100), static_cast<char>('0' + fraction / 10 % 10),
                           static_cast<char>('0' + fraction % 10), 'Z'};
    text.append(last.written).append(digits, sizeof digits);
}

std::string rfc3339(Instant at) {
    std::string text;
    append_rfc3339(text, at);
    return text;
}

std::string rfc3339_seconds(Instant at) {
    const auto [date, time] = split(at);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int{date.year()}, unsigned{date.month()},
                       unsigned{date.day()}, time.hours().count(), time.minutes().count(), time.seconds().count());
}

Result<Instant> parse_rfc3339(std::string_view text) {
    const auto whole = text;
    // Takes `digits` digits, and the character after them when one is named.
    const auto number = [&](std::size_t digits, char then) -> int {
        int value = 0;
        if (text.size() < digits) return -1;
        const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
        if (error != std::errc{} || end != text.data() + digits || text[0] == '-') return -1;
        text.remove_prefix(digits);
        if (then == 0) return value;
        if (text.empty() || text[0] != then) return -1;
        text.remove_prefix(1);
        return value;
    };
    const int y = number(4, '-'), mo = number(2, '-'), d = number(2, 'T'), h = number(2, ':'), mi = number(2, 0);
    if (y < 0 || mo < 0 || d < 0 || h < 0 || mi < 0) return malformed(whole);
    int s = 0, ms = 0;
    if (!text.empty() && text[0] == ':') {
        text.remove_prefix(1);
        if ((s = number(2, 0)) < 0) return malformed(whole);
        if (!text.empty() && text[0] == '.') {
            text.remove_prefix(1);
            int scale = 100;
            bool any = false;
            while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
                ms += (text[0] - '0') * scale;
                scale /= 10;
                text.remove_prefix(1);
                any = true;
            }
            if (!any) return malformed(whole);
        }
    }
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
    if (!date.ok() || h > 23 || mi > 59 || s > 59) return malformed(whole);
    minutes offset{0};
    if (text == "Z") {
        text = {};
    } else if (text.size() == 6 && (text[0] == '+' || text[0] == '-')) {
        const bool west = text[0] == '-';
        text.remove_prefix(1);
        const int oh = number(2, ':'), om = number(2, 0);
        if (oh < 0 || oh > 18 || om < 0 || om > 59) return malformed(whole);
        offset = minutes{oh * 60 + om} * (west ? -1 : 1);
    } else {
        return malformed(whole);
    }
    return Instant{sys_days{date} + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms} - offset};
}

}  // namespace onceway
