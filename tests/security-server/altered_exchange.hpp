// A hostile machine in the middle: sees the whole request of one exchange and the whole answer, and may change both.
#pragma once

#include "certs/channel/server.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace onceway::tests {

struct Question {
    message::RequestHead head;
    std::string body;
    std::vector<x509::Certificate> certificates;
};
struct Reply {
    int status = 200;
    message::Fields fields;
    std::string body;
    bool sent = true;  // false: the connection breaks instead
};

/// Stands between a listener and a route. `read` first, then the route, then `pass_on`.
class AlteredExchange : public channel::Exchange {
public:
    explicit AlteredExchange(channel::Exchange& inner) : inner_(inner) {}

    Async<void> read(const std::function<void(Question&)>& alter) {
        question_.head = inner_.head();
        question_.certificates = inner_.peer_certificates();
        for (;;) {
            auto octets = co_await inner_.read_body();
            if (!octets) co_return octets.error();
            if (octets->empty()) break;
            question_.body += *octets;
        }
        if (alter) alter(question_);
        left_ = question_.body;
        co_return Result<void>{};
    }
    Async<void> pass_on(const std::function<void(Reply&)>& alter) {
        if (alter) alter(reply_);
        if (!reply_.sent) {
            const Streaming how{.length = reply_.body.size() + 100, .until_close = false};
            auto begun = co_await inner_.begin(reply_.status, "OK", reply_.fields, how);
            if (!begun) co_return begun.error();
            auto written = co_await inner_.write(reply_.body);
            if (!written) co_return written.error();
            auto flushed = co_await inner_.flush();
            co_return flushed;
        }
        auto answered = co_await inner_.respond(reply_.status, "OK", reply_.fields, reply_.body);
        co_return answered;
    }

    const message::RequestHead& head() const override { return question_.head; }
    bool over_tls() const override { return inner_.over_tls(); }
    const std::vector<x509::Certificate>& peer_certificates() const override { return question_.certificates; }
    const std::string& peer_address() const override { return inner_.peer_address(); }
    Async<OctetsView> read_body() override {
        const OctetsView piece = left_.substr(0, 1000);
        left_.remove_prefix(piece.size());
        co_return piece;
    }
    Async<void> drain(std::uint64_t) override {
        left_ = {};
        co_return Result<void>{};
    }
    Async<void> respond(int status, std::string_view, const message::Fields& fields, OctetsView body) override {
        reply_ = {status, fields, std::string(body)};
        answered_ = true;
        co_return Result<void>{};
    }
    Async<void> begin(int status, std::string_view reason, const message::Fields& fields, Streaming) override {
        return respond(status, reason, fields, {});
    }
    Async<void> write(OctetsView octets) override {
        reply_.body += octets;
        co_return Result<void>{};
    }
    Async<void> flush() override { co_return Result<void>{}; }
    Async<void> finish() override { co_return Result<void>{}; }
    bool answered() const override { return answered_; }
    void close_after() override { inner_.close_after(); }

private:
    channel::Exchange& inner_;
    Question question_;
    Reply reply_;
    OctetsView left_;
    bool answered_ = false;
};

/// Replaces the one place where `from` stands.
inline void replace(std::string& text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("nothing to replace: " + std::string(from));
    text.replace(at, from.size(), to);
}

}  // namespace onceway::tests
