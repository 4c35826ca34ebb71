// Preloaded beside libfiu: the FAILING_NTH-th of all calls named FAILING_NAME ("posix/io/*") fails with FAILING_ERRNO;
// and with FAILING_ON every later one too. How many there were is told on stderr at the end. A crash says whose code it
// was in.
#define FIU_ENABLE
#include <dlfcn.h>
#include <execinfo.h>
#include <fiu-control.h>
#include <fiu.h>
#include <signal.h>
#include <unistd.h>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<unsigned long> calls = 0;
unsigned long nth = 0;
bool from_then_on = false;

int fails(const char*, int*, void**, unsigned*) {
    const auto number = ++calls;
    return from_then_on ? number >= nth : number == nth;
}

/// The first object on the stack that is not the C library: "crash in libcrypto.so.3".
void tell_where(int signal) {
    void* frames[32];
    const int count = ::backtrace(frames, 32);
    for (int i = 2; i < count; ++i) {  // this function, and the trampoline
        Dl_info info{};
        if (::dladdr(frames[i], &info) == 0 || std::strstr(info.dli_fname, "/libc.so") != nullptr) continue;
        char text[512];
        const int length = std::snprintf(text, sizeof text, "\ncrash in %s\n", std::strrchr(info.dli_fname, '/') + 1);
        if (::syscall(1, 2, text, static_cast<std::size_t>(length)) < 0) break;
        break;
    }
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

__attribute__((constructor)) void begin() {
    const char* const name = std::getenv("FAILING_NAME");
    if (name == nullptr) return;
    void* warm[1];
    ::backtrace(warm, 1);  // loads what it needs while memory can be had
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) ::signal(signal, tell_where);
    nth = std::strtoul(std::getenv("FAILING_NTH"), nullptr, 10);
    from_then_on = std::getenv("FAILING_ON") != nullptr;
    const auto error = static_cast<std::intptr_t>(std::atoi(std::getenv("FAILING_ERRNO")));
    fiu_init(0);
    fiu_enable_external(name, 1, reinterpret_cast<void*>(error), 0, fails);
}

__attribute__((destructor)) void end() {
    const char* const name = std::getenv("FAILING_NAME");
    if (name == nullptr) return;
    fiu_disable(name);
    std::fprintf(stderr, "failing calls: %lu\n", calls.load());
}

}  // namespace
