// In: calls of the CUDA driver, NVRTC and cuBLASLt. Out: their work done on this processor: a stand-in for tests on machines without a GPU.
// Work on a stream waits until something asks for it, so that memory which is overwritten too early shows; memory has exact bounds, so that
// AddressSanitizer sees what leaves it; graphs run in an order that only their own dependencies forbid to be another.
#include "compile.h"
#include "fibers.h"
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>
#define API extern "C" __attribute__((visibility("default")))

namespace {
using Address = uint64_t;
enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719, CAPTURE_INVALID = 901 };

// What tests set.
struct Settings {
  int version = 13000, devices = 1, capability = 90;
  uint64_t memory = 1ull << 32;
  bool runs = true;
} settings;
struct Failure { std::string function; int code, after; };
std::vector<Failure> failures;
int lost = OK;

/** The answer that a test asked for, or that of a GPU that is lost. */
int planned(const char *function) {
  if (lost != OK) return lost;
  for (auto it = failures.begin(); it != failures.end(); ++it)
    if (it->function == function && it->after-- == 0) {
      const int code = it->code;
      failures.erase(it);
      if (code >= 700 || code == 214) lost = code;
      return code;
    }
  return OK;
}
#define PLANNED if (const int code_ = planned(__func__)) return code_

std::map<Address, size_t> blocks;
std::map<Address, size_t> pinned;
uint64_t used;
bool inside(const std::map<Address, size_t> &memory, Address at, size_t bytes) {
  auto it = memory.upper_bound(at);
  if (it == memory.begin()) return false;
  --it;
  return at + bytes <= it->first + it->second;
}

struct Function { std::shared_ptr<compiler::Module> module; std::string name; int arity; };
struct Launch {
  Function *function = nullptr;
  fibers::Index blocks{}, threads{};
  std::vector<uint64_t> values;
};
using Work = std::function<int()>;

int execute(const Launch &launch) {
  if (!settings.runs) return OK;
  const compiler::Entry entry = compiler::entry(launch.function->module, launch.function->name);
  if (!entry.kernel) return LAUNCH_FAILED;
  std::vector<void *> pointers;
  for (const uint64_t &value : launch.values) pointers.push_back(const_cast<uint64_t *>(&value));
  const auto give = reinterpret_cast<void (*)(fibers::Device *)>(entry.give);
  if (fibers::run(entry.kernel, launch.blocks, launch.threads, pointers.data(), give)) return OK;
  fprintf(stderr, "stand-in: the threads of a block of %s do not all reach a barrier\n", launch.function->name.c_str());
  return LAUNCH_FAILED;
}

struct Graph;
struct Node { Launch launch; Work work; std::shared_ptr<Graph> child; std::vector<Node *> after; };
struct Graph { std::vector<std::unique_ptr<Node>> nodes; };
struct Instance { std::vector<const Node *> order; std::map<const Node *, Launch> launches; std::map<const Node *, std::shared_ptr<Graph>> children; };
struct Stream { std::deque<Work> waiting; Graph *capturing = nullptr; };
std::map<Graph *, std::shared_ptr<Graph>> graphs;
std::set<Instance *> instances;
std::set<Stream *> streams;

int drain(Stream *stream) {
  while (!stream->waiting.empty()) {
    Work work = std::move(stream->waiting.front());
    stream->waiting.pop_front();
    if (const int code = work()) return lost = code;
  }
  return OK;
}
int drainAll() {
  for (Stream *stream : streams)
    if (const int code = drain(stream)) return code;
  return OK;
}
int enqueue(Stream *stream, Work work) {
  if (!streams.count(stream)) return INVALID_HANDLE;
  if (stream->capturing) {
    auto node = std::make_unique<Node>();
    node->work = std::move(work);
    if (!stream->capturing->nodes.empty()) node->after.push_back(stream->capturing->nodes.back().get());
    stream->capturing->nodes.push_back(std::move(node));
  } else stream->waiting.push_back(std::move(work));
  return OK;
}

/** Every node after those that it waits for; else the last made comes first. */
std::vector<const Node *> ordered(const Graph &graph) {
  std::vector<const Node *> order;
  std::set<const Node *> done;
  while (order.size() < graph.nodes.size()) {
    const size_t before = order.size();
    for (auto it = graph.nodes.rbegin(); it != graph.nodes.rend(); ++it) {
      const Node *node = it->get();
      bool ready = !done.count(node);
      for (const Node *other : node->after) ready = ready && done.count(other);
      if (!ready) continue;
      order.push_back(node);
      done.insert(node);
      break;
    }
    if (order.size() == before) return {};
  }
  return order;
}
int runGraph(const Graph &graph) {
  for (const Node *node : ordered(graph)) {
    const int code = node->child ? runGraph(*node->child) : node->work ? node->work() : execute(node->launch);
    if (code) return code;
  }
  return OK;
}

/** As CUDA_KERNEL_NODE_PARAMS_v2. */
struct KernelNode { Function *function; unsigned grid[3], block[3], shared; void **values; void **extra; void *kernel, *context; };
int launchOf(const KernelNode &p, Launch &launch) {
  const uint64_t threads = uint64_t{p.block[0]} * p.block[1] * p.block[2];
  if (!p.function || threads == 0 || threads > 1024 || p.extra || p.block[2] > 64) return INVALID_VALUE;
  for (int axis = 0; axis < 3; axis++)
    if (p.grid[axis] == 0 || (axis > 0 && p.grid[axis] > 65535)) return INVALID_VALUE;
  launch = {p.function, {p.grid[0], p.grid[1], p.grid[2]}, {p.block[0], p.block[1], p.block[2]}, {}};
  for (int i = 0; i < p.function->arity; i++) launch.values.push_back(*static_cast<uint64_t *>(p.values[i]));
  return OK;
}
} // namespace

// — control by tests —
API void stand_in_set(const char *what, int64_t value) {
  const std::string name = what;
  if (name == "version") settings.version = static_cast<int>(value);
  else if (name == "devices") settings.devices = static_cast<int>(value);
  else if (name == "capability") settings.capability = static_cast<int>(value);
  else if (name == "memory") settings.memory = static_cast<uint64_t>(value);
  else if (name == "lost") {
    lost = static_cast<int>(value);
    failures.clear();
  }
  else if (name == "runs") settings.runs = value != 0;
  else if (name == "eager") compiler::eager = value != 0;
  else abort();
}
/** Lets the call after `after` further ones of `function` answer `code`; fatal codes stay. */
API void stand_in_fail(const char *function, int code, int after) { failures.push_back({function, code, after}); }
API uint64_t stand_in_used() { return used; }

// — driver —
API int cuInit(unsigned) { PLANNED; return OK; }
API int cuDriverGetVersion(int *version) { PLANNED; *version = settings.version; return OK; }
API int cuDeviceGetCount(int *count) { PLANNED; *count = settings.devices; return OK; }
API int cuDeviceGet(int *device, int ordinal) { PLANNED; *device = ordinal; return ordinal < settings.devices ? OK : INVALID_DEVICE; }
API int cuDeviceGetName(char *name, int length, int) { snprintf(name, length, "stand-in on the processor"); return OK; }
API int cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 75 ? settings.capability / 10 : attribute == 76 ? settings.capability % 10 : attribute == 16 ? 4 : 0;
  return OK;
}
API int cuDeviceTotalMem_v2(size_t *bytes, int) { *bytes = settings.memory; return OK; }
API int cuDevicePrimaryCtxRetain(void **context, int) { PLANNED; *context = &settings; return OK; }
API int cuCtxSetCurrent(void *) { PLANNED; return OK; }
API int cuGetErrorName(int code, const char **name) {
  static const std::map<int, const char *> names = {{1, "CUDA_ERROR_INVALID_VALUE"}, {2, "CUDA_ERROR_OUT_OF_MEMORY"}, {3, "CUDA_ERROR_NOT_INITIALIZED"}, {100, "CUDA_ERROR_NO_DEVICE"}, {200, "CUDA_ERROR_INVALID_IMAGE"}, {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"}, {214, "CUDA_ERROR_ECC_UNCORRECTABLE"}, {400, "CUDA_ERROR_INVALID_HANDLE"}, {500, "CUDA_ERROR_NOT_FOUND"}, {700, "CUDA_ERROR_ILLEGAL_ADDRESS"}, {719, "CUDA_ERROR_LAUNCH_FAILED"}, {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"}, {999, "CUDA_ERROR_UNKNOWN"}};
  const auto it = names.find(code);
  *name = it == names.end() ? nullptr : it->second;
  return it == names.end() ? INVALID_VALUE : OK;
}
API int cuMemGetInfo_v2(size_t *free, size_t *total) { *free = settings.memory - used; *total = settings.memory; return OK; }
API int cuMemAlloc_v2(Address *address, size_t bytes) {
  PLANNED;
  if (bytes == 0) return INVALID_VALUE;
  void *memory = nullptr;
  if (used + bytes > settings.memory || posix_memalign(&memory, 256, bytes)) return OUT_OF_MEMORY;
  memset(memory, 0xCD, bytes);
  *address = reinterpret_cast<Address>(memory);
  blocks[*address] = bytes;
  used += bytes;
  return OK;
}
API int cuMemFree_v2(Address address) {
  PLANNED;
  const auto it = blocks.find(address);
  if (it == blocks.end()) return INVALID_VALUE;
  if (const int code = drainAll()) return code;
  used -= it->second;
  memset(reinterpret_cast<void *>(address), 0xDD, it->second);
  free(reinterpret_cast<void *>(address));
  blocks.erase(it);
  return OK;
}
API int cuMemHostAlloc(void **address, size_t bytes, unsigned) {
  PLANNED;
  *address = malloc(bytes);
  pinned[reinterpret_cast<Address>(*address)] = bytes;
  return OK;
}
API int cuMemFreeHost(void *address) {
  if (!pinned.erase(reinterpret_cast<Address>(address))) return INVALID_VALUE;
  free(address);
  return OK;
}
API int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, Stream *stream) {
  PLANNED;
  if (!inside(blocks, to, bytes)) return INVALID_VALUE;
  return enqueue(stream, [=] { return memcpy(reinterpret_cast<void *>(to), from, bytes), OK; });
}
API int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, Stream *stream) {
  PLANNED;
  if (!inside(blocks, from, bytes)) return INVALID_VALUE;
  return enqueue(stream, [=] { return memcpy(to, reinterpret_cast<void *>(from), bytes), OK; });
}
API int cuMemsetD32Async(Address to, unsigned value, size_t count, Stream *stream) {
  PLANNED;
  if (!inside(blocks, to, 4 * count)) return INVALID_VALUE;
  return enqueue(stream, [=] {
    for (size_t i = 0; i < count; i++) reinterpret_cast<unsigned *>(to)[i] = value;
    return OK;
  });
}
API int cuModuleLoadData(std::shared_ptr<compiler::Module> **module, const void *image) {
  PLANNED;
  auto found = compiler::load(static_cast<const char *>(image));
  if (!found) return INVALID_IMAGE;
  *module = new std::shared_ptr<compiler::Module>(found);
  return OK;
}
API int cuModuleGetFunction(Function **function, std::shared_ptr<compiler::Module> *module, const char *name) {
  PLANNED;
  const int arity = compiler::arity(**module, name);
  if (arity < 0) return NOT_FOUND;
  *function = new Function{*module, name, arity};
  return OK;
}
API int cuLaunchKernel(Function *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, Stream *stream, void **values, void **extra) {
  PLANNED;
  Launch launch;
  if (const int code = launchOf({function, {gx, gy, gz}, {bx, by, bz}, shared, values, extra, nullptr, nullptr}, launch)) return code;
  return enqueue(stream, [launch] { return execute(launch); });
}
API int cuStreamCreate(Stream **stream, unsigned) { PLANNED; streams.insert(*stream = new Stream); return OK; }
API int cuStreamSynchronize(Stream *stream) { PLANNED; return streams.count(stream) ? drain(stream) : INVALID_HANDLE; }
API int cuStreamBeginCapture_v2(Stream *stream, int) {
  PLANNED;
  auto graph = std::make_shared<Graph>();
  graphs[stream->capturing = graph.get()] = graph;
  return OK;
}
API int cuStreamEndCapture(Stream *stream, Graph **graph) {
  PLANNED;
  *graph = stream->capturing;
  stream->capturing = nullptr;
  return *graph ? OK : CAPTURE_INVALID;
}

struct Event { Stream *stream; bool asked; };
API int cuEventCreate(Event **event, unsigned) { PLANNED; *event = new Event{}; return OK; }
API int cuEventDestroy_v2(Event *event) { delete event; return OK; }
API int cuEventRecord(Event *event, Stream *stream) { PLANNED; *event = {stream, false}; return OK; }
API int cuEventQuery(Event *event) {
  PLANNED;
  if (!event->asked) return event->asked = true, NOT_READY;
  return drain(event->stream);
}
API int cuEventElapsedTime(float *milliseconds, Event *, Event *) { PLANNED; *milliseconds = 0.001f; return OK; }

API int cuGraphCreate(Graph **graph, unsigned) {
  PLANNED;
  auto made = std::make_shared<Graph>();
  graphs[*graph = made.get()] = made;
  return OK;
}
API int cuGraphDestroy(Graph *graph) { return graphs.erase(graph) ? OK : INVALID_VALUE; }
static int addNode(Node **node, Graph *graph, Node *const *after, size_t count, std::unique_ptr<Node> made) {
  if (!graphs.count(graph)) return INVALID_VALUE;
  made->after.assign(after, after + count);
  *node = made.get();
  graph->nodes.push_back(std::move(made));
  return OK;
}
API int cuGraphAddKernelNode_v2(Node **node, Graph *graph, Node *const *after, size_t count, const KernelNode *parameters) {
  PLANNED;
  auto made = std::make_unique<Node>();
  if (const int code = launchOf(*parameters, made->launch)) return code;
  return addNode(node, graph, after, count, std::move(made));
}
API int cuGraphAddChildGraphNode(Node **node, Graph *graph, Node *const *after, size_t count, Graph *child) {
  PLANNED;
  auto made = std::make_unique<Node>();
  made->child = graphs.at(child);
  return addNode(node, graph, after, count, std::move(made));
}
API int cuGraphInstantiateWithFlags(Instance **instance, Graph *graph, unsigned long long) {
  PLANNED;
  if (!graphs.count(graph)) return INVALID_VALUE;
  auto *made = new Instance{ordered(*graph), {}, {}};
  for (const Node *node : made->order) {
    made->launches[node] = node->launch;
    made->children[node] = node->child;
  }
  instances.insert(*instance = made);
  return OK;
}
API int cuGraphExecKernelNodeSetParams_v2(Instance *instance, Node *node, const KernelNode *parameters) {
  PLANNED;
  if (!instances.count(instance) || !instance->launches.count(node)) return INVALID_VALUE;
  return launchOf(*parameters, instance->launches[node]);
}
API int cuGraphExecChildGraphNodeSetParams(Instance *instance, Node *node, Graph *child) {
  PLANNED;
  if (!instances.count(instance) || !instance->children.count(node)) return INVALID_VALUE;
  instance->children[node] = graphs.at(child);
  return OK;
}
API int cuGraphExecDestroy(Instance *instance) {
  if (!instances.count(instance)) return INVALID_VALUE;
  drainAll();
  instances.erase(instance);
  delete instance;
  return OK;
}
API int cuGraphLaunch(Instance *instance, Stream *stream) {
  PLANNED;
  if (!instances.count(instance)) return INVALID_VALUE;
  const Instance now = *instance;
  return enqueue(stream, [now] {
    for (const Node *node : now.order) {
      const auto &child = now.children.at(node);
      if (const int code = child ? runGraph(*child) : execute(now.launches.at(node))) return code;
    }
    return static_cast<int>(OK);
  });
}

// — NVRTC —
using Program = compiler::Program;
API int nvrtcVersion(int *major, int *minor) { *major = settings.version / 1000; *minor = settings.version % 1000 / 10; return OK; }
API int nvrtcCreateProgram(Program **program, const char *source, const char *, int, const char *const *, const char *const *) {
  *program = new Program{source, "", ""};
  return OK;
}
API int nvrtcCompileProgram(Program *program, int count, const char *const *options) {
  for (int i = 0; i < count; i++)
    if (strncmp(options[i], "--gpu-architecture=sm_", 22) == 0 && atoi(options[i] + 22) > 121) {
      program->log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
      return 5;
    }
  return compiler::compile(*program) ? OK : 6;
}
API int nvrtcGetCUBINSize(Program *program, size_t *bytes) { *bytes = program->code.size() + 1; return OK; }
API int nvrtcGetCUBIN(Program *program, char *code) { memcpy(code, program->code.c_str(), program->code.size() + 1); return OK; }
API int nvrtcGetProgramLogSize(Program *program, size_t *bytes) { *bytes = program->log.size() + 1; return OK; }
API int nvrtcGetProgramLog(Program *program, char *log) { memcpy(log, program->log.c_str(), program->log.size() + 1); return OK; }
API int nvrtcDestroyProgram(Program **program) { delete *program; *program = nullptr; return OK; }

#include "products.h"
