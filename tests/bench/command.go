package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what one run of a command took.
type usage struct {
	WallSeconds   float64 `json:"wall_seconds"`
	UserSeconds   float64 `json:"user_seconds"`
	SystemSeconds float64 `json:"system_seconds"`
	PeakRSSBytes  int64   `json:"peak_rss_bytes,omitempty"` // absent: ended before it was seen
	stdout        []byte
}

// statusBytes is a figure of memory from /proc/PID/status; 0 when the process is gone.
func statusBytes(pid int, name string) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) == 3 && f[0] == name {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// vmHWM is a process's peak of resident memory so far; 0 when it is gone.
func vmHWM(pid int) int64 { return statusBytes(pid, "VmHWM:") }

// rssBelow is the resident memory of all descendants of a process together, now: of a pipe's parts.
func rssBelow(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0 // gone, or a kernel without CONFIG_PROC_CHILDREN: then the largest process is counted
	}
	var sum int64
	for _, f := range strings.Fields(string(text)) {
		child, _ := strconv.Atoi(f)
		sum += statusBytes(child, "VmRSS:") + rssBelow(child)
	}
	return sum
}

// timed runs a command to its end; its peak of memory includes that of processes it started. With keep its stdout is kept, else it goes to /dev/null.
//
// wait4's maxrss begins, for a child started by vfork, at the peak of its parent: us. So when it is no
// more than that, the peak is what VmHWM had when it was last read.
func timed(keep bool, argv ...string) (usage, error) {
	var u usage
	var out, errs bytes.Buffer
	cmd := exec.Command(argv[0], argv[1:]...)
	if keep {
		cmd.Stdout = &out
	}
	cmd.Stderr = &errs
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return u, err
	}
	ended := make(chan struct{})
	watched := make(chan int64)
	go func() {
		var peak int64
		for {
			select {
			case <-ended:
				watched <- peak
				return
			case <-time.After(time.Millisecond):
				for _, now := range []int64{vmHWM(cmd.Process.Pid), rssBelow(cmd.Process.Pid)} {
					if now > peak {
						peak = now
					}
				}
			}
		}
	}()
	err := cmd.Wait()
	u.WallSeconds = time.Since(begin).Seconds()
	close(ended)
	u.PeakRSSBytes = <-watched
	if err != nil {
		return u, fmt.Errorf("%s: %w: %.500s", strings.Join(argv, " "), err, errs.String())
	}
	u.UserSeconds = cmd.ProcessState.UserTime().Seconds()
	u.SystemSeconds = cmd.ProcessState.SystemTime().Seconds()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		if peak := r.Maxrss << 10; peak > vmHWM(os.Getpid()) && peak > u.PeakRSSBytes {
			u.PeakRSSBytes = peak
		}
	}
	u.stdout = out.Bytes()
	return u, nil
}

// truth is what the bench needs of a sample's last line.
type truth struct {
	ElapsedNs   int64 `json:"elapsed_ns"` // the work alone
	WallNs      int64 `json:"wall_ns"`    // from the first line of main to the last
	MinorFaults int64 `json:"minor_faults"`
	UserNs      int64 `json:"user_ns"`
	SystemNs    int64 `json:"system_ns"`
	Extra       struct {
		// The storm only: lower quartile of the times of batches of faults.
		BatchFaults int64 `json:"batch_faults"`
		BatchQ1Ns   int64 `json:"batch_q1_ns"`
	} `json:"extra"`
}

// runSample runs a sample, possibly under a recorder, and returns what it tells of itself.
func runSample(argv ...string) (truth, error) {
	var t truth
	u, err := timed(true, argv...)
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(u.stdout, &t); err != nil {
		return t, fmt.Errorf("%s: no truth on stdout: %w", strings.Join(argv, " "), err)
	}
	return t, nil
}

// recorded is what the bench needs of gctide's own report.
type recorded struct {
	GC struct {
		CycleCount *int64 `json:"cycle_count"`
	} `json:"gc"`
	Faults struct {
		RecordedCount *int64 `json:"recorded_count"`
		SamplePeriod  *int64 `json:"sample_period"`
	} `json:"faults"`
	Returns struct {
		CallCount *int64 `json:"call_count"`
	} `json:"returns"`
	Losses struct {
		PerfLost *int64 `json:"perf_lost_count"`
		Unparsed *int64 `json:"unparsed_line_count"`
	} `json:"losses"`
	Stacks struct {
		CPU *struct {
			SampleCount int64 `json:"sample_count"`
		} `json:"cpu"`
	} `json:"stacks"`
}

func reportOn(gctide, file string) (*recorded, error) {
	u, err := timed(true, gctide, "report", "--format", "json", file)
	if err != nil {
		return nil, err
	}
	r := &recorded{}
	if err := json.Unmarshal(u.stdout, r); err != nil {
		return nil, fmt.Errorf("report of %s: %w", file, err)
	}
	return r, nil
}

// known is a figure, or -1 where it is unknown.
func known(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}
