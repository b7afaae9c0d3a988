/* Three-step crisis by backward induction: one draw is one iteration, outputs by column.
   Outcomes in order: status quo, conceded, war, backed down; player 0 challenges, player 1 defends.
   The same outputs and the same tie rule as raison: choice and margin at each node, values, status. */
#include <math.h>
#include <stdint.h>

#define EPS 2.220446049250313e-16
/* fmax and fmin keep gcc from vectorising; draws that are not finite are told apart at the end */
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

static inline double tolerance(double a, double b, double c, double d) {
    double high = MAX(MAX(a, b), MAX(c, d)), low = MIN(MIN(a, b), MIN(c, d));
    return 1e-9 * (high - low) + 4 * EPS * MAX(fabs(high), fabs(low));
}

void crisis(int64_t n, const double *restrict payoff, int8_t *restrict choice, double *restrict margin,
            double *restrict value, int8_t *restrict status) {
    const double *restrict quo0 = payoff, *restrict quo1 = payoff + n;
    const double *restrict con0 = payoff + 2 * n, *restrict con1 = payoff + 3 * n;
    const double *restrict war0 = payoff + 4 * n, *restrict war1 = payoff + 5 * n;
    const double *restrict bac0 = payoff + 6 * n, *restrict bac1 = payoff + 7 * n;
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < n; i++) {
        double q0 = quo0[i], q1 = quo1[i], c0 = con0[i], c1 = con1[i];
        double w0 = war0[i], w1 = war1[i], b0 = bac0[i], b1 = bac1[i];
        double tol0 = tolerance(q0, c0, w0, b0), tol1 = tolerance(q1, c1, w1, b1);
        double lead = w0 - b0;
        int fight = lead >= -tol0, tie = fabs(lead) <= tol0;
        double v0 = fight ? w0 : b0, v1 = fight ? w1 : b1;
        margin[2 * n + i] = tie ? 0.0 : fabs(lead);
        choice[2 * n + i] = !fight;
        lead = v1 - c1;
        int resist = lead >= -tol1, tie1 = fabs(lead) <= tol1;
        v0 = resist ? v0 : c0;
        v1 = resist ? v1 : c1;
        margin[n + i] = tie1 ? 0.0 : fabs(lead);
        choice[n + i] = !resist;
        lead = v0 - q0;
        int challenge = lead >= -tol0, tie0 = fabs(lead) <= tol0;
        value[i] = challenge ? v0 : q0;
        value[n + i] = challenge ? v1 : q1;
        margin[i] = tie0 ? 0.0 : fabs(lead);
        choice[i] = !challenge;
        double zero = (q0 - q0) + (q1 - q1) + (c0 - c0) + (c1 - c1) + (w0 - w0) + (w1 - w1) + (b0 - b0) + (b1 - b1);
        status[i] = zero == 0.0 ? 0 : 1;
    }
}
