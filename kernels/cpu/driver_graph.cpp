// driver_graph.cpp: graphs are lists of commands in the order of capture; a launch queues one command that runs them all
#include "driver_error.h"
#include "executor.h"
#include "handles.h"
#include "stream.h"

namespace ditto
{
namespace
{
struct GraphExec
{
    std::shared_ptr<Context> context;
    std::shared_ptr<const std::vector<Command>> commands;
};

// A node is named by its graph and place; it stays valid as long as the graph.
struct Node
{
    std::weak_ptr<Graph> graph;
    CUgraphNodeType type;
};

struct Graphs
{
    HandleTable<Graph> graphs{0x44};
    HandleTable<GraphExec> executables{0x45};
    HandleTable<Node> nodes{0x46};
};

Graphs& tables()
{
    static Graphs* instance = new Graphs;
    return *instance;
}

bool is_of(const std::shared_ptr<Graph>& graph, const Context& context)
{
    return graph != nullptr && graph->context.get() == &context;
}
}  // namespace

void* add_graph(std::shared_ptr<Graph> graph) { return tables().graphs.add(std::move(graph)); }

void release_graphs_of(const Context& context) noexcept
{
    tables().nodes.remove_if([&](const Node& node) { return is_of(node.graph.lock(), context); });
    tables().graphs.remove_if([&](const Graph& graph) { return graph.context.get() == &context; });
    tables().executables.remove_if([&](const GraphExec& exec) { return exec.context.get() == &context; });
}
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuGraphCreate(CUgraph* graph, unsigned flags)
{
    return driver_call(
        [&]
        {
            require(graph != nullptr && flags == 0);
            const std::shared_ptr<Graph> empty = std::make_shared<Graph>();
            empty->context = current_context();
            *graph = static_cast<CUgraph>(add_graph(empty));
        });
}

DITTO_API CUresult cuGraphDestroy(CUgraph graph)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Graph> removed = tables().graphs.remove(graph, CUDA_ERROR_INVALID_VALUE);
            tables().nodes.remove_if([&](const Node& node) { return node.graph.lock() == removed; });
        });
}

DITTO_API CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, std::size_t* count)
{
    return driver_call(
        [&]
        {
            require(count != nullptr);
            const std::shared_ptr<Graph> found = tables().graphs.find(graph, CUDA_ERROR_INVALID_VALUE);
            const std::size_t present = found->commands.size();
            for (std::size_t i = 0; nodes != nullptr && i < *count; ++i)
            {
                if (i < present)
                    nodes[i] = static_cast<CUgraphNode>(
                        tables().nodes.add(std::make_shared<Node>(Node{found, node_type(found->commands[i])})));
                else
                    nodes[i] = nullptr;
            }
            *count = nodes == nullptr || *count > present ? present : *count;
        });
}

DITTO_API CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType* type)
{
    return driver_call(
        [&]
        {
            require(type != nullptr);
            *type = tables().nodes.find(node, CUDA_ERROR_INVALID_VALUE)->type;
        });
}

DITTO_API CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags)
{
    return driver_call(
        [&]
        {
            require(executable != nullptr && flags < 16);
            require((flags & 4) == 0, CUDA_ERROR_NOT_SUPPORTED);  // launch from the device
            const std::shared_ptr<Graph> found = tables().graphs.find(graph, CUDA_ERROR_INVALID_VALUE);
            const std::shared_ptr<GraphExec> exec = std::make_shared<GraphExec>();
            exec->context = found->context;
            exec->commands = std::make_shared<const std::vector<Command>>(found->commands);
            *executable = static_cast<CUgraphExec>(tables().executables.add(exec));
        });
}

DITTO_API CUresult cuGraphUpload(CUgraphExec executable, CUstream stream)
{
    return driver_call(
        [&]
        {
            find_stream(stream);
            tables().executables.find(executable, CUDA_ERROR_INVALID_VALUE);  // nothing to move: the device is here
        });
}

DITTO_API CUresult cuGraphLaunch(CUgraphExec executable, CUstream handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Stream> stream = find_stream(handle);
            const std::shared_ptr<GraphExec> exec = tables().executables.find(executable, CUDA_ERROR_INVALID_VALUE);
            require(exec->context == stream->context, CUDA_ERROR_INVALID_CONTEXT);
            enqueue(*stream, Command{nullptr, Replay{exec->commands}});
        });
}

DITTO_API CUresult cuGraphExecDestroy(CUgraphExec executable)
{
    return driver_call([&] { tables().executables.remove(executable, CUDA_ERROR_INVALID_VALUE); });
}

DITTO_API CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* user_data)
{
    return driver_call(
        [&]
        {
            require(function != nullptr);
            enqueue(*find_stream(handle), Command{nullptr, HostCall{function, user_data}});
        });
}
