// An information system that speaks no HTTP of ours: it answers one connection with given octets, and may hang or
// vanish.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <string>
#include <thread>

namespace onceway::tests {

class RawService {
public:
    /// Waits for a head, answers with `octets`, then closes; with `hang` it keeps the connection open and says no more.
    explicit RawService(std::string octets, bool hang = false)
        : acceptor_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
          thread_([this, octets = std::move(octets), hang] { serve(octets, hang); }) {}
    ~RawService() {
        stopping_ = true;
        boost::system::error_code ignored;
        boost::asio::ip::tcp::socket wake(context_);
        wake.connect(acceptor_.local_endpoint(ignored), ignored);
        thread_.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    int requests() const { return requests_; }

private:
    void serve(const std::string& octets, bool hang) {
        std::vector<boost::asio::ip::tcp::socket> kept;
        while (!stopping_) {
            boost::system::error_code error;
            boost::asio::ip::tcp::socket socket(context_);
            acceptor_.accept(socket, error);
            if (error || stopping_) return;
            std::string head;
            boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n", error);
            if (error) continue;
            ++requests_;
            boost::asio::write(socket, boost::asio::buffer(octets), error);
            if (hang) kept.push_back(std::move(socket));
        }
    }
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> requests_ = 0;
    std::thread thread_;
};

}  // namespace onceway::tests
