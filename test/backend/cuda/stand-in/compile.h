// In: CUDA C. Out: functions of this processor, made by the system's C++ compiler; what was asked for by then is compiled together.
#pragma once
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace compiler {
struct Program { std::string source, code, log; };
/** A translation unit as `unit` in kernels.ts makes it: kernel `kN` in namespace `nN`. */
struct Module { std::string source; int number = 0; void *library = nullptr; std::string log; };
struct Entry { void (*kernel)(void **arguments); void *give; };

/** Whether a program is compiled when it is made, so that its errors are NVRTC's, or when it first runs. */
inline bool eager = false;
inline std::vector<std::shared_ptr<Module>> pending;
inline int count = 0;
const std::string magic = "stand-in code\n";

inline std::string setting(const char *name, const std::string &otherwise) {
  const char *value = getenv(name);
  return value ? value : otherwise;
}

/** How many parameters the kernel `name` has; -1 where there is none. */
inline int arity(const Module &module, const std::string &name) {
  const size_t at = module.source.find(" " + name + "(");
  if (at == std::string::npos) return -1;
  const size_t from = at + name.size() + 2, to = module.source.find(')', from);
  const std::string list = module.source.substr(from, to - from);
  if (list.find_first_not_of(" \n") == std::string::npos) return 0;
  int parameters = 1;
  for (const char c : list) parameters += c == ',';
  return parameters;
}

/** Source of a module without C linkage, in a namespace of its own, with a function for each kernel that takes its arguments by address. */
inline std::string wrapped(const Module &module) {
  std::string source = module.source;
  const std::string linkage = "extern \"C\"";
  for (size_t at; (at = source.find(linkage)) != std::string::npos;) source.erase(at, linkage.size());
  const std::string space = "m" + std::to_string(module.number);
  std::string text = "namespace " + space + " {\n" + source + "}\n";
  for (int k = 0;; k++) {
    const std::string name = "k" + std::to_string(k);
    const int parameters = arity(module, name);
    if (parameters < 0) return text;
    std::string types, values;
    for (int i = 0; i < parameters; i++) {
      types += (i ? ", " : "") + std::string("void *");
      values += (i ? ", " : "") + ("*(void **)a[" + std::to_string(i) + "]");
    }
    text += "extern \"C\" __attribute__((visibility(\"default\"))) void " + space + name + "(void **a) { ((void (*)(" + types + "))(void *)&" + space + "::n" + std::to_string(k) + "::" + name + ")(" + values + "); }\n";
  }
}

inline void write(const std::string &path, const std::string &text) {
  FILE *file = fopen(path.c_str(), "w");
  fwrite(text.data(), 1, text.size(), file);
  fclose(file);
}
inline std::string read(const std::string &path) {
  std::string text;
  char part[4096];
  FILE *file = fopen(path.c_str(), "r");
  for (size_t n; file && (n = fread(part, 1, sizeof part, file)) > 0;) text.append(part, n);
  if (file) fclose(file);
  return text;
}

/** Compiles what waits, on two processors. */
inline bool build() {
  std::vector<std::shared_ptr<Module>> modules;
  modules.swap(pending);
  const size_t parts = modules.size() > 8 ? 2 : 1;
  std::vector<std::string> bases;
  std::vector<pid_t> running;
  const std::string folder = setting("STAND_IN_FOLDER", "."), home = setting("STAND_IN_SOURCE", ".");
  for (size_t part = 0; part < parts; part++) {
    std::string text;
    for (size_t i = part; i < modules.size(); i += parts) text += wrapped(*modules[i]);
    const std::string base = folder + "/kernels-" + std::to_string(getpid()) + "-" + std::to_string(count++);
    write(base + ".cc", "#include \"" + home + "/device.h\"\n" + text);
    const std::string command = "exec g++ -std=c++17 -shared -fPIC -w -ffp-contract=off -fno-exceptions -fvisibility=hidden " + setting("STAND_IN_FLAGS", "-O1") + " -o " + base + ".so " + base + ".cc 2>" + base + ".log";
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    running.push_back(child);
    bases.push_back(base);
  }
  bool good = true;
  for (size_t part = 0; part < parts; part++) {
    int status = 0;
    waitpid(running[part], &status, 0);
    void *library = status == 0 ? dlopen((bases[part] + ".so").c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
    const std::string log = read(bases[part] + ".log");
    if (!library && !eager) fprintf(stderr, "stand-in: %s\n%s", bases[part].c_str(), log.c_str());
    good = good && library;
    for (size_t i = part; i < modules.size(); i += parts) {
      modules[i]->library = library;
      modules[i]->log = log;
    }
    for (const char *end : {".so", ".log"}) unlink((bases[part] + end).c_str());
    if (library && !getenv("STAND_IN_KEEP")) unlink((bases[part] + ".cc").c_str());
  }
  return good;
}

inline std::shared_ptr<Module> load(const char *image) {
  if (strncmp(image, magic.c_str(), magic.size()) != 0) return nullptr;
  auto module = std::make_shared<Module>();
  module->source = image + magic.size();
  module->number = count++;
  pending.push_back(module);
  return module;
}
inline bool compile(Program &program) {
  program.code = magic + program.source;
  if (!eager) return true;
  std::vector<std::shared_ptr<Module>> others;
  others.swap(pending);
  const auto module = load(program.code.c_str());
  const bool good = build();
  program.log = module->log;
  pending.swap(others);
  return good;
}
inline Entry entry(const std::shared_ptr<Module> &module, const std::string &name) {
  if (!module->library && !pending.empty()) build();
  if (!module->library) return {nullptr, nullptr};
  const auto kernel = reinterpret_cast<void (*)(void **)>(dlsym(module->library, ("m" + std::to_string(module->number) + name).c_str()));
  return {kernel, dlsym(module->library, "stand_in_device")};
}
} // namespace compiler
