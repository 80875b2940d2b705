package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// logResult is the speed of parse on one kind of log.
type logResult struct {
	Name           string  `json:"name"`
	MB             float64 `json:"megabytes"`
	Lines          int64   `json:"line_count"`
	Cycles         int64   `json:"cycle_count"`
	CyclesFound    int64   `json:"cycles_found_count"`
	Best           usage   `json:"best_of_seven"`
	MBPerSecond    float64 `json:"megabytes_per_second"`
	LinesPerSecond float64 `json:"lines_per_second"`
	// Constant memory: the same for a tenth of the log.
	TenthPeakRSSBytes int64 `json:"tenth_peak_rss_bytes"`
	// What reading and looking for newlines alone takes here.
	WcMBPerSecond float64 `json:"wc_megabytes_per_second"`
}

// foreignLines are what a service writes between the runtime's lines.
var foreignLines = []string{
	"2026/03/04 05:06:07 handler.go:118: GET /v1/items/4711 200 in 1.84ms, 3412 bytes, request 81f3a9\n",
	"{\"level\":\"info\",\"time\":\"2026-03-04T05:06:07Z\",\"msg\":\"cache refreshed\",\"entries\":20480}\n",
	"pacer: assist ratio=+2.785873e+000 (scan 2 MB in 64->96 MB) workers=0.5\n",
	"goroutine pool: 12 idle, 4 busy, queue empty\n",
}

// writeLog writes a log of about size bytes in which one line in everyth is the runtime's.
func writeLog(path string, size int64, every int) (lines, cycles int64, err error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	var written int64
	for written < size {
		text := foreignLines[lines%int64(len(foreignLines))]
		if lines%int64(every) == 0 {
			if lines/int64(every)%2 == 0 {
				cycles++
				text = fmt.Sprintf("gc %d @%d.%03ds 4%%: 0.0%d+1.%d+0.004 ms clock, 0.12+0.35/0.71/0.23+0.008"+
					" ms cpu, 96->97->62 MB, 124 MB goal, 0 MB stacks, 0 MB globals, 2 P\n",
					cycles, cycles/100, cycles%100*10, 10+cycles%89, cycles%10)
			} else {
				text = fmt.Sprintf("scav %d KiB work (bg), 0 KiB work (eager), %d KiB now, 88%% util\n",
					cycles%4096, 10000+cycles%7)
			}
		}
		n, err := out.WriteString(text)
		if err != nil {
			return 0, 0, err
		}
		written += int64(n)
		lines++
	}
	return lines, cycles, out.Flush()
}

// best runs a command seven times and returns the quickest run, the least disturbed one, its output dropped.
func best(argv ...string) (usage, error) {
	var least usage
	for i := 0; i < 7; i++ {
		u, err := timed(false, argv...)
		if err != nil {
			return u, err
		}
		if i == 0 || u.WallSeconds < least.WallSeconds {
			least = u
		}
	}
	return least, nil
}

func measureLog(c *config, name string, every int) (*logResult, error) {
	l := &logResult{Name: name}
	path := filepath.Join(c.scratch, "large.log")
	defer os.Remove(path)
	size := int64(c.logMB) * 1e6
	if _, _, err := writeLog(path, size/10, every); err != nil {
		return nil, err
	}
	tenth, err := best(c.gctide, "parse", path)
	if err != nil {
		return nil, err
	}
	l.TenthPeakRSSBytes = tenth.PeakRSSBytes
	if l.Lines, l.Cycles, err = writeLog(path, size, every); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	l.MB = float64(info.Size()) / 1e6
	wc, err := best("wc", "-l", path)
	if err != nil {
		return nil, err
	}
	l.WcMBPerSecond = l.MB / wc.WallSeconds
	if l.Best, err = best(c.gctide, "parse", path); err != nil {
		return nil, err
	}
	l.MBPerSecond = l.MB / l.Best.WallSeconds
	l.LinesPerSecond = float64(l.Lines) / l.Best.WallSeconds
	// Once more for the count: fast and wrong would be worth nothing.
	if l.CyclesFound, err = countCycles(c, path); err != nil {
		return nil, err
	}
	return l, nil
}

func countCycles(c *config, path string) (int64, error) {
	out := filepath.Join(c.scratch, "parsed.json")
	defer os.Remove(out)
	if _, err := timed(false, "sh", "-c", `exec "$0" parse --format json "$1" >"$2"`, c.gctide, path,
		out); err != nil {
		return 0, err
	}
	file, err := os.Open(out)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	var r recorded
	if err := json.NewDecoder(bufio.NewReader(file)).Decode(&r); err != nil {
		return 0, fmt.Errorf("parse --format json: %w", err)
	}
	return known(r.GC.CycleCount), nil
}

func measureParse(c *config) ([]logResult, error) {
	var all []logResult
	for _, kind := range []struct {
		name  string
		every int
	}{{"a busy service's log, one line in ten is the runtime's", 10}, {"the runtime's lines alone", 1}} {
		l, err := measureLog(c, kind.name, kind.every)
		if err != nil {
			return nil, err
		}
		printLog(l)
		all = append(all, *l)
	}
	return all, nil
}

// bigReport is the speed of report on a recording of many faults.
type bigReport struct {
	Faults          int64   `json:"fault_count"`
	Events          int64   `json:"event_count"`
	Lost            int64   `json:"lost_count"`
	Period          int64   `json:"sample_period"`
	FileBytes       int64   `json:"recording_bytes"`
	Best            usage   `json:"best_of_seven"`
	EventsPerSecond float64 `json:"events_per_second"`
	// Of a recording of a tenth of the faults: time in proportion, and the same memory.
	TenthEvents int64 `json:"tenth_event_count"`
	Tenth       usage `json:"tenth_best_of_seven"`
}

// recordMany records a storm as fast as this machine makes one, without the fall-back to every N-th fault.
// When too many events are lost at that, it is done again at the rate that gctide is meant to bear.
func recordMany(c *config, file string, faults int) (truth, *recorded, error) {
	storm := filepath.Join(c.samples, "storm")
	once := func(work int) (truth, *recorded, error) {
		t, err := runSample(c.gctide, "record", "--max-fault-rate", "0", "-o", file, "--", storm, "-faults",
			strconv.Itoa(faults), "-work", strconv.Itoa(work))
		if err != nil {
			return t, nil, err
		}
		r, err := reportOn(c.gctide, file)
		return t, r, err
	}
	t, r, err := once(0)
	if err != nil {
		return t, nil, err
	}
	if n := known(r.Faults.RecordedCount); n < int64(faults)/10*9 {
		fmt.Printf("at %.0f faults/s %d of %d were recorded one by one; once more at %d faults/s\n",
			float64(faults)/float64(t.ElapsedNs)*1e9, n, faults, stormRate)
		work, err := calibrateStorm(c, 1)
		if err != nil {
			return t, nil, err
		}
		return once(work)
	}
	return t, r, nil
}

func measureReport(c *config) (*bigReport, error) {
	file := filepath.Join(c.scratch, "many.rec")
	defer os.Remove(file)
	t, r, err := recordMany(c, file, c.faults/10)
	if err != nil {
		return nil, err
	}
	tenth, err := best(c.gctide, "report", file)
	if err != nil {
		return nil, err
	}
	tenthEvents := known(r.Faults.RecordedCount)
	if t, r, err = recordMany(c, file, c.faults); err != nil {
		return nil, err
	}
	b := &bigReport{TenthEvents: tenthEvents, Tenth: tenth, Faults: t.MinorFaults, Events: known(r.Faults.RecordedCount),
		Lost: known(r.Losses.PerfLost), Period: known(r.Faults.SamplePeriod)}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	b.FileBytes = info.Size()
	if b.Best, err = best(c.gctide, "report", file); err != nil {
		return nil, err
	}
	b.EventsPerSecond = float64(b.Events) / b.Best.WallSeconds
	printReport(b)
	return b, nil
}
