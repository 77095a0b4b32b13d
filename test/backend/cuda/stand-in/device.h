// In: generated CUDA C, compiled after this by a C++ compiler. Out: kernels that the stand-in driver runs, a fiber a thread. No other header.
typedef unsigned int u32_;
struct Index { unsigned x, y, z; };
struct float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline float2 make_float2(float x, float y) { return {x, y}; }

/** Where the running thread is, and what it can ask of the others. */
struct Device {
  Index thread, block, threads, blocks;
  void (*barrier)();
  void (*warpBarrier)();
  unsigned long long (*exchange)(unsigned long long value, unsigned lane);
};
static Device *device;
extern "C" __attribute__((visibility("default"))) void stand_in_device(Device *given) { device = given; }

#define __global__
#define __device__ static inline
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))
#define threadIdx (device->thread)
#define blockIdx (device->block)
#define blockDim (device->threads)
#define gridDim (device->blocks)
#define warpSize 32
#define __syncthreads() device->barrier()
#define __syncwarp(...) device->warpBarrier()
#define __ldg(pointer) (*(pointer))

extern "C" {
float expf(float), exp2f(float), logf(float), log2f(float), log10f(float), sqrtf(float), sinf(float), cosf(float), tanf(float), asinf(float), acosf(float),
    atanf(float), atan2f(float, float), sinhf(float), coshf(float), tanhf(float), asinhf(float), acoshf(float), atanhf(float), erff(float),
    erfcf(float), expm1f(float), log1pf(float), floorf(float), ceilf(float), rintf(float), nearbyintf(float), truncf(float), powf(float, float),
    fmodf(float, float), fabsf(float), fmaf(float, float, float), fmaxf(float, float), fminf(float, float), copysignf(float, float), cbrtf(float);
double exp(double), exp2(double), log(double), log2(double), log10(double), sqrt(double), sin(double), cos(double), tan(double), asin(double), acos(double),
    atan(double), atan2(double, double), sinh(double), cosh(double), tanh(double), asinh(double), acosh(double), atanh(double), erf(double),
    erfc(double), expm1(double), log1p(double), floor(double), ceil(double), rint(double), nearbyint(double), trunc(double), pow(double, double),
    fmod(double, double), fabs(double), fma(double, double, double), fmax(double, double), fmin(double, double), copysign(double, double);
}
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
static inline double rsqrt(double x) { return 1.0 / sqrt(x); }
static inline unsigned __float_as_uint(float x) { unsigned r; __builtin_memcpy(&r, &x, 4); return r; }
static inline int __float_as_int(float x) { int r; __builtin_memcpy(&r, &x, 4); return r; }
static inline float __uint_as_float(unsigned x) { float r; __builtin_memcpy(&r, &x, 4); return r; }
static inline float __int_as_float(int x) { float r; __builtin_memcpy(&r, &x, 4); return r; }
static inline double __longlong_as_double(long long x) { double r; __builtin_memcpy(&r, &x, 8); return r; }
static inline long long __double_as_longlong(double x) { long long r; __builtin_memcpy(&r, &x, 8); return r; }
static inline double __hiloint2double(int high, int low) { return __longlong_as_double((long long)((unsigned long long)(unsigned)high << 32 | (unsigned)low)); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
static inline int __mulhi(int a, int b) { return (int)((long long)a * b >> 32); }
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)
static inline int abs(int x) { return x < 0 ? (int)(0u - (unsigned)x) : x; }
static inline float abs(float x) { return fabsf(x); }
static inline double abs(double x) { return fabs(x); }
template <class T> static inline T min(T a, T b) { return b < a ? b : a; }
template <class T> static inline T max(T a, T b) { return a < b ? b : a; }
template <class T> static inline T exchanged(T value, unsigned lane) {
  unsigned long long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof value);
  bits = device->exchange(bits, lane);
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
static inline unsigned lane_() { return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) & 31; }
template <class T> static inline T __shfl_sync(unsigned, T v, int lane, int = 32) { return exchanged(v, lane & 31); }
template <class T> static inline T __shfl_xor_sync(unsigned, T v, int mask, int = 32) { return exchanged(v, lane_() ^ mask); }
template <class T> static inline T __shfl_down_sync(unsigned, T v, unsigned by, int = 32) { return exchanged(v, lane_() + by < 32 ? lane_() + by : lane_()); }
template <class T> static inline T __shfl_up_sync(unsigned, T v, unsigned by, int = 32) { return exchanged(v, lane_() >= by ? lane_() - by : lane_()); }
template <class T> static inline T atomicAdd(T *at, T v) { T old = *at; *at += v; return old; }
template <class T> static inline T atomicMax(T *at, T v) { T old = *at; if (v > old) *at = v; return old; }
template <class T> static inline T atomicExch(T *at, T v) { T old = *at; *at = v; return old; }
template <class T> static inline T atomicCAS(T *at, T expected, T v) { T old = *at; if (old == expected) *at = v; return old; }
