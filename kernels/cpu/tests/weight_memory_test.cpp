// weight_memory_test.cpp: constant weights are in memory once, and products run where there is no memory to pack them
#include <sys/resource.h>

#include <fstream>
#include <string>

#include "weight_case.h"

namespace
{
// The number of kilobytes after a key of a file in /proc/self, in bytes.
std::size_t bytes_in(const char* path, const std::string& key)
{
    std::ifstream file(path);
    std::string word;
    for (std::size_t value = 0; file >> word;)
        if (word == key && file >> value) return value * 1024;
    std::fprintf(stderr, "%s has no %s\n", path, key.c_str());
    std::exit(1);
}
std::size_t resident_bytes() { return bytes_in("/proc/self/smaps_rollup", "Rss:"); }

// Packing does not enlarge the process by what would be a second copy. The columns fill no piece of any form.
void test_one_copy(Type type)
{
    Weights big(8, 4000, 1024, type);
    Weights small(8, 200, 1024, type);
    small.product();  // scratch of the device is there
    const std::size_t before = resident_bytes();
    const std::vector<unsigned char> first = big.product();
    const std::size_t after = resident_bytes();
    if (after > before + big.w.bytes() / 5)
    {
        std::fprintf(stderr, "%s: %zu bytes of weights, and %zu more in memory after a product\n", name(type), big.w.bytes(),
                     after - before);
        ++failures;
    }
    EXPECT(big.product() == first);
}

// Without memory for what packing takes, products run from the weights as they lie. Comes first: later there is scratch for all.
void test_memory_limit(Type type)
{
    Weights weights(4, 2304, 1152, type, false);
    const std::vector<unsigned char> expected = weights.product(), transposed = weights.product(true);
    weights.w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
    const Case c{4, 2304, 1152, 1, type, type, false, false, false, true, false, true};
    const Plan plan(c);
    rlimit before;
    NEED(getrlimit(RLIMIT_AS, &before));
    const rlimit full{bytes_in("/proc/self/status", "VmSize:"), before.rlim_max};
    NEED(setrlimit(RLIMIT_AS, &full));
    plan.run(weights.w.device, weights.x.device, 0, weights.y.device, 0, false);
    NEED(cuCtxSynchronize());
    NEED(setrlimit(RLIMIT_AS, &before));
    EXPECT(Weights::stored(weights.y) == transposed);
    EXPECT(weights.product() == expected);
}
}  // namespace

int main()
{
    return test_on_every_device("weight_memory_test",
                                [](int)
                                {
                                    NEED(cublasLtCreate(&blas));
                                    for (const Type type : TYPES)
                                    {
                                        test_memory_limit(type);
                                        test_one_copy(type);
                                    }
                                    NEED(cublasLtDestroy(blas));
                                });
}
