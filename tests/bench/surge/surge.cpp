#include "tests/bench/surge/surge.hpp"

#include "tests/bench/surge/answer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <random>
#include <utility>

namespace onceway::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t body_octets = 1024;
constexpr std::chrono::seconds patience{2};   // for what is under way at the end
constexpr std::chrono::milliseconds step{1};  // how often an open load looks at the clock

/// One connection of ours: closed, idle, or with a question under way.
struct Line {
    int descriptor = -1;
    bool asking = false, connecting = false;
    sockaddr_in from{};
    Clock::time_point began;
    std::string received;
};

/// Questions that differ in their letters, so that a log which stores repetitions once gains nothing from them.
std::vector<std::string> questions_of(const SurgeSettings& settings) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::minstd_rand draw;
    const auto client = settings.client.empty() ? std::string() : fmt::format("X-Road-Client: {}\r\n", settings.client);
    const auto head =
        fmt::format("POST {} HTTP/1.1\r\nHost: {}:{}\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    settings.target, settings.host, settings.port, client, body_octets);
    std::vector<std::string> questions(512);
    for (auto& question : questions) {
        std::string body = R"({"question":")";
        while (body.size() < body_octets - 2) body += letters[draw() / 64 % letters.size()];
        question = head + body + "\"}";
    }
    return questions;
}

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    return address;
}

class Surge {
public:
    explicit Surge(const SurgeSettings& settings)
        : settings_(settings), questions_(questions_of(settings)), to_(address_of(settings.host, settings.port)) {}
    ~Surge() {
        for (auto& line : lines_) close(*line);
        if (epoll_ >= 0) ::close(epoll_);
    }

    SurgeResult run() {
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) return {.problem = "epoll_create1 failed"};
        for (unsigned i = 0; i < settings_.connections; ++i) add_line(i);
        begun_ = Clock::now();
        const auto end = begun_ + std::chrono::seconds(settings_.seconds);
        while (Clock::now() < end) {
            ask_what_is_due();
            look();
        }
        result_.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
        finish();
        return std::move(result_);
    }

private:
    void add_line(unsigned number) {
        auto line = std::make_unique<Line>();
        if (!settings_.sources.empty())
            line->from = address_of(settings_.sources[number % settings_.sources.size()], 0);
        idle_.push_back(line.get());
        lines_.push_back(std::move(line));
    }

    void ask_what_is_due() {
        if (settings_.rate <= 0) {
            for (auto ready = std::exchange(idle_, {}); Line * line : ready) ask(*line);
            return;
        }
        const auto wanted =
            static_cast<std::uint64_t>(std::chrono::duration<double>(Clock::now() - begun_).count() * settings_.rate);
        for (; result_.due < wanted; ++result_.due) {
            if (idle_.empty()) {
                ++result_.unsent;
                continue;
            }
            Line* const line = idle_.back();
            idle_.pop_back();
            ask(*line);
        }
    }

    void ask(Line& line) {
        line.began = Clock::now();
        line.asking = true;
        line.received.clear();
        if (line.descriptor < 0)
            open(line);
        else
            send(line);
    }

    void open(Line& line) {
        line.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (line.descriptor < 0) return fail(line);
        const int on = 1;
        ::setsockopt(line.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(line.descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (line.from.sin_family == AF_INET &&
            ::bind(line.descriptor, reinterpret_cast<const sockaddr*>(&line.from), sizeof line.from) != 0)
            return fail(line);
        line.connecting = true;
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &line}};
        const bool begun = ::connect(line.descriptor, reinterpret_cast<const sockaddr*>(&to_), sizeof to_) == 0 ||
                           errno == EINPROGRESS;
        if (!begun || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, line.descriptor, &event) != 0) fail(line);
    }

    void send(Line& line) {
        const auto& question = questions_[next_++ % questions_.size()];
        const auto sent = ::send(line.descriptor, question.data(), question.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(question.size())) fail(line);  // a kibibyte fits an empty buffer
    }

    void look() {
        std::array<epoll_event, 256> events;
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), step.count());
        for (int i = 0; i < count; ++i)
            attend(*static_cast<Line*>(events[static_cast<std::size_t>(i)].data.ptr),
                   events[static_cast<std::size_t>(i)].events);
    }

    void attend(Line& line, std::uint32_t events) {
        if (line.descriptor < 0) return;
        if (line.connecting && (events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP))) {
            line.connecting = false;
            send(line);
        }
        if (line.descriptor >= 0 && (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))) receive(line);
    }

    void receive(Line& line) {
        std::array<char, 16 * 1024> piece;
        for (;;) {
            const auto got = ::recv(line.descriptor, piece.data(), piece.size(), 0);
            if (got < 0 && errno == EAGAIN) break;
            if (got <= 0) return line.asking ? fail(line) : close(line);  // an idle line may be closed by the server
            line.received.append(piece.data(), static_cast<std::size_t>(got));
            if (line.asking) try_to_finish(line);
            if (line.descriptor < 0) return;
        }
    }

    void try_to_finish(Line& line) {
        const auto answer = read_answer(line.received);
        if (answer.state == Answer::State::unfinished) return;
        if (answer.state == Answer::State::unreadable) return fail(line);
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - line.began).count();
        ++result_.statuses[answer.status];
        if (answer.status != 200) ++result_.whys[std::string(answer.error)];
        (answer.status == 200 ? result_.accepted_us : result_.refused_us).push_back(static_cast<std::uint32_t>(took));
        line.asking = false;
        idle_.push_back(&line);
        if (answer.last) close(line);
    }

    void fail(Line& line) {
        ++result_.errors;
        close(line);
        line.asking = false;
        idle_.push_back(&line);
    }

    void close(Line& line) {
        if (line.descriptor >= 0) ::close(line.descriptor);
        line.descriptor = -1;
        line.connecting = false;
    }

    std::size_t under_way() const {
        return static_cast<std::size_t>(std::ranges::count_if(lines_, [](const auto& line) { return line->asking; }));
    }

    /// What was asked is waited for: an answer that the server has recorded counts.
    void finish() {
        const auto end = Clock::now() + patience;
        while (under_way() > 0 && Clock::now() < end) look();
        result_.overdue = under_way();
    }

    SurgeSettings settings_;
    std::vector<std::string> questions_;
    std::size_t next_ = 0;
    sockaddr_in to_;
    int epoll_ = -1;
    Clock::time_point begun_;
    std::vector<std::unique_ptr<Line>> lines_;
    std::vector<Line*> idle_;
    SurgeResult result_;
};

std::string object_of(const auto& counts) {
    std::string text;
    for (const auto& [name, count] : counts) text += fmt::format(R"({}"{}":{})", text.empty() ? "" : ",", name, count);
    return "{" + text + "}";
}

std::uint32_t percentile(std::vector<std::uint32_t> values, double part) {
    if (values.empty()) return 0;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(values.size() - 1) * part);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

}  // namespace

SurgeResult surge(const SurgeSettings& settings) { return Surge(settings).run(); }

std::string SurgeResult::json() const {
    return fmt::format(R"({{"seconds":{:.3f},"due":{},"unsent":{},"errors":{},"overdue":{},"accepted":{},"refused":{},)"
                       R"("statuses":{},"whys":{},"p50_us":{},"p99_us":{},"refused_p50_us":{},"refused_p99_us":{}}})",
                       seconds, due, unsent, errors, overdue, accepted_us.size(), refused_us.size(),
                       object_of(statuses), object_of(whys), percentile(accepted_us, 0.5),
                       percentile(accepted_us, 0.99), percentile(refused_us, 0.5), percentile(refused_us, 0.99));
}

}  // namespace onceway::bench
