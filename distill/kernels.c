// What training on a CPU does between its matrix products, one pass over memory each: PyTorch makes several, and they took longer than the
// products. Rows are contiguous; bf16 is held as uint16_t. kernels.py says what each computes and checks shapes.
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float wide(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, 4);
  return y;
}

static inline uint16_t narrow(float x) {  // to the nearest, ties to even; no NaN comes here
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

void norm_forward(const float* x, const float* weight, float epsilon, int64_t rows, int64_t size, uint16_t* y, float* factor) {
#pragma omp parallel for
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = x + r * size;
    float sum = 0;
    for (int64_t i = 0; i < size; ++i) sum += in[i] * in[i];
    const float f = factor[r] = 1.0f / sqrtf(sum / size + epsilon);
    for (int64_t i = 0; i < size; ++i) y[r * size + i] = narrow(in[i] * f * weight[i]);
  }
}

void norm_backward(const float* x, const float* weight, const float* factor, const uint16_t* gradient, int64_t rows, int64_t size,
                   float* for_x, float* for_weight) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* in = x + r * size;
    const uint16_t* g = gradient + r * size;
    const float f = factor[r];
    float along = 0;
    for (int64_t i = 0; i < size; ++i) {
      const float part = wide(g[i]) * in[i] * f;
      for_weight[i] += part;
      along += part * weight[i];
    }
    along /= size;
    for (int64_t i = 0; i < size; ++i) for_x[r * size + i] = f * (wide(g[i]) * weight[i] - in[i] * f * along);
  }
}

void gate_forward(const uint16_t* gate_up, int64_t rows, int64_t size, uint16_t* y) {
#pragma omp parallel for
  for (int64_t r = 0; r < rows; ++r) {
    const uint16_t *gate = gate_up + 2 * r * size, *up = gate + size;
    for (int64_t i = 0; i < size; ++i) {
      const float g = wide(gate[i]);
      y[r * size + i] = narrow(g / (1.0f + expf(-g)) * wide(up[i]));
    }
  }
}

void gate_backward(const uint16_t* gate_up, const uint16_t* gradient, int64_t rows, int64_t size, uint16_t* for_gate_up) {
#pragma omp parallel for
  for (int64_t r = 0; r < rows; ++r) {
    const uint16_t *gate = gate_up + 2 * r * size, *up = gate + size;
    uint16_t *for_gate = for_gate_up + 2 * r * size, *for_up = for_gate + size;
    for (int64_t i = 0; i < size; ++i) {
      const float g = wide(gate[i]), u = wide(up[i]), d = wide(gradient[r * size + i]), s = 1.0f / (1.0f + expf(-g));
      for_up[i] = narrow(d * g * s);
      for_gate[i] = narrow(d * u * s * (1.0f + g * (1.0f - s)));
    }
  }
}

// A token sees from the beginning of its line to itself; all else is 0.
void attend_forward(uint16_t* scores, const int64_t* lines, int64_t rows, int64_t heads, int64_t length) {
#pragma omp parallel for
  for (int64_t at = 0; at < rows * heads; ++at) {
    const int64_t* line = lines + at / heads * length;
    for (int64_t i = 0, first = 0; i < length; ++i) {
      if (line[i] != line[first]) first = i;
      uint16_t* s = scores + (at * length + i) * length;
      float part[512], top = -3e38f, sum = 0;
      const int64_t count = i + 1 - first;
      for (int64_t j = 0; j < count; ++j) part[j] = wide(s[first + j]);
      for (int64_t j = 0; j < count; ++j) top = part[j] > top ? part[j] : top;
      for (int64_t j = 0; j < count; ++j) part[j] = expf(part[j] - top);
      for (int64_t j = 0; j < count; ++j) sum += part[j];
      sum = 1.0f / sum;
      memset(s, 0, 2 * length);
      for (int64_t j = 0; j < count; ++j) s[first + j] = narrow(part[j] * sum);
    }
  }
}

void attend_backward(const uint16_t* shares, uint16_t* gradient, const int64_t* lines, int64_t rows, int64_t heads, int64_t length) {
#pragma omp parallel for
  for (int64_t at = 0; at < rows * heads; ++at) {
    const int64_t* line = lines + at / heads * length;
    for (int64_t i = 0, first = 0; i < length; ++i) {
      if (line[i] != line[first]) first = i;
      const uint16_t* p = shares + (at * length + i) * length;
      uint16_t* g = gradient + (at * length + i) * length;
      float part[512], sum = 0, whole = 0;  // of narrowed shares: not quite 1
      const int64_t count = i + 1 - first;
      for (int64_t j = 0; j < count; ++j) part[j] = wide(p[first + j]) * wide(g[first + j]);
      for (int64_t j = 0; j < count; ++j) sum += part[j];
      for (int64_t j = 0; j < count; ++j) whole += wide(p[first + j]);
      sum /= whole;
      for (int64_t j = 0; j < count; ++j) part[j] -= wide(p[first + j]) * sum;
      memset(g, 0, 2 * length);
      for (int64_t j = 0; j < count; ++j) g[first + j] = narrow(part[j]);
    }
  }
}

// Pairs (2i, 2i + 1) of `size` numbers turned by an angle each, or back for `sign` -1, times `scale`.
static void turn(const uint16_t* x, const float* cos, const float* sin, float sign, float scale, int64_t size, float* y) {
  for (int64_t i = 0; i < size / 2; ++i) {
    const float a = wide(x[2 * i]), b = wide(x[2 * i + 1]), s = sign * sin[i];
    y[2 * i] = scale * (a * cos[i] - b * s);
    y[2 * i + 1] = scale * (a * s + b * cos[i]);
  }
}

// From [row, place, head, …] as the products give them to [row, head, place, …] as attention takes them, positions turned in.
void heads_forward(const uint16_t* query, const uint16_t* keys_values, const uint16_t* key_turned, const float* cos, const float* sin,
                   int64_t rows, int64_t length, int64_t heads, int64_t plain, int64_t turned, int64_t width,
                   uint16_t* q, uint16_t* k, uint16_t* v) {
  const int64_t size = plain + turned;
  const float scale = 1.0f / sqrtf((float)size);
#pragma omp parallel for
  for (int64_t t = 0; t < rows * length; ++t) {
    const float *c = cos + t * turned / 2, *s = sin + t * turned / 2;
    float part[512];
    uint16_t key[512];
    turn(key_turned + t * turned, c, s, 1, 1, turned, part);
    for (int64_t i = 0; i < turned; ++i) key[i] = narrow(part[i]);
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t to = (t / length * heads + h) * length + t % length;
      const uint16_t *from = query + (t * heads + h) * size, *kv = keys_values + (t * heads + h) * (plain + width);
      for (int64_t i = 0; i < plain; ++i) q[to * size + i] = narrow(wide(from[i]) * scale);
      turn(from + plain, c, s, 1, scale, turned, part);
      for (int64_t i = 0; i < turned; ++i) q[to * size + plain + i] = narrow(part[i]);
      memcpy(k + to * size, kv, 2 * plain);
      memcpy(k + to * size + plain, key, 2 * turned);
      memcpy(v + to * width, kv + plain, 2 * width);
    }
  }
}

void heads_backward(const uint16_t* for_q, const uint16_t* for_k, const uint16_t* for_v, const float* cos, const float* sin, int64_t rows,
                    int64_t length, int64_t heads, int64_t plain, int64_t turned, int64_t width, uint16_t* for_query,
                    uint16_t* for_keys_values, uint16_t* for_key_turned) {
  const int64_t size = plain + turned;
  const float scale = 1.0f / sqrtf((float)size);
#pragma omp parallel for
  for (int64_t t = 0; t < rows * length; ++t) {
    const float *c = cos + t * turned / 2, *s = sin + t * turned / 2;
    float part[512], sum[512] = {0};
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t from = (t / length * heads + h) * length + t % length;
      uint16_t *to = for_query + (t * heads + h) * size, *kv = for_keys_values + (t * heads + h) * (plain + width);
      for (int64_t i = 0; i < plain; ++i) to[i] = narrow(wide(for_q[from * size + i]) * scale);
      turn(for_q + from * size + plain, c, s, -1, scale, turned, part);
      for (int64_t i = 0; i < turned; ++i) to[plain + i] = narrow(part[i]);
      memcpy(kv, for_k + from * size, 2 * plain);
      memcpy(kv + plain, for_v + from * width, 2 * width);
      turn(for_k + from * size + plain, c, s, -1, 1, turned, part);
      for (int64_t i = 0; i < turned; ++i) sum[i] += part[i];
    }
    for (int64_t i = 0; i < turned; ++i) for_key_turned[t * turned + i] = narrow(sum[i]);
  }
}

// Mean cross entropy; logits become its gradient.
double entropy(uint16_t* logits, const int64_t* labels, int64_t rows, int64_t size) {
  double loss = 0;
#pragma omp parallel for reduction(+ : loss)
  for (int64_t r = 0; r < rows; ++r) {
    uint16_t* row = logits + r * size;
    float top = -3e38f, sum = 0;
    for (int64_t i = 0; i < size; ++i) top = wide(row[i]) > top ? wide(row[i]) : top;
    for (int64_t i = 0; i < size; ++i) sum += expf(wide(row[i]) - top);
    const float right = wide(row[labels[r]]), scale = 1.0f / (sum * rows);
    loss += logf(sum) + top - right;
    for (int64_t i = 0; i < size; ++i) row[i] = narrow(expf(wide(row[i]) - top) * scale);
    row[labels[r]] = narrow(expf(right - top) * scale - 1.0f / rows);
  }
  return loss / rows;
}

// y = x + part * kept, `kept` one number for each feature of a group of `length` rows (or none: 1).
void add_forward(const float* x, const uint16_t* part, const float* kept, int64_t groups, int64_t length, int64_t size, float* y) {
#pragma omp parallel for
  for (int64_t r = 0; r < groups * length; ++r) {
    const float* k = kept ? kept + r / length * size : 0;
    if (k)
      for (int64_t i = 0; i < size; ++i) y[r * size + i] = x[r * size + i] + wide(part[r * size + i]) * k[i];
    else
      for (int64_t i = 0; i < size; ++i) y[r * size + i] = x[r * size + i] + wide(part[r * size + i]);
  }
}

void add_backward(const float* gradient, const float* kept, int64_t groups, int64_t length, int64_t size, uint16_t* for_part) {
#pragma omp parallel for
  for (int64_t r = 0; r < groups * length; ++r) {
    const float* k = kept ? kept + r / length * size : 0;
    if (k)
      for (int64_t i = 0; i < size; ++i) for_part[r * size + i] = narrow(gradient[r * size + i] * k[i]);
    else
      for (int64_t i = 0; i < size; ++i) for_part[r * size + i] = narrow(gradient[r * size + i]);
  }
}

double square_sum(const float* x, int64_t count) {
  double sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (int64_t i = 0; i < count; i += 4096) {
    float part = 0;
    for (int64_t j = i; j < i + 4096 && j < count; ++j) part += x[j] * x[j];
    sum += part;
  }
  return sum;
}

void adam(float* p, const float* g, float* m, float* v, int64_t count, float clip, float rate, float b1, float b2, float epsilon,
          float decay, float correct1, float correct2) {
  const float step = rate / correct1, root = 1.0f / sqrtf(correct2), keep = 1.0f - rate * decay;
#pragma omp parallel for
  for (int64_t i = 0; i < count; ++i) {
    const float d = g[i] * clip;
    m[i] = b1 * m[i] + (1 - b1) * d;
    v[i] = b2 * v[i] + (1 - b2) * d * d;
    p[i] = p[i] * keep - step * m[i] / (sqrtf(v[i]) * root + epsilon);
  }
}
