// The log's one writer: a thread that takes everything that waits, commits it at once, and then wakes those who waited.
#pragma once

#include "security-server/records/body_folder.hpp"
#include "security-server/records/search_index.hpp"
#include "security-server/records/store.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace onceway::records {

/// A record on its way to the disk, kept alive by the one who waits and by the queue.
struct Waiting {
    Record record;
    std::vector<LoggedPart> parts;      // of a body that is more or less than one part
    std::optional<Octets> body_octets;  // of a body that is small, but lay in a temporary file or is not kept whole
    std::optional<BodyFile> file;       // of a body that is large: written and synced already
    Result<std::uint64_t> outcome = fault(FaultCode::internal_error, "not yet written");
    bool uncertain = false;  // a sync failed: the next opening may find the record, though nobody was told

    boost::asio::any_io_executor executor;                              // of the one who waits
    std::optional<boost::asio::any_completion_handler<void()>> resume;  // moved by construction only (Boost 1.81)

    Entry entry() const;
};

class Writer {
public:
    /// Takes over the tables; `store` was checked. Starts the thread.
    Writer(std::unique_ptr<StoreWriter> store, SearchIndex& index);
    ~Writer();  // commits what is queued, wakes who waits, ends the thread

    /// Queues a record and resumes, on the caller's executor, once `waiting->outcome` tells its number or fault.
    boost::asio::awaitable<void> write(std::shared_ptr<Waiting> waiting);

    /// Runs `work` in a transaction of its own, between two groups of records. Waits; for threads that may block.
    /// Faults: `database_error`.
    Result<void> run(std::function<void(StoreWriter&)> work);

    Health health() const;

private:
    struct Errand {
        std::function<void(StoreWriter&)> work;
        std::promise<Result<void>> outcome;
    };
    struct Taken {
        std::vector<std::shared_ptr<Waiting>> records;
        std::vector<std::unique_ptr<Errand>> errands;
        bool last = false;
    };

    void enqueue(std::shared_ptr<Waiting> waiting);
    void work();
    Taken take();
    void commit(std::vector<std::shared_ptr<Waiting>>& group);
    void commit_now(const std::vector<std::shared_ptr<Waiting>>& group);
    void perform(Errand& errand);
    void checkpoint();
    void probe();
    /// Keeps the promise after a failure: what the disk did decides whether we go on, wait, or stop.
    Fault failed(const std::exception& error, bool broken, bool full);
    void healthy();

    std::unique_ptr<StoreWriter> store_;
    SearchIndex& index_;
    std::uint64_t last_number_ = 0;  // of the thread

    /// Rung by the executor of the first record of a group, once it has come round to whatever was ready with it: so a
    /// record that is alone is committed at once, and those that come together are committed together.
    struct Bell {
        std::mutex door;
        std::condition_variable something_waits;
        bool rung = false;
    };
    const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();  // may ring when the writer is gone
    std::mutex& door_ = bell_->door;
    std::condition_variable& something_waits_ = bell_->something_waits;
    std::vector<std::shared_ptr<Waiting>> records_;
    std::vector<std::unique_ptr<Errand>> errands_;
    bool stopping_ = false, broken_ = false, full_ = false;
    Health health_;
    std::thread thread_;
};

}  // namespace onceway::records
