// Package truth lets a sample say, when it ends, what really happened to it: the figures that gctide,
// which watches from outside, must come to as well.
//
// A sample calls Begin first and Print last. Print writes one line of JSON to stdout; between
// the reading of its figures and the end of the process no collection happens, and every trace line
// of the collections it counts has been written.
package truth

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Truth is the line of JSON. Sizes are bytes and times nanoseconds, whatever the name says.
type Truth struct {
	Name        string `json:"name"`
	GoVersion   string `json:"go_version"`
	PID         int    `json:"pid"`
	NumGC       uint32 `json:"num_gc"`
	NumForcedGC uint32 `json:"num_forced_gc"`

	// The pause rings hold the last 256 cycles, here the oldest first. A pause is the sum
	// of both stops of its cycle; its end is Unix time.
	PauseTotalNs uint64   `json:"pause_total_ns"`
	PauseNs      []uint64 `json:"pause_ns"`
	PauseEnd     []uint64 `json:"pause_end"`

	HeapReleased  uint64  `json:"heap_released"`
	HeapSys       uint64  `json:"heap_sys"`
	TotalAlloc    uint64  `json:"total_alloc"`
	GCCPUFraction float64 `json:"gc_cpu_fraction"`

	// getrusage(RUSAGE_SELF): kernel-mode faults included, children not.
	MinorFaults int64 `json:"minor_faults"`
	MajorFaults int64 `json:"major_faults"`
	UserNs      int64 `json:"user_ns"`
	SystemNs    int64 `json:"system_ns"`
	// Minor faults before Begin: exec, the runtime's start, and what was between fork and exec.
	StartMinorFaults int64 `json:"start_minor_faults"`
	// Minor faults of the children that were waited for: getrusage(RUSAGE_CHILDREN).
	ChildMinorFaults int64 `json:"child_minor_faults"`

	PeakRSSBytes uint64 `json:"peak_rss_bytes"` // VmHWM
	WallNs       int64  `json:"wall_ns"`        // since Begin
	ElapsedNs    int64  `json:"elapsed_ns"`     // the sample's work alone, as told by Worked

	// What only one sample has to say.
	Extra map[string]interface{} `json:"extra,omitempty"`
}

// Recorder gathers the truth of one process.
type Recorder struct {
	name      string
	begin     time.Time
	workBegin time.Time
	elapsed   time.Duration
	faults    int64
	extra     map[string]interface{}
}

// Begin starts the clocks. It also makes some 10,000 page faults on small pages, so that a comparison
// of fault counts to 1 % means something even where the heap is backed by huge pages.
func Begin(name string) *Recorder {
	r := BeginBare(name)
	if err := faultSmallPages(10240); err != nil {
		fmt.Fprintf(os.Stderr, "%s: cannot make page faults: %v\n", name, err)
		os.Exit(1)
	}
	r.workBegin = time.Now()
	return r
}

// BeginBare starts the clocks and does nothing else.
func BeginBare(name string) *Recorder {
	r := &Recorder{name: name, begin: time.Now(), extra: map[string]interface{}{}}
	r.faults = usage(syscall.RUSAGE_SELF).Minflt
	r.workBegin = r.begin
	return r
}

// Worked ends the interval that elapsed_ns tells; it begins with the end of Begin, or with StartWork.
func (r *Recorder) Worked() { r.elapsed = time.Since(r.workBegin) }

// StartWork begins the interval that elapsed_ns tells.
func (r *Recorder) StartWork() { r.workBegin = time.Now() }

// Set adds a figure of the sample's own under extra.
func (r *Recorder) Set(key string, value interface{}) { r.extra[key] = value }

// Print settles the process and writes the truth to stdout. The process should end after it.
func (r *Recorder) Print() {
	t := r.Settle()
	line, err := json.Marshal(t)
	if err == nil {
		_, err = os.Stdout.Write(append(line, '\n'))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: cannot write the truth: %v\n", r.name, err)
		os.Exit(1)
	}
}

// Settle makes sure that no collection can begin any more, waits for a running one to finish, and
// reads the figures.
//
// The limit goes first: under a memory limit the collector runs even at GOGC=off. SetGCPercent(-1) then
// returns only when no mark phase is running (runtime/mgc.go, gcWaitOnMark; Go 1.19 to 1.26), and
// ReadMemStats needs worldsema, which a cycle holds until its gctrace line is out. The two equal readings
// 20 ms apart are for what those two facts do not cover: the scavenger's line of the last sweep.
func (r *Recorder) Settle() Truth {
	debug.SetMemoryLimit(math.MaxInt64)
	debug.SetGCPercent(-1)
	rehearse(r)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for {
		time.Sleep(20 * time.Millisecond)
		runtime.ReadMemStats(&after)
		if after.NumGC == before.NumGC {
			break
		}
		before = after
	}
	return r.read()
}

// rehearse does once what Settle's caller is about to do, so that the page faults of first use are
// behind us when the faults are counted.
func rehearse(r *Recorder) {
	line, _ := json.Marshal(r.read())
	_ = append(line, '\n')
}

func (r *Recorder) read() Truth {
	t := Truth{
		Name: r.name, GoVersion: runtime.Version(), PID: os.Getpid(),
		StartMinorFaults: r.faults, PeakRSSBytes: peakRSS(), Extra: r.extra,
		ElapsedNs: r.elapsed.Nanoseconds(),
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.NumGC, t.NumForcedGC, t.PauseTotalNs = m.NumGC, m.NumForcedGC, m.PauseTotalNs
	t.PauseNs, t.PauseEnd = ring(&m.PauseNs, m.NumGC), ring(&m.PauseEnd, m.NumGC)
	t.HeapReleased, t.HeapSys, t.TotalAlloc = m.HeapReleased, m.HeapSys, m.TotalAlloc
	t.GCCPUFraction = m.GCCPUFraction
	t.WallNs = time.Since(r.begin).Nanoseconds()
	self := usage(syscall.RUSAGE_SELF)
	t.MinorFaults, t.MajorFaults = self.Minflt, self.Majflt
	t.UserNs, t.SystemNs = self.Utime.Nano(), self.Stime.Nano()
	t.ChildMinorFaults = usage(syscall.RUSAGE_CHILDREN).Minflt
	return t
}

// ring unrolls one of the rings of MemStats: cycle n is entry (n-1) modulo 256.
func ring(from *[256]uint64, cycles uint32) []uint64 {
	n := cycles
	if n > uint32(len(from)) {
		n = uint32(len(from))
	}
	out := make([]uint64, 0, n)
	for cycle := cycles - n; cycle < cycles; cycle++ {
		out = append(out, from[cycle%uint32(len(from))])
	}
	return out
}

func usage(who int) syscall.Rusage {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return u
}

// peakRSS reads VmHWM; 0 when /proc does not tell.
func peakRSS() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		field := strings.Fields(line)
		if len(field) == 3 && field[0] == "VmHWM:" {
			kib, _ := strconv.ParseUint(field[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// faultSmallPages makes count page faults outside the heap, never on huge pages.
func faultSmallPages(count int) error {
	const pages = 512
	page := os.Getpagesize()
	region, err := Map(pages * page)
	if err != nil {
		return err
	}
	for done := 0; done < count; done += pages {
		for i := 0; i < len(region); i += page {
			region[i] = 1
		}
		if err := syscall.Madvise(region, syscall.MADV_DONTNEED); err != nil {
			return err
		}
	}
	return syscall.Munmap(region)
}

// Map returns fresh anonymous memory outside the Go heap that the kernel backs with small pages only.
func Map(size int) ([]byte, error) {
	region, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, err
	}
	// A kernel without huge pages refuses the advice, and does not need it.
	if err := syscall.Madvise(region, syscall.MADV_NOHUGEPAGE); err != nil && err != syscall.EINVAL {
		return nil, err
	}
	return region, nil
}
