#include "tests/security-server/raw_service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace onceway::tests {

using boost::asio::ip::tcp;

struct RawService::Parts {
    Parts(std::string octets, bool hang)
        : acceptor(context, {boost::asio::ip::make_address("127.0.0.1"), 0}),
          thread([this, octets = std::move(octets), hang] { serve(octets, hang); }) {}
    ~Parts() {
        stopping = true;
        boost::system::error_code ignored;
        tcp::socket wake(context);
        wake.connect(acceptor.local_endpoint(ignored), ignored);
        thread.join();
    }
    void serve(const std::string& octets, bool hang) {
        std::vector<tcp::socket> kept;
        while (!stopping) {
            boost::system::error_code error;
            tcp::socket socket(context);
            acceptor.accept(socket, error);
            if (error || stopping) return;
            std::string head;
            boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n", error);
            if (error) continue;
            ++requests;
            boost::asio::write(socket, boost::asio::buffer(octets), error);
            if (hang) kept.push_back(std::move(socket));
        }
    }

    boost::asio::io_context context;
    tcp::acceptor acceptor;
    std::atomic<bool> stopping = false;
    std::atomic<int> requests = 0;
    std::thread thread;
};

RawService::RawService(std::string octets, bool hang) : parts_(std::make_unique<Parts>(std::move(octets), hang)) {}
RawService::~RawService() = default;

std::uint16_t RawService::port() const { return parts_->acceptor.local_endpoint().port(); }
std::string RawService::url() const { return "http://127.0.0.1:" + std::to_string(port()); }
int RawService::requests() const { return parts_->requests; }

}  // namespace onceway::tests
