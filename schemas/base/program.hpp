// The edge of every program: what nobody else caught ends it in order.
#pragma once

#include <cstdio>
#include <exception>

namespace onceway {

/// Runs the whole of `main`. An exception that comes this far, memory that could not be had for example, is told on
/// stderr, and the exit status is 2: could not tell.
template <class Main>
int run_program(const char* name, const Main& main) noexcept {
    try {
        return main();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
    } catch (...) {
        std::fprintf(stderr, "%s: failed for a reason that has no words\n", name);
    }
    return 2;
}

}  // namespace onceway
