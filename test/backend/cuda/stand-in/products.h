// In: calls of cublasLt. Out: products by columns, factors rounded as the compute type says. Part of driver.cc.
namespace {
struct Desc { int compute, scale, transposed[2]; };
struct Layout { int type, count; uint64_t rows, columns; int64_t stride, offset; };
struct Preference { uint64_t workspace; };

/** A float with its lowest `bits` rounded away. */
float rounded(float value, int bits) {
  if (bits == 0) return value;
  uint32_t word;
  memcpy(&word, &value, 4);
  word = (word + (1u << (bits - 1))) & ~((1u << bits) - 1);
  memcpy(&value, &word, 4);
  return value;
}

template <class T> void multiply(const Desc &desc, T alpha, const T *a, const Layout &la, const T *b, const Layout &lb, T beta, const T *c, T *d, const Layout &ld) {
  const int bits = desc.compute == 75 ? 16 : desc.compute == 77 ? 13 : 0;
  const uint64_t inner = desc.transposed[0] ? la.rows : la.columns;
  for (int n = 0; n < ld.count; n++)
    for (uint64_t j = 0; j < ld.columns; j++)
      for (uint64_t i = 0; i < ld.rows; i++) {
        double sum = 0;
        for (uint64_t k = 0; k < inner; k++) {
          const T x = a[n * la.offset + (desc.transposed[0] ? k + i * la.stride : i + k * la.stride)];
          const T y = b[n * lb.offset + (desc.transposed[1] ? j + k * lb.stride : k + j * lb.stride)];
          sum += sizeof(T) == 8 ? double(x) * double(y) : double(rounded(float(x), bits)) * double(rounded(float(y), bits));
        }
        const uint64_t at = n * ld.offset + i + j * ld.stride;
        d[at] = T(alpha * sum) + (beta == 0 ? T(0) : beta * c[at]);
      }
}
enum { BAD = 7, UNSUPPORTED = 15 };
} // namespace

API int cublasLtCreate(void **handle) { *handle = &settings; return OK; }
API int cublasLtMatmulDescCreate(Desc **desc, int compute, int scale) { *desc = new Desc{compute, scale, {0, 0}}; return OK; }
API int cublasLtMatmulDescSetAttribute(Desc *desc, int attribute, const void *value, size_t bytes) {
  if (bytes != 4 || (attribute != 3 && attribute != 4)) return BAD;
  memcpy(&desc->transposed[attribute - 3], value, 4);
  return OK;
}
API int cublasLtMatrixLayoutCreate(Layout **layout, int type, uint64_t rows, uint64_t columns, int64_t stride) {
  *layout = new Layout{type, 1, rows, columns, stride, 0};
  return OK;
}
API int cublasLtMatrixLayoutSetAttribute(Layout *layout, int attribute, const void *value, size_t bytes) {
  if (attribute == 5 && bytes == 4) return memcpy(&layout->count, value, 4), OK;
  if (attribute == 6 && bytes == 8) return memcpy(&layout->offset, value, 8), OK;
  return BAD;
}
API int cublasLtMatmulPreferenceCreate(Preference **preference) { *preference = new Preference{}; return OK; }
API int cublasLtMatmulPreferenceSetAttribute(Preference *preference, int attribute, const void *value, size_t bytes) {
  if (attribute == 1 && bytes == 8) return memcpy(&preference->workspace, value, 8), OK;
  return attribute >= 5 && attribute <= 8 && bytes == 4 ? 0 : 7;
}
API int cublasLtMatmulAlgoGetHeuristic(void *, Desc *desc, Layout *a, Layout *b, Layout *c, Layout *d, Preference *, int wanted, void *results, int *found) {
  const bool ta = desc->transposed[0], tb = desc->transposed[1];
  const uint64_t m = ta ? a->columns : a->rows, k = ta ? a->rows : a->columns, n = tb ? b->rows : b->columns;
  const bool fits = d->rows == m && d->columns == n && (tb ? b->columns : b->rows) == k && c->rows == m;
  for (const Layout *layout : {a, b, d})
    if (layout->stride < int64_t(layout->rows) || layout->count != d->count) return BAD;
  if (!fits || wanted < 1) return UNSUPPORTED;
  memset(results, 0x5A, 96);
  *found = 1;
  return OK;
}
API int cublasLtMatmul(void *, Desc *desc, const void *alpha, Address a, Layout *la, Address b, Layout *lb, const void *beta, Address c, Layout *, Address d, Layout *ld, const unsigned char *algorithm, void *, size_t, Stream *stream) {
  PLANNED;
  if (algorithm[0] != 0x5A) return BAD;
  const size_t bytes = desc->scale == 1 ? 8 : 4;
  for (const auto &[at, layout] : {std::pair{a, la}, std::pair{b, lb}, std::pair{d, ld}}) {
    const uint64_t last = (layout->count - 1) * layout->offset + (layout->columns - 1) * layout->stride + layout->rows;
    if (!inside(blocks, at, last * bytes)) return BAD;
  }
  const Desc by = *desc;
  const Layout x = *la, y = *lb, z = *ld;
  if (bytes == 8) {
    const double one = *static_cast<const double *>(alpha), zero = *static_cast<const double *>(beta);
    return enqueue(stream, [=] { return multiply(by, one, (const double *)a, x, (const double *)b, y, zero, (const double *)c, (double *)d, z), OK; });
  }
  const float one = *static_cast<const float *>(alpha), zero = *static_cast<const float *>(beta);
  return enqueue(stream, [=] { return multiply(by, one, (const float *)a, x, (const float *)b, y, zero, (const float *)c, (float *)d, z), OK; });
}
