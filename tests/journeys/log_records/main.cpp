// log_records FOLDER: reads the message log of a server that does not run, every record with its documents and its body
// file, and prints a line each: number, side, direction, outcome, message id. For journeys that judge whole logs.
//
// Exit 0: the log is whole; 1: something is missing or damaged, said on stderr.
#include "security-server/records/body_folder.hpp"
#include "security-server/records/store.hpp"

#include <cstdio>
#include <filesystem>
#include <stdexcept>

using namespace onceway;
using namespace onceway::records;

namespace {

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void print(const Stored& record) {
    std::printf("%llu %s %s %s %s\n", static_cast<unsigned long long>(record.number),
                record.side == Side::client ? "client" : "provider",
                record.direction == Direction::request ? "request" : "response", record.outcome.c_str(),
                record.message_id.c_str());
}

void read_all(const std::filesystem::path& folder) {
    const auto reader = must(StoreReader::open(folder / "messages.db"));
    const auto bodies = must(BodyFolder::open(folder / "bodies"));
    must(reader->check_tail());
    for (std::uint64_t number = 1;; ++number) {
        const auto row = must(reader->row(number, true));
        if (!row) return;
        if (row->seal != 0) must(reader->documents(*row));
        if (row->file) must(bodies.check(*row->file));
        print(row->stored);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: log_records FOLDER\n", stderr);
        return 2;
    }
    try {
        read_all(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "log_records: %s\n", error.what());
        return 1;
    }
}
