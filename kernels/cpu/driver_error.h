// driver_error.h: how failures leave the driver's entry points: as a CUresult, never as a C++ exception
#pragma once

#include <exception>
#include <new>

#include "abi.h"

namespace ditto
{
struct DriverError : std::exception
{
    explicit DriverError(CUresult result) : code(result) {}
    const char* what() const noexcept override { return "driver error"; }
    CUresult code;
};

inline void require(bool condition, CUresult otherwise = CUDA_ERROR_INVALID_VALUE)
{
    if (!condition) throw DriverError(otherwise);
}

bool is_initialised() noexcept;

// Runs an entry point's body: after cuInit only, and with every exception turned into a code.
template <typename Body>
CUresult driver_call(Body&& body) noexcept
{
    if (!is_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
    try
    {
        body();
        return CUDA_SUCCESS;
    }
    catch (const DriverError& error)
    {
        return error.code;
    }
    catch (const std::bad_alloc&)
    {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    catch (...)
    {
        return CUDA_ERROR_UNKNOWN;
    }
}
}  // namespace ditto
