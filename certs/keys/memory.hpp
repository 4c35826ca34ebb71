// Memory that OpenSSL could not have. It then says no, in words that cannot be told from those of a real no.
#pragma once

namespace onceway::keys {

/// From now on it is remembered when memory ran short. To be called before anything else of OpenSSL, so first in
/// `main`; later it has no effect.
void watch_memory();

/// True when memory ran short since then: what was refused meanwhile may have been right.
bool memory_ran_short();

}  // namespace onceway::keys
