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

// draws is how often bootstrap draws.
const draws = 2000

// bootstrap is the 95 % interval of a figure of drawn sets of rounds. The same draws every time: it depends
// on the data alone.
func bootstrap(rounds int, figure func(draw []int) float64) (low, high float64) {
	random := rand.New(rand.NewSource(1))
	figures := make([]float64, draws)
	draw := make([]int, rounds)
	for i := range figures {
		for j := range draw {
			draw[j] = random.Intn(rounds)
		}
		figures[i] = figure(draw)
	}
	sort.Float64s(figures)
	return quantile(figures, 0.025), quantile(figures, 0.975)
}

func quantileOf(values []float64, draw []int, p float64) float64 {
	drawn := make([]float64, len(draw))
	for i, j := range draw {
		drawn[i] = values[j]
	}
	sort.Float64s(drawn)
	return quantile(drawn, p)
}

func medianOf(values []float64, draw []int) float64 { return quantileOf(values, draw, 0.5) }

func describe(values []float64) spread {
	s := sortedCopy(values)
	low, high := bootstrap(len(values), func(draw []int) float64 { return medianOf(values, draw) })
	return spread{Median: quantile(s, 0.5), Low: low, High: high,
		Q1: quantile(s, 0.25), Q3: quantile(s, 0.75), Min: s[0]}
}

// describeFigure is a figure of several columns of the same rounds; quartiles are not defined for it.
func describeFigure(rounds int, figure func(draw []int) float64) spread {
	every := make([]int, rounds)
	for i := range every {
		every[i] = i
	}
	value := figure(every)
	low, high := bootstrap(rounds, figure)
	return spread{Median: value, Low: low, High: high, Q1: value, Q3: value, Min: value}
}

// describeRatio is the ratio of two medians over the same rounds.
func describeRatio(above, below []float64) spread {
	return describeFigure(len(above), func(draw []int) float64 {
		return medianOf(above, draw) / medianOf(below, draw)
	})
}

// mapped puts every figure through a rising function.
func (s spread) mapped(f func(float64) float64) spread {
	return spread{Median: f(s.Median), Low: f(s.Low), High: f(s.High), Q1: f(s.Q1), Q3: f(s.Q3), Min: f(s.Min)}
}
