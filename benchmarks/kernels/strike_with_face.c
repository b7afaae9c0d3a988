/* Strike and answer, with the chances to survive as formulas of 18 parameters; outputs by column.
   Rows of `parameter`: patience, spread, gap of withdrawn, fighting, unanswered, hit, noise of the same four,
   ruin_cost, second_round, discount, answer_gain, answer_cost, ending_gain, ending_cost, fall_value.
   The same outputs and the same tie rule as raison. The normal distribution function is libm's erfc. */
#include <math.h>
#include <stdint.h>

#define EPS 2.220446049250313e-16
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

static inline double kept(double patience, double spread, double gap, double noise) {
    double seen = sqrt(spread * spread + noise * noise);
    return 0.5 * erfc(-(patience * seen / (spread * spread) + gap / seen) * M_SQRT1_2);
}

static inline double tolerance(double a, double b, double c, double d, double e) {
    double high = MAX(MAX(MAX(a, b), MAX(c, d)), e), low = MIN(MIN(MIN(a, b), MIN(c, d)), e);
    return 1e-9 * (high - low) + 4 * EPS * MAX(fabs(high), fabs(low));
}

/* The first of three moves that is within the tolerance of the best; margin 0 where another one is too. */
static inline int decide(double a, double b, double c, double tolerance, double *margin) {
    double top = MAX(MAX(a, b), c), bar = top - tolerance;
    int near_a = a >= bar, near_b = b >= bar, near_c = c >= bar;
    int pick = near_a ? 0 : near_b ? 1 : 2;
    double own = near_a ? a : near_b ? b : c;
    double other = near_a ? MAX(b, c) : near_b ? MAX(a, c) : MAX(a, b);
    *margin = near_a + near_b + near_c > 1 ? 0.0 : own - other;
    return pick;
}

void strike_with_face(int64_t n, const double *restrict parameter, int8_t *restrict choice,
                      double *restrict margin, double *restrict value, int8_t *restrict status) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
#define P(row) parameter[(row) * n + i]
        double patience = P(0), spread = P(1), ruin_cost = P(10), fall_value = P(17);
        double withdrawn = kept(patience, spread, P(2), P(6)), fighting = kept(patience, spread, P(3), P(7));
        double unanswered = kept(patience, spread, P(4), P(8)), hit = kept(patience, spread, P(5), P(9));
        double none1 = fall_value * (1 - unanswered);
        double limited0 = hit * (1 + P(12) * P(11)), limited1 = P(13) - P(14) + fall_value * (1 - hit);
        double ending1 = P(15) - P(16) + fall_value;
        double withdrawn1 = fall_value * (1 - withdrawn), fighting1 = fall_value * (1 - fighting);
        double tol0 = tolerance(withdrawn, fighting, unanswered, limited0, -ruin_cost);
        double tol1 = tolerance(withdrawn1, fighting1, none1, limited1, ending1);
        int answer = decide(limited1, none1, ending1, tol1, &margin[n + i]);
        double strike0 = answer == 0 ? limited0 : answer == 1 ? unanswered : -ruin_cost;
        double strike1 = answer == 0 ? limited1 : answer == 1 ? none1 : ending1;
        int opening = decide(fighting, withdrawn, strike0, tol0, &margin[i]);
        choice[i] = opening;
        choice[n + i] = answer;
        value[i] = opening == 0 ? fighting : opening == 1 ? withdrawn : strike0;
        value[n + i] = opening == 0 ? fighting1 : opening == 1 ? withdrawn1 : strike1;
        double checked = tol0 + tol1; /* finite only if every payoff is */
        status[i] = checked - checked == 0.0 ? 0 : 1;
    }
}
