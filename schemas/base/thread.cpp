#include "schemas/base/thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace onceway {

void name_this_thread(const char* name) {
    std::array<char, 16> short_name{};
    std::snprintf(short_name.data(), short_name.size(), "%s", name);
    pthread_setname_np(pthread_self(), short_name.data());
}

// Linux keeps a nice value for each thread.
void let_others_go_first() {
    constexpr int steps_back = 10;
    const auto mine = static_cast<id_t>(gettid());
    setpriority(PRIO_PROCESS, mine, getpriority(PRIO_PROCESS, mine) + steps_back);
}

}  // namespace onceway
