/* The table of instructions: name, result type, operand type, rough cycles per 16 elements, meaning in terms of x, y, z.
   U unary, B binary, T ternary, S needs more than its operands (row length, position) and is run by vm.c. */
#ifndef GL_OPCODES_H
#define GL_OPCODES_H

#define GL_FLOAT_OPS(U, B, T, t)                                                                                               \
  B(add_##t, t, t, 1, x + y)                                                                                                   \
  B(sub_##t, t, t, 1, x - y)                                                                                                   \
  B(mul_##t, t, t, 1, x *y)                                                                                                    \
  B(div_##t, t, t, 8, x / y)                                                                                                   \
  B(max_##t, t, t, 1, x > y || x != x ? x : y)                                                                                 \
  B(min_##t, t, t, 1, x < y || x != x ? x : y)                                                                                 \
  B(pow_##t, t, t, 80, gl_pow_##t(x, y))                                                                                       \
  B(mod_##t, t, t, 200, gl_mod_##t(x, y))                                                                                      \
  B(fmod_##t, t, t, 200, gl_fmod_##t(x, y))                                                                                    \
  B(atan2_##t, t, t, 60, gl_atan2_##t(x, y))                                                                                   \
  U(relu_##t, t, t, 1, x < 0 ? 0 : x)                                                                                          \
  U(neg_##t, t, t, 1, -x)                                                                                                      \
  U(abs_##t, t, t, 1, gl_abs_##t(x))                                                                                           \
  U(sign_##t, t, t, 2, (t)((x > 0) - (x < 0)))                                                                                 \
  U(exp_##t, t, t, 12, gl_exp_##t(x))                                                                                          \
  U(exp2_##t, t, t, 20, gl_exp2_##t(x))                                                                                        \
  U(log_##t, t, t, 16, gl_log_##t(x))                                                                                          \
  U(log2_##t, t, t, 30, gl_log2_##t(x))                                                                                        \
  U(sqrt_##t, t, t, 10, gl_sqrt_##t(x))                                                                                        \
  U(rsqrt_##t, t, t, 18, 1 / gl_sqrt_##t(x))                                                                                   \
  U(recip_##t, t, t, 8, 1 / x)                                                                                                 \
  U(asin_##t, t, t, 80, gl_asin_##t(x))                                                                                        \
  U(acos_##t, t, t, 80, gl_acos_##t(x))                                                                                        \
  U(atan_##t, t, t, 50, gl_atan_##t(x))                                                                                        \
  U(sinh_##t, t, t, 50, gl_sinh_##t(x))                                                                                        \
  U(cosh_##t, t, t, 50, gl_cosh_##t(x))                                                                                        \
  U(tanh_##t, t, t, 20, gl_tanh_##t(x))                                                                                        \
  U(asinh_##t, t, t, 80, gl_asinh_##t(x))                                                                                      \
  U(acosh_##t, t, t, 80, gl_acosh_##t(x))                                                                                      \
  U(atanh_##t, t, t, 80, gl_atanh_##t(x))                                                                                      \
  U(sigmoid_##t, t, t, 20, gl_sigmoid_##t(x))                                                                                  \
  U(erf_##t, t, t, 50, gl_erf_##t(x))                                                                                          \
  U(erfc_##t, t, t, 50, gl_erfc_##t(x))                                                                                        \
  U(expm1_##t, t, t, 30, gl_expm1_##t(x))                                                                                      \
  U(log1p_##t, t, t, 50, gl_log1p_##t(x))                                                                                      \
  U(floor_##t, t, t, 1, gl_floor_##t(x))                                                                                       \
  U(ceil_##t, t, t, 1, gl_ceil_##t(x))                                                                                         \
  U(round_##t, t, t, 1, gl_round_##t(x))                                                                                       \
  U(trunc_##t, t, t, 1, gl_trunc_##t(x))                                                                                       \
  T(fma_##t, t, t, 1, x *y + z)                                                                                                \
  B(lt_##t, i32, t, 1, x < y)                                                                                                  \
  B(le_##t, i32, t, 1, x <= y)                                                                                                 \
  B(eq_##t, i32, t, 1, x == y)                                                                                                 \
  B(ne_##t, i32, t, 1, x != y)                                                                                                 \
  U(isnan_##t, i32, t, 1, x != x)

#define GL_TRIGONOMETRIC_OPS(U, t)                                                                                             \
  U(sin_##t, t, t, 40, gl_sin_##t(x))                                                                                          \
  U(cos_##t, t, t, 40, gl_cos_##t(x))                                                                                          \
  U(tan_##t, t, t, 60, gl_tan_##t(x))

/* Integer division by zero gives 0, remainder by zero the dividend. Shifts take the count modulo 32. */
#define GL_INT_OPS(U, B, T, t)                                                                                                 \
  B(add_##t, t, t, 1, x + y)                                                                                                   \
  B(sub_##t, t, t, 1, x - y)                                                                                                   \
  B(mul_##t, t, t, 2, x *y)                                                                                                    \
  B(div_##t, t, t, 30, gl_div_##t(x, y))                                                                                       \
  B(fdiv_##t, t, t, 40, gl_fdiv_##t(x, y))                                                                                     \
  B(mod_##t, t, t, 40, gl_mod_##t(x, y))                                                                                       \
  B(pow_##t, t, t, 300, gl_pow_##t(x, y))                                                                                      \
  B(max_##t, t, t, 1, x > y ? x : y)                                                                                           \
  B(min_##t, t, t, 1, x < y ? x : y)                                                                                           \
  U(relu_##t, t, t, 1, x > 0 ? x : 0)                                                                                          \
  U(neg_##t, t, t, 1, (t)(0 - x))                                                                                              \
  U(abs_##t, t, t, 1, gl_abs_##t(x))                                                                                              \
  U(sign_##t, t, t, 1, gl_sign_##t(x))                                                                                            \
  B(and_##t, t, t, 1, x &y)                                                                                                    \
  B(or_##t, t, t, 1, x | y)                                                                                                    \
  B(xor_##t, t, t, 1, x ^ y)                                                                                                   \
  U(not_##t, t, t, 1, ~x)                                                                                                      \
  B(shl_##t, t, t, 1, (t)((u32)x << (y & 31)))                                                                                 \
  B(shr_##t, t, t, 1, x >> (y & 31))                                                                                           \
  B(lt_##t, i32, t, 1, x < y)                                                                                                  \
  B(le_##t, i32, t, 1, x <= y)                                                                                                 \
  B(eq_##t, i32, t, 1, x == y)                                                                                                 \
  B(ne_##t, i32, t, 1, x != y)

/* The nearest numbers of 16 bits. */
#define GL_HALF_OPS(U)                                                                                                         \
  U(roundFloat16_f32, f32, f32, 12, gl_round_float16(x))                                                                       \
  U(roundBfloat16_f32, f32, f32, 6, gl_round_bfloat16(x))

/* Float to integer truncates and saturates, NaN gives 0. Booleans are i32 0/1. */
#define GL_MIXED_OPS(U, B, T)                                                                                                  \
  B(mulhi_u32, u32, u32, 4, (u32)(((uint64_t)x * y) >> 32))                                                                    \
  U(not_bool, i32, i32, 1, x == 0)                                                                                             \
  U(cast_f32_f64, f64, f32, 2, x)                                                                                              \
  U(cast_f32_i32, i32, f32, 3, gl_f32_to_i32(x))                                                                               \
  U(cast_f32_u32, u32, f32, 4, gl_f32_to_u32(x))                                                                               \
  U(cast_f32_bool, i32, f32, 1, x != 0)                                                                                        \
  U(cast_f64_f32, f32, f64, 2, x)                                                                                              \
  U(cast_f64_i32, i32, f64, 4, gl_f64_to_i32(x))                                                                               \
  U(cast_f64_u32, u32, f64, 4, gl_f64_to_u32(x))                                                                               \
  U(cast_f64_bool, i32, f64, 2, x != 0)                                                                                        \
  U(cast_i32_f32, f32, i32, 1, x)                                                                                              \
  U(cast_i32_f64, f64, i32, 2, x)                                                                                              \
  U(cast_i32_u32, u32, i32, 1, x)                                                                                              \
  U(cast_i32_bool, i32, i32, 1, x != 0)                                                                                        \
  U(cast_u32_f32, f32, u32, 1, x)                                                                                              \
  U(cast_u32_f64, f64, u32, 2, x)                                                                                              \
  U(cast_u32_i32, i32, u32, 1, x)                                                                                              \
  U(cast_u32_bool, i32, u32, 1, x != 0)                                                                                        \
  U(cast_bool_f32, f32, i32, 1, x)                                                                                             \
  U(cast_bool_f64, f64, i32, 2, x)                                                                                             \
  U(cast_bool_i32, i32, i32, 1, x)                                                                                             \
  U(cast_bool_u32, u32, i32, 1, x)

/* where: a condition (i32), b, c. philox: b is the place of key0, key1, counterLow, counterHigh among the scalars. */
#define GL_SPECIAL_OPS(S)                                                                                                      \
  S(mov, 1) S(mov_f64, 1) S(where, 1) S(where_f64, 2) S(iota, 1) S(philox, 40) S(expand, 1) S(rsum, 2) S(rprod, 4) S(rmax, 2) S(rmin, 2) S(rargmax, 8) S(rargmin, 8)

#define GL_CALLED_OPS(U, B, T)                                                                                                 \
  GL_FLOAT_OPS(U, B, T, f32)                                                                                                   \
  GL_TRIGONOMETRIC_OPS(U, f32)                                                                                                 \
  GL_HALF_OPS(U)                                                                                                               \
  GL_FLOAT_OPS(U, B, T, f64)                                                                                                   \
  GL_TRIGONOMETRIC_OPS(U, f64)                                                                                                 \
  GL_INT_OPS(U, B, T, i32)                                                                                                     \
  GL_INT_OPS(U, B, T, u32)                                                                                                     \
  GL_MIXED_OPS(U, B, T)

#define GL_NUMBER(name, ...) GL_OP_##name,
enum { GL_CALLED_OPS(GL_NUMBER, GL_NUMBER, GL_NUMBER) GL_CALLED_COUNT, GL_BEFORE_SPECIAL = GL_CALLED_COUNT - 1, GL_SPECIAL_OPS(GL_NUMBER) GL_OP_COUNT };
#endif
