package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// resamples is how many samples the bootstrap draws.
const resamples = 10_000

// ratios are the paired ratios of one row: what the new binary cost, divided by what the old one cost in the
// measurement beside it. The speed of a shared machine changes from one minute to the next, but hardly between two
// neighbors.
type ratios []float64

// mean is the geometric mean: twice as slow and twice as fast cancel each other out.
func (r ratios) mean() float64 {
	sum := 0.0
	for _, v := range r {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(r)))
}

// interval returns the 95 % interval of the mean, by the percentile bootstrap (Efron 1979). The seed is fixed, so
// the same ratios always give the same interval.
func (r ratios) interval() (low, high float64) {
	lots := rand.New(rand.NewPCG(1, 2))
	means, sample := make([]float64, resamples), make(ratios, len(r))
	for i := range means {
		for j := range sample {
			sample[j] = r[lots.IntN(len(r))]
		}
		means[i] = sample.mean()
	}
	slices.Sort(means)
	return means[resamples*25/1000], means[resamples*975/1000]
}

// worse says whether the new binary costs more than budget times the old one's cost, beyond
// what noise explains: the whole interval lies above the budget.
func (r ratios) worse(budget float64) bool {
	low, _ := r.interval()
	return low > budget
}

// With the noise of a shared machine on each measurement, an equal binary is not judged worse, and one that costs
// a fifth more is.
func TestWorseIsFoundAndNoiseIsNot(t *testing.T) {
	lots := rand.New(rand.NewPCG(3, 4))
	noisy := func(truth float64) (r ratios) {
		for range 9 {
			r = append(r, truth*math.Exp(lots.NormFloat64()*0.08))
		}
		return r
	}
	judged := func(truth float64) (worse int) {
		for range 200 {
			if noisy(truth).worse(cpuBudget) {
				worse++
			}
		}
		return worse
	}
	if n := judged(1); n > 10 {
		t.Errorf("of 200 comparisons of a binary with itself %d are judged worse", n)
	}
	if n := judged(1.2); n < 180 {
		t.Errorf("of 200 comparisons with one that is a fifth dearer only %d are judged worse", n)
	}
}

func TestTheIntervalHoldsTheMean(t *testing.T) {
	r := ratios{0.5, 2, 1, 1, 1.1, 1 / 1.1}
	low, high := r.interval()
	if m := r.mean(); math.Abs(m-1) > 1e-9 || low > m || high < m || low < slices.Min(r) || high > slices.Max(r) {
		t.Errorf("mean %v, interval %v to %v", m, low, high)
	}
}
