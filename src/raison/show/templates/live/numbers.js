// Functions of formulas that JavaScript does not have, or that end otherwise there than in IEEE 754 and Python.
// Coefficients and forms are those of raison/program/special.py, so that numbers agree to rounding.

const TAIL_TOP = [
  0.5, 0.772332689193918, 0.590280646435058, 0.2865886014340057, 0.09644274735895986, 0.023230303126097737,
  0.00400408388286249, 0.00047776801258257165, 3.606991074331388e-5, 1.3309003685868876e-6,
];
const TAIL_BOTTOM = [
  1, 2.342549939190698, 2.5496457222601836, 1.7021867108470676, 0.7742392729188797, 0.2516020270937402,
  0.05942064976068643, 0.010127163721058475, 0.0012009228817580187, 9.041385813038307e-5, 3.33607249462732e-6,
];
const CENTRE = [
  [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852854561,
  ],
];
const NEAR_TAIL = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
];
const FAR_TAIL = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
];

function polynomial(c, x) {
  let value = c[c.length - 1];
  for (let k = c.length - 2; k >= 0; k--) value = value * x + c[k];
  return value;
}

// exp(-t**2 / 2) for 0 <= t <= 40, without the error of rounding the square.
function expMinusHalfSquare(t) {
  const h = Math.round(t * 1048576) / 1048576;
  const rest = (t - h) * (t + h) * -0.5;
  return Math.exp(h * h * -0.5) * (1 + rest * (1 + 0.5 * rest));
}

// Polynomials of degree 9 around the middles of intervals of 1/32, for the tail up to 6: faster than
// what they are made from, and as accurate, since every coefficient is a share of the density there.
const PIECES = 192, DEGREE = 9;
const TAIL = new Float64Array(PIECES * (DEGREE + 1));
for (let piece = 0; piece < PIECES; piece++) {
  const c = (piece + 0.5) / 32;
  const density = normalPdf(c);
  TAIL[piece * (DEGREE + 1)] = expMinusHalfSquare(c) * (polynomial(TAIL_TOP, c) / polynomial(TAIL_BOTTOM, c));
  let before = 0, hermite = 1, factorial = 1; // derivative k of the tail is -(-1)**(k - 1) He(k - 1) density
  for (let k = 1; k <= DEGREE; k++) {
    factorial *= k;
    TAIL[piece * (DEGREE + 1) + k] = ((k % 2 === 1 ? -1 : 1) * hermite * density) / factorial;
    [before, hermite] = [hermite, c * hermite - (k - 1) * before];
  }
}

function normalCdf(x) {
  const t = Math.abs(x);
  if (t < 6) {
    const piece = Math.floor(t * 32), at = piece * 10;
    const h = t - (piece + 0.5) / 32;
    const high = ((((TAIL[at + 9] * h + TAIL[at + 8]) * h + TAIL[at + 7]) * h + TAIL[at + 6]) * h + TAIL[at + 5]) * h;
    const tail = ((((high + TAIL[at + 4]) * h + TAIL[at + 3]) * h + TAIL[at + 2]) * h + TAIL[at + 1]) * h + TAIL[at];
    return x < 0 ? tail : 1 - tail;
  }
  const far = Math.min(t, 40);
  const tail = expMinusHalfSquare(far) * (polynomial(TAIL_TOP, far) / polynomial(TAIL_BOTTOM, far));
  return x < 0 ? tail : 1 - tail;
}

function normalPdf(x) {
  return expMinusHalfSquare(Math.min(Math.abs(x), 40)) * (1 / Math.sqrt(2 * Math.PI));
}

function normalQuantile(u) {
  if (u === 0) return -Infinity;
  if (u === 1) return Infinity;
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) {
    const squared = 0.180625 - q * q;
    return q * (polynomial(CENTRE[0], squared) / polynomial(CENTRE[1], squared));
  }
  const r = Math.sqrt(-Math.log(Math.min(u, 1 - u)));
  const [c, from] = r <= 5 ? [NEAR_TAIL, 1.6] : [FAR_TAIL, 5];
  const size = polynomial(c[0], r - from) / polynomial(c[1], r - from);
  return q < 0 ? -size : size;
}

function logistic(x) {
  if (x > -700) return 1 / (1 + Math.exp(-x));
  return Math.exp(x);
}

function logit(p) {
  const rest = 1 - p;
  if (!(Math.abs(p - 0.5) < 0.25)) return Math.log(p / rest);
  const z = (2 * p - 1) / rest; // log(1 + z) = z log(w) / (w - 1) with w = 1 + z rounded (Kahan)
  const moved = 1 + z - 1;
  return moved === 0 ? z : Math.log(1 + z) * (z / moved);
}

// Python's: the sign of the divisor.
function modulo(a, b) {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

// IEEE 754: 1 to any power is 1, and so is -1 to an infinite one; JavaScript says NaN.
function power(a, b) {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return Math.pow(a, b);
}

// A zero by Chandrupatla's method (1997), as in raison/program/root.py.
function root(f, low, high) {
  let a = low, b = high;
  let atA = f(a), atB = f(b);
  const width = Math.abs(b - a);
  const opposite = (atA <= 0 && atB >= 0) || (atA >= 0 && atB <= 0);
  if (!opposite || !Number.isFinite(width)) return NaN;
  if (atA === 0 || atB === 0) return Math.abs(atA) <= Math.abs(atB) ? a : b;
  let c = a, atC = atA, share = 0.5;
  for (let k = 0; k < 150; k++) {
    const x = a + share * (b - a);
    const atX = f(x);
    if (atX < 0 === atA < 0) {
      c = a;
      atC = atA;
    } else {
      c = b;
      atC = atB;
      b = a;
      atB = atA;
    }
    a = x;
    atA = atX;
    const least = 1e-15 * Math.max(Math.abs(a), Math.abs(b)) + 1e-14 * width;
    const gap = Math.abs(b - a);
    if (atA === 0 || atA !== atA || gap <= least) break;
    const smallest = (0.5 * least) / gap;
    share = Math.min(Math.max(nextShare(a, b, c, atA, atB, atC), smallest), 1 - smallest);
  }
  if (atA !== atA) return NaN;
  return Math.abs(atA) <= Math.abs(atB) ? a : b;
}

function nextShare(a, b, c, atA, atB, atC) {
  if (atA === atB || atB === atC || atA === atC || a === b || b === c) return 0.5;
  const place = (a - b) / (c - b);
  const height = (atA - atB) / (atC - atB);
  if (!(height * height < place && (1 - height) * (1 - height) < 1 - place)) return 0.5;
  const inverse = (atA / (atB - atA)) * (atC / (atB - atC));
  return inverse + ((c - a) / (b - a)) * (atA / (atC - atA)) * (atB / (atC - atB));
}

// --- processes ---

const queues = new Map();

// What is on its way in an exact delay: room that is used again by every simulation of a process.
function Q(process, delay, size) {
  const key = process * 1000 + delay;
  if (!queues.has(key)) queues.set(key, new Float64Array(size));
  return queues.get(key);
}

function stepsOf(steps, most) {
  const within = Math.max(Math.min(steps, most), 0);
  const nearest = Math.floor(within + 0.5);
  return Math.abs(within - nearest) < 1e-9 ? nearest : within;
}

// How many whole steps something takes, and the fraction beyond.
function lagOf(steps, most) {
  const whole = Math.floor(stepsOf(steps, most));
  return whole === whole ? whole : 0;
}

function restOf(steps, most) {
  const taken = stepsOf(steps, most);
  return taken - Math.floor(taken);
}

// A time of reading, in steps, brought into the time that was simulated.
function placeOf(steps, last) {
  const place = Math.min(Math.max(steps, 0), last);
  return place === place ? place : 0;
}
