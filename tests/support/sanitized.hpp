// Whether a sanitizer watches this build: then everything takes ten times as long.
#pragma once

namespace onceway::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace onceway::tests
