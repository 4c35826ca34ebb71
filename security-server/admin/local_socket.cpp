#include "security-server/admin/local_socket.hpp"

#include "certs/channel/threads.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace onceway::admin {
namespace {

namespace asio = boost::asio;
using Stream = asio::local::stream_protocol;
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_name = sizeof(sockaddr_un{}.sun_path) - 1;

Fault failed(const std::filesystem::path& path, std::string_view what, std::string_view why) {
    return fault(FaultCode::io_error, fmt::format("{} {}: {}.", what, path.string(), why));
}

/// The socket under a name short enough for the kernel: through a descriptor of its folder when the path is too long.
class ShortName {
public:
    explicit ShortName(const std::filesystem::path& path) : name_(path.string()) {
        if (name_.size() <= longest_name) return;
        folder_ = ::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        name_ = fmt::format("/proc/self/fd/{}/{}", folder_, path.filename().string());
    }
    ShortName(const ShortName&) = delete;
    ShortName& operator=(const ShortName&) = delete;
    ~ShortName() {
        if (folder_ >= 0) ::close(folder_);
    }
    const std::string& text() const { return name_; }

private:
    std::string name_;
    int folder_ = -1;
};

bool may_ask(int socket) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return false;
    return who.uid == ::geteuid() || who.uid == 0;
}

}  // namespace

struct LocalSocket::Parts {
    std::filesystem::path path;
    Answer answer;
    Stream::acceptor acceptor;

    /// One connection, one line after the other.
    static asio::awaitable<void> converse(std::shared_ptr<Parts> parts, Stream::socket socket) {
        if (!may_ask(socket.native_handle())) {
            log::warning("admin.connection_refused", {{"reason", "another user"}});
            co_return;
        }
        std::string buffer;
        for (;;) {
            auto room = asio::dynamic_buffer(buffer, socket_line_octets);
            const auto [error, size] = co_await asio::async_read_until(socket, room, '\n', quietly);
            if (error) co_return;
            const auto line = buffer.substr(0, size - 1);
            buffer.erase(0, size);
            Octets reply;
            const std::function<void()> work = [&] { reply = parts->answer_safely(line); };
            co_await channel::on_disk_pool(work);
            reply += '\n';
            const auto written = co_await asio::async_write(socket, asio::buffer(reply), quietly);
            if (std::get<0>(written)) co_return;
        }
    }

    static void log_failure(const std::exception_ptr& broken) noexcept {
        try {
            if (broken) std::rethrow_exception(broken);
        } catch (const std::exception& error) {
            log::error("admin.connection_failed", {{"reason", error.what()}});
        }
    }

    Octets answer_safely(OctetsView line) const noexcept {
        try {
            return answer(line);
        } catch (const std::exception& error) {
            log::error("admin.request_failed", {{"reason", error.what()}});
            return R"({"ok":false,"code":"internal_error","detail":"The server failed over this request; see its log."})";
        }
    }
};

LocalSocket::LocalSocket(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

LocalSocket::~LocalSocket() {
    boost::system::error_code ignored;
    parts_->acceptor.close(ignored);
    std::error_code also_ignored;
    std::filesystem::remove(parts_->path, also_ignored);
}

Result<std::unique_ptr<LocalSocket>> LocalSocket::open(asio::io_context& context, std::filesystem::path path,
                                                       Answer answer) {
    constexpr std::string_view step = "Opening the administration socket";
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) return failed(path, step, error.message());
    Stream::acceptor acceptor(context);
    boost::system::error_code refused;
    acceptor.open(Stream(), refused);
    if (refused) return failed(path, step, refused.message());
    // Nobody can connect before `listen`, and by then the file is the owner's alone.
    acceptor.bind(Stream::endpoint(ShortName(path).text()), refused);
    if (refused) return failed(path, step, refused.message());
    if (::chmod(path.c_str(), 0600) != 0) return failed(path, step, std::strerror(errno));
    acceptor.listen(asio::socket_base::max_listen_connections, refused);
    if (refused) return failed(path, step, refused.message());
    auto parts = std::make_shared<Parts>(Parts{std::move(path), std::move(answer), std::move(acceptor)});
    return std::unique_ptr<LocalSocket>(new LocalSocket(std::move(parts)));
}

asio::awaitable<void> LocalSocket::run() {
    const auto parts = parts_;
    for (;;) {
        auto [error, socket] = co_await parts->acceptor.async_accept(quietly);
        if (error) co_return;
        const auto executor = parts->acceptor.get_executor();
        const auto ended = [](std::exception_ptr broken) { Parts::log_failure(broken); };
        asio::co_spawn(executor, Parts::converse(parts, std::move(socket)), ended);
    }
}

Result<Octets> ask_socket(const std::filesystem::path& path, OctetsView line, std::chrono::milliseconds patience) {
    constexpr std::string_view step = "Asking the server through";
    struct Descriptor {
        int number;
        ~Descriptor() {
            if (number >= 0) ::close(number);
        }
    } const socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const ShortName name(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, name.text().c_str(), longest_name);
    if (socket.number < 0 || ::connect(socket.number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fault(FaultCode::network_error, fmt::format("{} {}: {}.", step, path.string(), std::strerror(errno)));
    const timeval deadline{static_cast<time_t>(patience.count() / 1000),
                           static_cast<suseconds_t>(patience.count() % 1000 * 1000)};
    ::setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);

    Octets left(line);
    left += '\n';
    for (std::size_t sent = 0; sent < left.size();) {
        const auto count = ::send(socket.number, left.data() + sent, left.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return failed(path, step, std::strerror(errno));
        sent += static_cast<std::size_t>(count);
    }
    Octets reply;
    char room[65536];
    while (reply.find('\n') == Octets::npos && reply.size() <= socket_line_octets) {
        const auto count = ::recv(socket.number, room, sizeof room, 0);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return fault(FaultCode::timed_out, fmt::format("{} {}: no answer.", step, path.string()));
        if (count <= 0) return failed(path, step, "the connection ended before the answer");
        reply.append(room, static_cast<std::size_t>(count));
    }
    return reply.substr(0, reply.find('\n'));
}

}  // namespace onceway::admin
