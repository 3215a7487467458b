// guard_test.cpp: under DITTO_CPU_GUARD=1 a kernel that leaves its blocks ends the process, in a process of its own each time
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "kernel.h"

namespace
{
constexpr long long COUNT = 1000;  // a fault must not depend on a block's filling its page, so it does not

struct Block
{
    explicit Block(long long floats) { NEED(cuMemAlloc_v2(&address, static_cast<std::size_t>(floats) * 4)); }
    CUdeviceptr address = 0;
};

// The signal that ended a child that ran the body, 0 where it came to its end.
template <typename Body>
int signal_of(Body body)
{
    const pid_t child = fork();
    if (child == 0)
    {
        for (const int fault : {SIGSEGV, SIGABRT}) std::signal(fault, SIG_DFL);  // a sanitizer would make an exit code of it
        setenv("DITTO_CPU_GUARD", "1", 1);
        CUcontext context;
        NEED(cuInit(0));
        NEED(cuDevicePrimaryCtxRetain(&context, 0));
        NEED(cuCtxSetCurrent(context));
        body();
        NEED(cuCtxSynchronize());
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) == 0 ? 0 : -1;
}

void silu(CUdeviceptr y, CUdeviceptr x, long long count)
{
    static Kernel* kernel = new Kernel("silu<float>");
    kernel->launch(3, nullptr, y, x, count);
}
}  // namespace

int main()
{
    EXPECT(signal_of([] { silu(Block(COUNT).address, Block(COUNT).address, COUNT); }) == 0);
    EXPECT(signal_of([] { silu(Block(COUNT).address, Block(COUNT - 1).address, COUNT); }) == SIGSEGV);  // reads one too many
    EXPECT(signal_of([] { silu(Block(COUNT - 1).address, Block(COUNT).address, COUNT); }) == SIGSEGV);  // writes one too many
    EXPECT(signal_of([] { silu(Block(1024).address, Block(1024).address - 4, 1024); }) == SIGSEGV);     // begins too early
    EXPECT(signal_of(
               []
               {
                   const Block y(COUNT), x(COUNT);
                   silu(y.address - 4, x.address, COUNT);  // the same where the block does not fill its page
                   NEED(cuCtxSynchronize());
                   NEED(cuMemFree_v2(y.address));
               }) == SIGABRT);
    EXPECT(signal_of(
               []
               {
                   const Block y(COUNT), x(COUNT);
                   NEED(cuMemFree_v2(x.address));
                   silu(y.address, x.address, COUNT);
               }) == SIGSEGV);
    std::printf("%s: guard_test\n", failures == 0 ? "passed" : "FAILED");
    return failures == 0 ? 0 : 1;
}
