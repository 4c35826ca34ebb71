// One reader of outside bytes, as libFuzzer calls it and as the replay test calls it over the kept corpus.
#pragma once

#include "schemas/base/bytes.hpp"

#include <map>
#include <string>

namespace onceway::fuzz {

using Target = void (*)(OctetsView input);

/// All targets of the program, by name.
inline std::map<std::string, Target>& targets() {
    static std::map<std::string, Target> table;
    return table;
}
struct Registered {
    Registered(const char* name, Target target) { targets()[name] = target; }
};

}  // namespace onceway::fuzz

#ifdef ONCEWAY_FUZZING
#define ONCEWAY_FUZZ_ENTRY(name)                                                           \
    extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) { \
        onceway::fuzz::name({reinterpret_cast<const char*>(data), size});                  \
        return 0;                                                                          \
    }
#else
#define ONCEWAY_FUZZ_ENTRY(name)
#endif

/// `ONCEWAY_FUZZ(mime) { … input … }`: the body may do anything but crash, hang, or contradict itself.
#define ONCEWAY_FUZZ(name)                                   \
    namespace onceway::fuzz {                                \
    static void name(OctetsView input);                      \
    static const Registered registered_##name(#name, &name); \
    }                                                        \
    ONCEWAY_FUZZ_ENTRY(name)                                 \
    static void onceway::fuzz::name(OctetsView input)
