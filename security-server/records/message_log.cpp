#include "security-server/records/message_log.hpp"

#include "certs/channel/threads.hpp"
#include "certs/keys/digest.hpp"
#include "certs/signature/verify.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"
#include "schemas/base/thread.hpp"
#include "security-server/records/body_folder.hpp"
#include "security-server/records/search_index.hpp"
#include "security-server/records/stamp_tree.hpp"
#include "security-server/records/store.hpp"
#include "security-server/records/writer.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace onceway::records {
namespace {

constexpr std::size_t leaf_octets = 64;
constexpr std::string_view logging = "logging_failed";

Fault not_found(std::uint64_t number) {
    return fault(FaultCode::not_found, fmt::format("The message log has no signed message under number {}", number));
}

/// A body is evidence when it has octets, or when the signature speaks of it. Rule: message-log §1.4.
bool body_belongs(const Record& record) {
    if (!record.body) return false;
    if (!record.body->empty()) return true;
    constexpr std::string_view named = "/attachment1";
    return record.seal.chain.find(named) != Octets::npos ||
           (record.seal.signature && record.seal.signature->find(named) != Octets::npos);
}

/// A folder of our own that nobody else can enter. Faults: `database_error`.
Result<void> make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    if (std::filesystem::create_directories(folder, error))
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) return fault(FaultCode::database_error, "Making the folder " + folder.string() + ": " + error.message());
    return {};
}

/// Turns what the disk did while reading into a fault.
template <class F>
auto reading(F&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const store::StoreError& error) {
        return fault(FaultCode::database_error, std::string("Reading the message log: ") + error.what());
    }
}

}  // namespace

struct MessageLog::Parts {
    Settings settings;
    BodyFolder bodies;
    std::unique_ptr<SearchIndex> index;
    std::unique_ptr<Writer> writer;
    std::mutex reader_door;
    std::unique_ptr<StoreReader> reader;  // closed before the writer, which then empties the write-ahead log
    std::function<Result<void>()> gate;
    std::function<Async<void>(std::uint64_t)> stamp_at_once;

    struct Sweeper {
        std::atomic<bool> stopping = false;
        std::thread thread;
        ~Sweeper() {
            stopping = true;
            if (thread.joinable()) thread.join();
        }
    } sweeper;

    Result<void> set_body_aside(Waiting& waiting) const;
    void sweep() noexcept;
    Result<std::uint64_t> holder_of(std::uint64_t number);
};

MessageLog::MessageLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
MessageLog::~MessageLog() = default;

Result<std::unique_ptr<MessageLog>> MessageLog::open(const Settings& settings, const Clock&) {
    if (auto made = make_folder(settings.folder); !made) return std::move(made).error();
    return reading([&]() -> Result<std::unique_ptr<MessageLog>> {
        // 1. The tables, and whether their tail is whole.
        auto writing = StoreWriter::open(settings.folder / "messages.db");
        if (!writing) return std::move(writing).error();
        auto reader = StoreReader::open(settings.folder / "messages.db");
        if (!reader) return std::move(reader).error();
        const auto files = (*reader)->check_tail();
        if (!files) return files.error();

        // 2. The bodies beside them: those of the last records are there.
        auto bodies = BodyFolder::open(settings.folder / "bodies");
        if (!bodies) return std::move(bodies).error();
        for (const auto& file : *files)
            if (auto there = bodies->check(file); !there) return std::move(there).error();

        // 3. The index for searching.
        auto index =
            SearchIndex::open(settings.folder / "index.db", settings.folder / "messages.db", (*writing)->last_number());
        if (!index) return std::move(index).error();

        // 4. The writer begins.
        std::unique_ptr<Parts> parts(
            new Parts{settings, std::move(*bodies), std::move(*index), {}, {}, std::move(*reader), {}, {}});
        parts->writer = std::make_unique<Writer>(std::move(*writing), *parts->index);

        // 5. Behind it, bodies that nobody names go.
        parts->sweeper.thread = std::thread([own = parts.get()] { own->sweep(); });
        return std::unique_ptr<MessageLog>(new MessageLog(std::move(parts)));
    });
}

/// Removes the bodies that a crash left without a record. There may be millions of files to look at.
void MessageLog::Parts::sweep() noexcept {
    name_this_thread("sweep");
    let_others_go_first();
    struct Stopped {};
    try {
        auto names = StoreReader::open(settings.folder / "messages.db");
        if (!names) throw store::StoreError(names.error().detail);
        const auto orphans = bodies.remove_orphans([&](std::string_view name) {
            if (sweeper.stopping) throw Stopped();
            return (*names)->names_file(name);
        });
        if (orphans > 0) log::info("log.orphans_removed", {{"files", static_cast<std::uint64_t>(orphans)}});
    } catch (const Stopped&) {
        // The next opening goes on.
    } catch (const std::exception& error) {
        log::warning("log.orphans_not_removed", {{"reason", error.what()}});
    }
}

void MessageLog::admit_by(std::function<Result<void>()> gate) { parts_->gate = std::move(gate); }

void MessageLog::stamp_by(std::function<Async<void>(std::uint64_t number)> stamp) {
    parts_->stamp_at_once = std::move(stamp);
}

Health MessageLog::health() const { return parts_->writer->health(); }

namespace {

/// How much of its body a record keeps.
std::uint64_t octets_to_keep(const Waiting& waiting) {
    return waiting.parts.empty() ? waiting.record.body->size() : kept_octets(waiting.parts);
}

/// A body that can be written from where it lies: it is in memory, and either all of it or nothing is kept.
bool stays_where_it_is(const Waiting& waiting) {
    const auto octets = octets_to_keep(waiting);
    return octets == 0 || (waiting.record.body->in_memory() && octets == waiting.record.body->size());
}

}  // namespace

/// Of a body that lies in a temporary file, or is not kept whole, what is kept is read when it is small, and copied
/// into a file of the log when it is large.
Result<void> MessageLog::Parts::set_body_aside(Waiting& waiting) const {
    const auto& body = *waiting.record.body;
    if (octets_to_keep(waiting) > limits::logged_in_database_octets) try {
            auto file = bodies.keep(body, waiting.parts);
            if (!file) return std::move(file).error();
            waiting.file = std::move(*file);
            return {};
        } catch (const std::exception& error) {
            return fault(FaultCode::database_error, std::string("Writing the message log: ") + error.what());
        }
    Octets octets, room;
    for (std::size_t i = 0; i < body.parts().size(); ++i) {
        const auto& part = body.parts()[i];
        if (!waiting.parts.empty() && !waiting.parts[i].kept) continue;
        for (std::uint64_t done = 0; done < part.size;) {
            auto piece = body.read_blocking(part.offset + done, static_cast<std::size_t>(part.size - done), room);
            if (!piece) return std::move(piece).error();
            octets += *piece;
            done += piece->size();
        }
    }
    waiting.body_octets = std::move(octets);
    return {};
}

Async<std::uint64_t> MessageLog::append(Record record) {
    // 1. May it be logged at all?
    if (parts_->gate && record.outcome == "accepted")
        if (auto admitted = parts_->gate(); !admitted) co_return admitted.error().within(logging);
    auto parts = parts_to_log(record, parts_->settings);
    if (!parts) co_return parts.error();

    // 2. Its body first: a large one is a file, synced before the record commits.
    auto waiting = std::make_shared<Waiting>();
    waiting->record = std::move(record);
    if (!body_belongs(waiting->record))
        waiting->record.body.reset();
    else
        waiting->parts = std::move(*parts);
    if (waiting->record.body && !stays_where_it_is(*waiting)) {
        Result<void> aside;
        std::function<void()> work = [&] { aside = parts_->set_body_aside(*waiting); };
        co_await channel::on_disk_pool(std::move(work));
        if (!aside) co_return aside.error().within(logging);
    }

    // 3. Then the record, with whatever else waits. A log that is closing commits it and is gone before we go on.
    const auto stamp_at_once = parts_->stamp_at_once;
    co_await parts_->writer->write(waiting);
    if (!waiting->outcome) {
        if (waiting->file && !waiting->uncertain) parts_->bodies.remove(*waiting->file);
        co_return waiting->outcome.error().within(logging);
    }
    const auto number = *waiting->outcome;

    // 4. Where each message waits for its time-stamp, that as well.
    if (stamp_at_once && waiting->record.outcome == "accepted" && waiting->record.seal.signature) {
        auto stamped = co_await stamp_at_once(number);
        if (!stamped) co_return stamped.error().within(logging);
    }
    co_return number;
}

// --- time-stamping ---

Result<std::uint64_t> MessageLog::Parts::holder_of(std::uint64_t number) {
    const auto row = reader->row(number, false);
    if (!row) return row.error();
    if (!*row || (*row)->seal == 0) return not_found(number);
    return (*row)->seal;
}

Result<std::vector<MessageLog::Unstamped>> MessageLog::unstamped(std::size_t most) {
    return reading([&]() -> Result<std::vector<Unstamped>> {
        std::vector<std::uint64_t> numbers;
        {
            const std::lock_guard lock(parts_->reader_door);
            numbers = parts_->reader->unstamped(most);
        }
        std::vector<Unstamped> found;
        found.reserve(numbers.size());
        std::pair<std::uint64_t, Octets> last;  // records of one batch follow each other, and share their leaf
        for (const auto number : numbers) {
            const std::lock_guard lock(parts_->reader_door);  // opens in between: others read as well
            const auto holder = parts_->holder_of(number);
            if (!holder) return holder.error();
            if (last.first != *holder) {
                const auto signature = parts_->reader->signature(*holder);
                if (!signature) return signature.error();
                last = {*holder, keys::sha512(*signature)};
            }
            found.push_back({number, last.second});
        }
        return found;
    });
}

Result<Octets> MessageLog::signature_document(std::uint64_t number) {
    return reading([&]() -> Result<Octets> {
        const std::lock_guard lock(parts_->reader_door);
        const auto holder = parts_->holder_of(number);
        if (!holder) return holder.error();
        return parts_->reader->signature(*holder);
    });
}

Result<Octets> MessageLog::signature_value(std::uint64_t number) {
    const auto document = signature_document(number);
    if (!document) return document.error();
    auto outline = signature::outline(*document);
    if (!outline) return std::move(outline).error();
    return std::move(outline->value);
}

Result<void> MessageLog::keep_stamp(const Stamp& stamp) {
    return parts_->writer->run([&stamp](StoreWriter& store) { store.keep_stamp(stamp); });
}

// --- reading ---

Result<std::vector<Stored>> MessageLog::find(const identity::ClientId& local_party, std::string_view message_id) {
    return reading([&]() -> Result<std::vector<Stored>> {
        std::vector<Stored> found;
        const auto party = local_party.url();
        const auto numbers = parts_->index->find(message_id);
        if (!numbers) return numbers.error();
        for (const auto number : *numbers) {
            const std::lock_guard lock(parts_->reader_door);
            auto held = parts_->reader->row(number, false);
            if (!held) return std::move(held).error();
            auto& row = *held;
            if (!row || row->seal == 0 || row->stored.outcome != "accepted") continue;
            if (row->stored.message_id == message_id && row->local_party() == party)
                found.push_back(std::move(row->stored));
        }
        return found;
    });
}

namespace {

/// Puts the time-stamp into a container's contents: inside the signature when it is single, beside it otherwise.
Result<void> add_stamp(const KeptStamp& stamp, container::Contents& contents) {
    if (stamp.leaves.empty()) {
        auto stamped = container::with_embedded_token(contents.signature, stamp.token);
        if (!stamped) return std::move(stamped).error();
        contents.signature = std::move(*stamped);
        return {};
    }
    std::vector<Octets> leaves;
    for (std::size_t at = 0; at < stamp.leaves.size(); at += leaf_octets)
        leaves.push_back(stamp.leaves.substr(at, leaf_octets));
    if (stamp.position >= leaves.size() || leaves[stamp.position] != keys::sha512(contents.signature))
        return fault(
            FaultCode::database_error,
            "The signature in the message log is not the one that was time-stamped: the log was altered. Restore it "
            "from a backup");
    contents.time_chain_result = stamp.result;
    contents.time_chain = StampTree(std::move(leaves)).chain_document(stamp.position);
    contents.time_token = stamp.token;
    return {};
}

/// What is kept of a record's attachments, each under its own number. `streamed` gets the fault of a missing file.
std::vector<container::AttachmentSource> attachments_of(const Row& row, const BodyFolder& bodies,
                                                        Result<void>& streamed) {
    std::vector<container::AttachmentSource> attachments;
    const auto add = [&](std::uint64_t offset, std::uint64_t size) {
        if (row.body)
            attachments.push_back([&row, offset, size](const auto& into) {
                into(OctetsView(*row.body).substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size)));
            });
        else
            attachments.push_back([&row, &bodies, &streamed, offset, size](const auto& into) {
                if (streamed) streamed = bodies.stream(*row.file, offset, size, into);
            });
    };
    std::uint64_t offset = 0;
    for (const auto& part : row.parts) {
        if (part.kept)
            add(std::exchange(offset, offset + part.size), part.size);
        else
            attachments.emplace_back();
    }
    if (row.parts.empty() && (row.body || row.file)) add(0, row.body ? row.body->size() : row.file->size);
    return attachments;
}

}  // namespace

Result<void> MessageLog::export_container(std::uint64_t number, const std::function<void(OctetsView)>& sink) {
    return reading([&]() -> Result<void> {
        std::optional<Row> row;
        std::optional<KeptStamp> stamp;
        container::Contents contents;
        {
            const std::lock_guard lock(parts_->reader_door);
            auto held = parts_->reader->row(number, true);
            if (!held) return std::move(held).error();
            row = std::move(*held);
            if (!row || row->seal == 0) return not_found(number);
            auto kept = parts_->reader->stamp(number);
            if (!kept) return std::move(kept).error();
            stamp = std::move(*kept);
            if (!stamp)
                return fault(FaultCode::asic_timestamp_not_found,
                             fmt::format("The message under number {} has no time-stamp yet", number));
            auto documents = parts_->reader->documents(*row);
            if (!documents) return std::move(documents).error();
            contents.signature = std::move(documents->signature);
            contents.chain_result = std::move(documents->result);
            contents.chain = std::move(documents->chain);
        }
        contents.message = std::move(row->message);
        contents.at = row->stored.at;
        if (auto added = add_stamp(*stamp, contents); !added) return added;

        Result<void> streamed;
        container::write_container(contents, attachments_of(*row, parts_->bodies, streamed), sink);
        return streamed;
    });
}

}  // namespace onceway::records
