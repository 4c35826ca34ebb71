// What a thread is for, told to the system: its name in `top` and profiles, and whether others go first.
#pragma once

namespace onceway {

/// Names the calling thread; the system keeps the first 15 characters.
void name_this_thread(const char* name);

/// Lets threads that carry messages go first: what gathers behind them gathers more, and nobody waits on purpose.
/// Where the system refuses, everything stays as it is.
void let_others_go_first();

}  // namespace onceway
