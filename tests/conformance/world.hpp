// The servers of the recordings, as far as a replay needs them: keys with their proofs, an information system that
// answers as it did, a request and an answer that come from a recording.
#pragma once

#include "certs/channel/client.hpp"
#include "certs/channel/server.hpp"
#include "security-server/house.hpp"
#include "tests/conformance/recorded.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <thread>

namespace onceway::replay {

/// The keys of the recordings, with OCSP answers of the moment.
class RecordedKeys : public KeyRing {
public:
    RecordedKeys(fs::path vectors, Instant at) : folder_(std::move(vectors)), at_(at) {}

    Result<std::shared_ptr<const signature::SigningKey>> signing_key(const identity::MemberId& member) const override {
        const auto trust = read_json(folder_ / "trust/trust.json");
        for (const auto& entry : trust.at("signing").as_array()) {
            if (text_of(entry, "member") != member.url()) continue;
            auto key = keys::PrivateKey::from_pem(tests::contents_of(folder_ / "trust" / text_of(entry, "key")));
            auto certificate = tests::must(certificate_at(text_of(entry, "certificate")));
            if (!key) return key.error();
            signature::SigningKey signing{
                std::make_shared<const keys::PrivateKey>(std::move(*key)), certificate, {}, {}};
            for (auto below = certificate; !below.self_issued();) {
                const auto [issuer, answer] = proof_of(below);
                signing.ocsp.push_back(answer);
                if (!issuer.self_issued()) signing.intermediates.push_back(issuer);
                below = issuer;
            }
            return std::make_shared<const signature::SigningKey>(std::move(signing));
        }
        return fault(FaultCode::cannot_create_signature, "no key of " + member.text());
    }
    Result<channel::TlsIdentity> authentication() const override {
        return fault(FaultCode::ssl_authentication_failed, "a replay opens no port");
    }
    Result<std::shared_ptr<const std::vector<Octets>>> authentication_ocsp() const override {
        return fault(FaultCode::cannot_create_signature, "a replay opens no port");
    }
    Async<Octets> ocsp_by_sha1(Octets) override { co_return fault(FaultCode::not_found, "a replay opens no port"); }

private:
    Result<x509::Certificate> certificate_at(const fs::path& name) const {
        return x509::Certificate::from_der(tests::contents_of(folder_ / "trust" / name));
    }
    /// The issuer of a certificate, and its responder's word about it: the responder is "ocsp-b1" beside
    /// "ca-b-issuing", "ocsp-a" beside "ca-a-root", or the authority itself.
    std::pair<x509::Certificate, Octets> proof_of(const x509::Certificate& about) const {
        static constexpr std::pair<std::string_view, std::string_view> authorities[] = {
            {"ca-a-root", "ocsp-a"}, {"ca-b-root", "ocsp-b"}, {"ca-b-issuing", "ocsp-b1"}, {"ca-c-root", "ca-c-root"}};
        for (const auto& [name, responder] : authorities) {
            const auto file = [](std::string_view stem, const char* end) {
                return fs::path("pki") / (std::string(stem) + end);
            };
            const auto issuer = tests::must(certificate_at(file(name, ".crt.der")));
            if (!about.signed_by(issuer)) continue;
            const auto speaks = tests::must(certificate_at(file(responder, ".crt.der")));
            const auto key = tests::must(
                keys::PrivateKey::from_pem(tests::contents_of(folder_ / "trust" / file(responder, ".key.pem"))));
            return {issuer, tests::must(x509::write_ocsp_response(
                                about, issuer, {.status = x509::Revocation::good, .this_update = at_}, speaks, key))};
        }
        throw std::runtime_error("nobody in the recordings issued " + about.subject());
    }
    fs::path folder_;
    Instant at_;
};

/// An information system that takes one whole request after the other, and answers each with the same octets.
class RecordedService {
public:
    explicit RecordedService(Octets answer)
        : acceptor_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
          thread_([this, answer = std::move(answer)] { serve(answer); }) {}
    ~RecordedService() {
        stopping_ = true;
        boost::system::error_code ignored;
        boost::asio::ip::tcp::socket wake(context_);
        wake.connect(acceptor_.local_endpoint(ignored), ignored);
        thread_.join();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
    /// The head of the last request; to be read once the answer was seen.
    std::string head() const { return head_; }
    Octets body() const { return body_; }

private:
    void serve(const Octets& answer) {
        for (;;) {
            boost::system::error_code error;
            boost::asio::ip::tcp::socket socket(context_);
            acceptor_.accept(socket, error);
            if (error || stopping_) return;
            std::string octets;
            const auto end = boost::asio::read_until(socket, boost::asio::dynamic_buffer(octets), "\r\n\r\n", error);
            if (error) continue;
            head_ = octets.substr(0, end);
            body_.clear();
            read_body(socket, octets.substr(end));
            boost::asio::write(socket, boost::asio::buffer(answer), error);
            socket.shutdown(boost::asio::ip::tcp::socket::shutdown_both, error);
        }
    }
    void read_body(boost::asio::ip::tcp::socket& socket, std::string octets) {
        const auto head = message::parse_request_head(head_);
        if (!head) return;
        message::ChunkedReader chunks;
        boost::system::error_code error;
        for (;;) {
            if (head->framing.kind == message::Framing::Kind::chunked) {
                const auto step = chunks.take(octets);
                if (!step || step->ended) return;
                body_ += step->data;
                octets.erase(0, step->consumed);
                if (step->consumed > 0) continue;
            } else {
                body_ += octets;
                octets.clear();
                if (body_.size() >= head->framing.length) return;
            }
            char room[65536];
            const auto count = socket.read_some(boost::asio::buffer(room), error);
            if (error) return;
            octets.append(room, count);
        }
    }
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> stopping_ = false;
    std::string head_, body_;
    std::thread thread_;
};

/// The octets behind a recorded head, without their transfer coding, as our server finds their end.
class RecordedBody {
public:
    RecordedBody(Octets coded, message::Framing framing) : coded_(std::move(coded)), left_(coded_), framing_(framing) {}

    Result<OctetsView> next() {
        using Kind = message::Framing::Kind;
        if (framing_.kind == Kind::chunked) return chunk();
        const auto most = framing_.kind == Kind::length ? framing_.length - taken_ : left_.size();
        const auto piece = left_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(most, 1000)));
        left_.remove_prefix(piece.size());
        taken_ += piece.size();
        if (piece.empty() && framing_.kind == Kind::length && taken_ < framing_.length)
            return fault(FaultCode::io_error, "the connection ended before the body did");
        return piece;
    }

private:
    Result<OctetsView> chunk() {
        while (!ended_) {
            const auto step = chunks_.take(left_);
            if (!step) return fault(FaultCode::io_error, step.error().detail);
            left_.remove_prefix(step->consumed);
            ended_ = step->ended;
            if (!step->data.empty()) return step->data;
            if (!ended_ && step->consumed == 0)
                return fault(FaultCode::io_error, "the connection ended before the body did");
        }
        return OctetsView();
    }
    Octets coded_;
    OctetsView left_;
    message::Framing framing_;
    message::ChunkedReader chunks_;
    std::uint64_t taken_ = 0;
    bool ended_ = false;
};

/// A recorded request, as a route of ours meets it; what the route answers is kept.
class RecordedRequest : public channel::Exchange {
public:
    RecordedRequest(message::RequestHead head, Octets coded_body, std::vector<x509::Certificate> chain)
        : head_(std::move(head)), body_(std::move(coded_body), head_.framing), chain_(std::move(chain)) {}

    const message::RequestHead& head() const override { return head_; }
    bool over_tls() const override { return true; }
    const std::vector<x509::Certificate>& peer_certificates() const override { return chain_; }
    const std::string& peer_address() const override { return address_; }
    Async<OctetsView> read_body() override { co_return body_.next(); }
    Async<void> drain(std::uint64_t) override { co_return Result<void>{}; }
    Async<void> respond(int status, std::string_view, const message::Fields& fields, OctetsView body) override {
        answered_ = true;
        answer = {std::to_string(status), fields, {}, Octets(body)};
        co_return Result<void>{};
    }
    Async<void> begin(int status, std::string_view reason, const message::Fields& fields, Streaming) override {
        return respond(status, reason, fields, {});
    }
    Async<void> write(OctetsView octets) override {
        answer.body += octets;
        co_return Result<void>{};
    }
    Async<void> flush() override { co_return Result<void>{}; }
    Async<void> finish() override { co_return Result<void>{}; }
    bool answered() const override { return answered_; }
    void close_after() override {}

    RecordedHttp answer;

private:
    message::RequestHead head_;
    RecordedBody body_;
    std::vector<x509::Certificate> chain_;
    std::string address_ = "127.0.0.1";
    bool answered_ = false;
};

/// A recorded answer, as it comes out of a connection of ours.
class RecordedAnswer : public channel::Connection {
public:
    explicit RecordedAnswer(Octets octets) : octets_(std::move(octets)) {}

    const std::vector<x509::Certificate>& peer_certificates() const override { return none_; }
    std::string peer_address() const override { return "127.0.0.1"; }
    Async<void> write(OctetsView) override { co_return Result<void>{}; }
    bool resumed() const override { return false; }
    bool anything_sent() const override { return true; }
    Async<message::ResponseHead> read_head(message::HeadRules rules, std::chrono::milliseconds) override {
        const auto end = message::head_end(octets_);
        if (!end) co_return fault(FaultCode::network_error, "the connection ended before the head did");
        auto head = message::parse_response_head(octets_.substr(0, *end), rules);
        if (head) body_.emplace(octets_.substr(*end), head->framing);
        co_return head;
    }
    Async<OctetsView> read_body(std::chrono::milliseconds) override { co_return body_->next(); }
    bool reusable() const override { return false; }
    void next() override {}
    bool still_open() override { return false; }
    void close() override {}

private:
    Octets octets_;
    std::optional<RecordedBody> body_;
    std::vector<x509::Certificate> none_;
};

}  // namespace onceway::replay
