#include "security-server/records/writer.hpp"

#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/spawn.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <set>
#include <thread>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

struct Open {
    TemporaryFolder folder;
    std::unique_ptr<StoreWriter> store = must(StoreWriter::open(folder / "messages.db"));
    std::unique_ptr<StoreReader> reader = must(StoreReader::open(folder / "messages.db"));
    std::unique_ptr<SearchIndex> index = must(SearchIndex::open(folder / "index.db", folder / "messages.db", 0));
    Writer writer{std::move(store), *index};

    Result<std::uint64_t> write(Record record) {
        auto waiting = std::make_shared<Waiting>();
        waiting->record = std::move(record);
        run(writer.write(waiting));
        return waiting->outcome;
    }
    Record large(std::string id) {
        auto record = with_evidence(request(std::move(id)));
        record.message.resize(100'000, 'x');
        return record;
    }
};

}  // namespace

TEST_CASE("a full disk refuses records, leaves no gap, and is left behind as soon as there is room") {
    Open open;
    must(open.write(open.large("1")));
    must(open.writer.run([](StoreWriter& store) { store.limit_to(300'000); }));
    std::uint64_t last = 1;
    Result<std::uint64_t> outcome = last;
    while (outcome) outcome = open.write(open.large("more")), last += outcome ? 1 : 0;
    CHECK(outcome.error().code == FaultCode::database_error);
    CHECK(contains(outcome.error().detail, "Make room on the disk"));
    CHECK_FALSE(open.writer.health().writable);
    CHECK(open.writer.health().last_number == last);

    SUBCASE("by the next record") {
        must(open.writer.run([](StoreWriter& store) { store.limit_to(30'000'000); }));
        CHECK(must(open.write(open.large("again"))) == last + 1);
        CHECK(open.writer.health().writable);
    }
    SUBCASE("by itself, when nobody calls") {
        const auto still_full = open.writer.run([](StoreWriter& store) {
            store.limit_to(30'000'000);
            throw store::StoreFull("as before");
        });
        REQUIRE_FALSE(still_full);
        CHECK_FALSE(open.writer.health().writable);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!open.writer.health().writable && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        CHECK(open.writer.health().writable);
        CHECK(must(open.write(open.large("again"))) == last + 1);
    }
}

TEST_CASE("a record that the tables refuse does not refuse those that were committed with it") {
    Open open;
    std::vector<std::shared_ptr<Waiting>> group;
    boost::asio::io_context context;
    for (int i = 0; i < 20; ++i) {
        auto waiting = std::make_shared<Waiting>();
        waiting->record = with_evidence(request(std::to_string(i)));
        if (i == 7) waiting->record.message.resize(65 * 1024 * 1024);  // above what a value may be
        group.push_back(waiting);
        spawn(context, open.writer.write(waiting), Thrown::is_ignored);
    }
    context.run();
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
        CAPTURE(i);
        if (i == 7)
            CHECK_FALSE(group[i]->outcome);
        else
            CHECK(must(group[i]->outcome) == ++last);
    }
    CHECK(open.writer.health().writable);
}

TEST_CASE("what a rolled-back transaction kept is kept again by the next") {
    Open open;
    const SealingMember member;
    const auto rolled_back = open.writer.run([&](StoreWriter& store) {
        const auto record = sealed(request("a"), member);
        store.insert(1, {record, std::nullopt, nullptr});
        throw std::runtime_error("no");
    });
    REQUIRE_FALSE(rolled_back);
    const auto record = sealed(request("b"), member);
    REQUIRE(must(open.write(record)) == 1);
    const auto row = must(open.reader->row(1, true));
    REQUIRE(row);
    CHECK(must(open.reader->documents(*row)).signature == *record.seal.signature);
}

TEST_CASE("the signature of a batch is kept once") {
    Open open;
    const SealingMember member;
    auto first = sealed(request("a"), member);
    first.seal.chain_result = std::make_shared<const Octets>("<HashChainResult/>");
    auto second = first;
    second.seal.signature = std::make_shared<const Octets>(*first.seal.signature);  // received on its own
    second.seal.chain = "<HashChain/>";
    must(open.write(first));
    must(open.write(second));
    CHECK(must(open.reader->row(1, false))->seal == must(open.reader->row(2, false))->seal);
    CHECK(must(open.reader->documents(*must(open.reader->row(2, true)))).chain == "<HashChain/>");
}

TEST_CASE("records that are ready together are committed together, and so lie in one pack") {
    Open open;
    std::vector<std::shared_ptr<Waiting>> group;
    boost::asio::io_context context;
    for (int i = 0; i < 40; ++i) {
        auto waiting = std::make_shared<Waiting>();
        waiting->record = with_evidence(request(std::to_string(i)));
        group.push_back(waiting);
        spawn(context, open.writer.write(waiting), Thrown::is_ignored);
    }
    context.run();
    std::set<std::uint64_t> packs;
    for (const auto& waiting : group) packs.insert(must(open.reader->pack_of(must(waiting->outcome)))->facts.first);
    CHECK(packs.size() <= 3);  // one, unless the machine did not come round within the writer's patience
}

TEST_CASE("a record whose thread does not come round again is committed all the same") {
    Open open;
    auto waiting = std::make_shared<Waiting>();
    waiting->record = with_evidence(request("abandoned"));
    boost::asio::io_context context;
    spawn(context, open.writer.write(waiting), Thrown::is_ignored);
    context.run_one();  // as far as the queue; what would tell the writer is never run
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (open.writer.health().last_number == 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    CHECK(open.writer.health().last_number == 1);
    context.run();
    CHECK(must(waiting->outcome) == 1);
}
