#include "certs/keys/memory.hpp"

#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>

namespace onceway::keys {
namespace {

std::atomic<bool> ran_short = false;

void* allocate(std::size_t size, const char*, int) {
    void* const memory = std::malloc(size);
    if (memory == nullptr && size > 0) ran_short = true;
    return memory;
}
void* allocate_anew(void* memory, std::size_t size, const char*, int) {
    void* const moved = std::realloc(memory, size);
    if (moved == nullptr && size > 0) ran_short = true;
    return moved;
}
void release(void* memory, const char*, int) { std::free(memory); }

}  // namespace

void watch_memory() { static_cast<void>(CRYPTO_set_mem_functions(allocate, allocate_anew, release)); }
bool memory_ran_short() { return ran_short; }

}  // namespace onceway::keys
