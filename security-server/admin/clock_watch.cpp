#include "security-server/admin/clock_watch.hpp"

#include "schemas/message/http_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace onceway::admin {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t most_sources = 100;
constexpr std::chrono::hours remembered{1};
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    int number = 0;
    const auto* end = text.data() + at + count;
    const auto [stopped, error] = std::from_chars(text.data() + at, end, number);
    if (error != std::errc() || stopped != end || number < 0) return std::nullopt;
    return number;
}

}  // namespace

Result<Instant> parse_http_date(std::string_view text) {
    const auto wrong = [&] {
        return fault(FaultCode::invalid_argument,
                     fmt::format("Reading the date '{}': it is none.", text.substr(0, 40)));
    };
    constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != form.size() || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return wrong();
    const auto month = months.find(text.substr(8, 3));
    const auto day = digits(text, 5, 2), year = digits(text, 12, 4), hour = digits(text, 17, 2),
               minute = digits(text, 20, 2), second = digits(text, 23, 2);
    if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hour || !minute || !second)
        return wrong();
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return wrong();
    return Instant(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

std::optional<ClockOffset> offset_shown(const channel::Url& asked, const channel::FetchAnswer& answer, Instant before,
                                        Instant after) {
    const auto field = message::field(answer.fields, "Date");
    if (!field) return std::nullopt;
    const auto date = parse_http_date(*field);
    if (!date) return std::nullopt;
    // Theirs was somewhere in that second, ours somewhere between question and answer.
    const auto theirs = *date + milliseconds(500), ours = before + (after - before) / 2;
    return ClockOffset{fmt::format("{}:{}", asked.host, asked.port), ours - theirs,
                       milliseconds(500) + (after - before) / 2, after};
}

std::optional<ClockOffset> middle_of(std::vector<ClockOffset> offsets) {
    if (offsets.empty()) return std::nullopt;
    std::ranges::sort(offsets, {}, &ClockOffset::offset);
    return offsets[(offsets.size() - 1) / 2];
}

Fetch ClockWatch::watching(Fetch fetch) {
    return [this, fetch = std::move(fetch)](channel::FetchRequest request) { return ask(fetch, std::move(request)); };
}

Async<channel::FetchAnswer> ClockWatch::ask(Fetch fetch, channel::FetchRequest request) {
    const auto asked = request.url;
    const auto before = clock_.now();
    auto answer = co_await fetch(std::move(request));
    if (!answer) co_return answer;
    auto offset = offset_shown(asked, *answer, before, clock_.now());
    if (offset) {
        const std::lock_guard held(lock_);
        if (offsets_.size() >= most_sources && !offsets_.contains(offset->source)) offsets_.clear();
        auto source = offset->source;
        offsets_.insert_or_assign(std::move(source), std::move(*offset));
    }
    co_return answer;
}

std::vector<ClockOffset> ClockWatch::offsets() const {
    const auto since = clock_.now() - remembered;
    std::vector<ClockOffset> recent;
    const std::lock_guard held(lock_);
    for (const auto& [source, offset] : offsets_)
        if (offset.at >= since) recent.push_back(offset);
    return recent;
}

}  // namespace onceway::admin
