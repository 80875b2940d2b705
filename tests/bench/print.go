package main

import "fmt"

// verdict puts a goal and whether it was met beside a figure. A goal inside the interval is
// called close: this many rounds cannot tell.
func verdict(r *spread, goal float64) string {
	switch {
	case goal == 0:
		return ""
	case r.High <= goal:
		return fmt.Sprintf("goal <= %.2f: met", goal)
	case r.Median <= goal:
		return fmt.Sprintf("goal <= %.2f: met, but close", goal)
	case r.Low <= goal:
		return fmt.Sprintf("goal <= %.2f: missed, but close", goal)
	}
	return fmt.Sprintf("goal <= %.2f: missed", goal)
}

func met(yes bool) string {
	if yes {
		return "met"
	}
	return "missed"
}

func mib(bytes int64) string {
	if bytes == 0 {
		return "an unknown number of MiB"
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}

// printSampling tells what the default sampling of stacks adds, which has a goal of its own.
func printSampling(r *spread) {
	fmt.Printf("  the sampling of stacks by itself, stacks over counts only: %.3f (%.3f .. %.3f)  %s\n", r.Median, r.Low,
		r.High, verdict(r, 1.02))
}

// printShare compares the extra cost with perf's, where that is more than the noise: a share of nothing says
// nothing.
func printShare(record, perf *spread) {
	switch {
	case perf == nil:
	case perf.Low <= 1:
		fmt.Println("  perf's own extra cost is within the noise of these rounds: no share of it is told")
	default:
		share := (record.Median - 1) / (perf.Median - 1)
		fmt.Printf("  record's extra cost is %.2f of perf's; goal <= 0.50: %s\n", share, met(share <= 0.5))
	}
}

func printFaultCosts(c *config, costs []faultCost) {
	fmt.Printf("each page fault: what watching adds, in ns, and the slow-down that this is at %d faults/s; "+
		"%d rounds of short runs in random order\n", stormRate, c.faultRounds)
	fmt.Printf("  %-12s %7s  %-15s  %8s  %-15s\n", "", "ns", "95 % interval", "slowdown", "95 % interval")
	for i := range costs {
		f := &costs[i]
		if f.Skipped != "" {
			fmt.Printf("  %-12s skipped: %s\n", f.Way, f.Skipped)
			continue
		}
		fmt.Printf("  %-12s %7.0f  %5.0f .. %-5.0f    %8.3f  %.3f .. %.3f  %s\n", f.Way, f.Extra.Median, f.Extra.Low,
			f.Extra.High, f.Slowdown.Median, f.Slowdown.Low, f.Slowdown.High, verdict(f.Slowdown, f.Goal))
	}
	printSampling(samplingSlowdown(costs))
	for i := range costs {
		if r := costs[i].ShareOfPerf; r != nil {
			fmt.Printf("  %s costs %.2f of perf (%.2f .. %.2f); %s\n", costs[i].Way, r.Median, r.Low, r.High,
				verdict(r, 0.5))
		}
	}
	fmt.Println()
}

func printWay(s *slowdown) {
	if s.Skipped != "" {
		fmt.Printf("  %-12s skipped: %s\n", s.Way, s.Skipped)
		return
	}
	r := s.Ratio
	density, lost := "-", "unknown"
	if s.Events > 0 {
		density = fmt.Sprintf("%.1f", s.BytesPerFault)
	}
	if s.Lost >= 0 {
		lost = fmt.Sprint(s.Lost)
	}
	fmt.Printf("  %-12s %7.3f  %.3f .. %.3f  %.3f .. %.3f  %9.3f  %7s  %9s  %s\n", s.Way, r.Median, r.Low,
		r.High, r.Q1, r.Q3, s.Whole.Median, density, lost, verdict(r, s.Goal))
}

func printSlowdowns(sample string, all []slowdown) {
	record, perf := &all[0], &all[len(all)-1]
	rate := float64(record.Faults) / float64(len(record.runs)) / record.MedianSeconds
	fmt.Printf("%s: bare %.2f s, %.0f faults/s; time as a ratio to the bare runs before and after, %d rounds\n",
		sample, record.MedianSeconds, rate, len(record.runs))
	fmt.Printf("  %-12s %7s  %-15s %-15s %9s  %7s  %9s\n", "", "median", "95 % interval", "quartiles",
		"whole run", "B/fault", "lost")
	for i := range all {
		printWay(&all[i])
	}
	printSampling(samplingRatio(all))
	printShare(record.Ratio, perf.Ratio)
	if record.Lost >= 0 {
		fmt.Printf("  %d of %d events lost by record; goal 0: %s\n", record.Lost, record.Events+record.Lost,
			met(record.Lost == 0 && record.Events > 0))
	}
	fmt.Println()
}

func printLog(l *logResult) {
	fmt.Printf("parse, %s (%.0f MB, %d lines): %.0f MB/s, %.2f million lines/s, peak memory %s; "+
		"goal >= 500 MB/s: %s\n", l.Name, l.MB, l.Lines, l.MBPerSecond, l.LinesPerSecond/1e6,
		mib(l.Best.PeakRSSBytes), met(l.MBPerSecond >= 500))
	fmt.Printf("  a tenth of it takes %s; wc -l on it: %.0f MB/s; %d of %d cycles found\n",
		mib(l.TenthPeakRSSBytes), l.WcMBPerSecond, l.CyclesFound, l.Cycles)
}

func printReport(b *bigReport) {
	fmt.Printf("\nreport on %d recorded faults (%.0f MB, %.1f bytes each, %d lost, period %d): %.2f s, "+
		"%.2f million events/s, peak memory %s\n", b.Events, float64(b.FileBytes)/1e6,
		float64(b.FileBytes)/float64(b.Events), b.Lost, b.Period, b.Best.WallSeconds,
		b.EventsPerSecond/1e6, mib(b.Best.PeakRSSBytes))
	fmt.Printf("  a tenth of it (%d): %.2f s, %s; %.1f times the events take %.1f times the time; goal >= 5 million events/s: %s\n",
		b.TenthEvents, b.Tenth.WallSeconds, mib(b.Tenth.PeakRSSBytes), float64(b.Events)/float64(b.TenthEvents),
		b.Best.WallSeconds/b.Tenth.WallSeconds, met(b.EventsPerSecond >= 5e6))
}
