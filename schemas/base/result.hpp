// What a step that can be refused returns: a value, or the Fault that says why there is none.
#pragma once

#include "schemas/base/fault.hpp"

#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace onceway {

/// A value, or the fault that stands in its place. Named member for member after `std::expected`, so that C++23 makes
/// it a `using` line.
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T value) : either_(std::in_place_index<0>, std::move(value)) {}
    Result(Fault fault) : either_(std::in_place_index<1>, std::move(fault)) {}

    bool has_value() const noexcept { return either_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() & { return std::get<0>(either_); }
    const T& value() const& { return std::get<0>(either_); }
    T&& value() && { return std::get<0>(std::move(either_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    Fault& error() & { return std::get<1>(either_); }
    const Fault& error() const& { return std::get<1>(either_); }
    Fault&& error() && { return std::get<1>(std::move(either_)); }

    template <class U>
    T value_or(U&& other) const& {
        return has_value() ? value() : static_cast<T>(std::forward<U>(other));
    }
    template <class F>
    auto and_then(F&& next) && -> std::invoke_result_t<F, T&&> {
        if (!has_value()) return std::move(*this).error();
        return std::invoke(std::forward<F>(next), std::move(*this).value());
    }
    template <class F>
    auto transform(F&& next) && -> Result<std::invoke_result_t<F, T&&>> {
        if (!has_value()) return std::move(*this).error();
        return std::invoke(std::forward<F>(next), std::move(*this).value());
    }
    template <class F>
    Result transform_error(F&& next) && {
        if (has_value()) return std::move(*this);
        return std::invoke(std::forward<F>(next), std::move(*this).error());
    }

private:
    std::variant<T, Fault> either_;
};

/// Done, or the fault that prevented it.
template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() = default;
    Result(Fault fault) : either_(std::move(fault)) {}

    bool has_value() const noexcept { return either_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    Fault& error() & { return std::get<1>(either_); }
    const Fault& error() const& { return std::get<1>(either_); }
    Fault&& error() && { return std::get<1>(std::move(either_)); }

    template <class F>
    auto and_then(F&& next) && -> std::invoke_result_t<F> {
        if (!has_value()) return std::move(*this).error();
        return std::invoke(std::forward<F>(next));
    }
    template <class F>
    Result transform_error(F&& next) && {
        if (has_value()) return {};
        return std::invoke(std::forward<F>(next), std::move(*this).error());
    }

private:
    std::variant<std::monostate, Fault> either_;
};

}  // namespace onceway
