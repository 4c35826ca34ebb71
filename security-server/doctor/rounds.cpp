#include "security-server/doctor/rounds.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace onceway::doctor {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t most_at_once = 32;

/// What workers and the one who waits share; it lives as long as the last of them.
struct Round {
    std::vector<Check> checks;
    std::mutex lock;
    std::condition_variable changed;
    std::size_t next = 0, done = 0;
    struct Case {
        std::optional<Steady::time_point> began;
        std::optional<Outcome> outcome;
        bool late = false;
        std::size_t worker = 0;
    };
    std::vector<Case> cases;
};

using Workers = std::vector<std::thread>;

Outcome examine(const Check& check) {
    try {
        return check.examine();
    } catch (const std::exception& error) {
        Finding broken = check.late;
        broken.verdict = Verdict::unknown;
        broken.found = std::string("The check itself failed: ") + error.what();
        broken.turn = Turn::here;
        broken.next = "Read the sentence above; when it says nothing to you, report it with this output.";
        return {{std::move(broken)}, {}, nullptr};
    }
}

void work(const std::shared_ptr<Round>& round, std::size_t worker) {
    for (;;) {
        std::size_t mine = 0;
        {
            const std::lock_guard held(round->lock);
            if (round->next == round->checks.size()) return;
            mine = round->next++;
            round->cases[mine].worker = worker;
            round->cases[mine].began = Steady::now();
            round->changed.notify_all();
        }
        auto outcome = examine(round->checks[mine]);
        const std::lock_guard held(round->lock);
        if (round->cases[mine].late) return;  // another worker has taken this one's place
        round->cases[mine].outcome = std::move(outcome);
        ++round->done;
        round->changed.notify_all();
    }
}

void add_worker(Workers& workers, const std::shared_ptr<Round>& round) {
    workers.emplace_back(work, round, workers.size());
}

/// Waits for every worker but those that hang: what a thread leaves behind must be gone before the process ends.
void dismiss(Workers& workers, const Round& round) {
    for (const auto& one : round.cases)
        if (one.late && workers[one.worker].joinable()) workers[one.worker].detach();
    for (auto& worker : workers)
        if (worker.joinable()) worker.join();
}

/// The moment at which the first of those that run is late.
Steady::time_point first_deadline(const Round& round, std::chrono::milliseconds patience) {
    auto first = Steady::now() + patience;
    for (const auto& one : round.cases)
        if (one.began && !one.outcome) first = std::min(first, *one.began + patience);
    return first;
}

/// Ends what took too long; gives how many.
std::size_t end_late_ones(Round& round, std::chrono::milliseconds patience) {
    std::size_t ended = 0;
    for (std::size_t i = 0; i < round.cases.size(); ++i) {
        auto& one = round.cases[i];
        if (!one.began || one.outcome || *one.began + patience > Steady::now()) continue;
        one.late = true;
        one.outcome = Outcome{{round.checks[i].late}, {}, nullptr};
        ++round.done;
        ++ended;
    }
    return ended;
}

}  // namespace

Check check(Finding late, std::function<Finding()> examine) {
    return {std::move(late), [examine = std::move(examine)] { return Outcome{{examine()}, {}, nullptr}; }};
}

Rounds make_rounds(std::vector<Check> checks, std::chrono::milliseconds patience, const Progress& progress) {
    const auto round = std::make_shared<Round>();
    const auto count = checks.size();
    round->checks = std::move(checks);
    round->cases.resize(count);
    Workers workers;
    for (std::size_t i = 0; i < std::min(count, most_at_once); ++i) add_worker(workers, round);

    Rounds rounds;
    std::unique_lock held(round->lock);
    std::size_t told = 0;
    while (round->done < count) {
        round->changed.wait_until(held, first_deadline(*round, patience));
        const auto late = end_late_ones(*round, patience);
        rounds.abandoned = rounds.abandoned || late > 0;
        for (std::size_t i = 0; i < late; ++i) add_worker(workers, round);
        if (progress && round->done != told) progress(told = round->done, count);
    }
    if (progress && told != count) progress(count, count);
    held.unlock();
    dismiss(workers, *round);
    for (auto& one : round->cases) rounds.outcomes.push_back(std::move(*one.outcome));
    return rounds;
}

}  // namespace onceway::doctor
