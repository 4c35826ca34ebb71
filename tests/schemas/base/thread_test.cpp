#include "schemas/base/thread.hpp"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

using namespace onceway;

TEST_CASE("a thread carries its name, cut to what the system keeps, and lets others go first") {
    std::string name;
    int niceness = 0;
    const int mine = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
    std::thread behind([&] {
        name_this_thread("a name longer than fifteen");
        let_others_go_first();
        std::array<char, 16> kept{};
        pthread_getname_np(pthread_self(), kept.data(), kept.size());
        name = kept.data();
        niceness = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
    });
    behind.join();
    CHECK(name == "a name longer t");
    CHECK(niceness > mine);
    CHECK(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())) == mine);
}
