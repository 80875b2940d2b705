package main

import (
	"math"
	"math/rand"
	"sort"
)

// spread describes a set of ratios. Low and High are the 95 % interval of the median by bootstrap.
type spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Q1     float64 `json:"q1"`
	Q3     float64 `json:"q3"`
	Min    float64 `json:"min"`
}

// quantile is the order statistic at p, between two neighbours in proportion; sorted is not empty.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	below := int(math.Floor(at))
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}

func sortedCopy(values []float64) []float64 {
	s := append([]float64{}, values...)
	sort.Float64s(s)
	return s
}

func describe(values []float64) spread {
	s := sortedCopy(values)
	// The same draws every time: the interval depends on the data alone.
	random := rand.New(rand.NewSource(1))
	const draws = 2000
	medians := make([]float64, draws)
	draw := make([]float64, len(s))
	for i := range medians {
		for j := range draw {
			draw[j] = s[random.Intn(len(s))]
		}
		sort.Float64s(draw)
		medians[i] = quantile(draw, 0.5)
	}
	sort.Float64s(medians)
	return spread{Median: quantile(s, 0.5), Low: quantile(medians, 0.025), High: quantile(medians, 0.975),
		Q1: quantile(s, 0.25), Q3: quantile(s, 0.75), Min: s[0]}
}
