package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds everything that a test waits for.
const patience = 60 * time.Second

// run is one start of a program: what goes in, and, once it ended, what came out.
type run struct {
	t      *testing.T
	dir    string   // working directory; the recording and the outputs are in it
	prefix []string // command that the program is started by, such as setpriv
	env    []string // on top of the test's own environment
	stdin  string   // file; /dev/null when empty

	cmd    *exec.Cmd
	status int            // exit status, -1 when a signal ended it
	signal syscall.Signal // 0 when it exited
	stdout string
	stderr string
}

// newRun gives a run an empty directory that every user may write to.
func newRun(t *testing.T) *run {
	t.Helper()
	dir, err := os.MkdirTemp(built.dir, "run-")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, dir: dir}
	t.Cleanup(func() {
		r.killLeft()
		if t.Failed() {
			r.logLosses()
		}
		os.RemoveAll(dir)
	})
	return r
}

// logLosses shows what is missing in a failed test's recording: it cannot be looked at later.
func (r *run) logLosses() {
	if _, err := os.Stat(r.path("run.rec")); err == nil {
		out, _ := exec.Command(built.gctide, "dump", "--kind", "trace_broken,loss", r.path("run.rec")).CombinedOutput()
		r.t.Logf("lost in run.rec:\n%s", out)
	}
}

func (r *run) path(name string) string { return filepath.Join(r.dir, name) }

// environment is the test's own without what would steer the Go runtime or gctide.
func (r *run) environment() []string {
	var env []string
	for _, v := range os.Environ() {
		switch name := v[:strings.IndexByte(v, '=')]; name {
		case "GODEBUG", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GOTRACEBACK", "GCTIDE", "NO_COLOR":
		default:
			env = append(env, v)
		}
	}
	return append(env, r.env...)
}

// start starts argv with stdout and stderr in files, so that nobody who holds them open can keep Wait.
func (r *run) start(argv ...string) {
	r.t.Helper()
	argv = append(append([]string{}, r.prefix...), argv...)
	r.cmd = exec.Command(argv[0], argv[1:]...)
	r.cmd.Dir = r.dir
	r.cmd.Env = r.environment()
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := os.Create(r.path("stdout"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer out.Close()
	errs, err := os.Create(r.path("stderr"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer errs.Close()
	r.cmd.Stdout, r.cmd.Stderr = out, errs
	if r.stdin != "" {
		in, err := os.Open(r.stdin)
		if err != nil {
			r.t.Fatal(err)
		}
		defer in.Close()
		r.cmd.Stdin = in
	}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
}

// wait waits for the end and reads the outputs.
func (r *run) wait() *run {
	r.t.Helper()
	overdue := time.AfterFunc(patience, func() {
		_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
	})
	err := r.cmd.Wait()
	if !overdue.Stop() {
		r.t.Fatalf("%v did not end within %v; stderr:\n%.2000s", r.cmd.Args, patience, r.read("stderr"))
	}
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		r.t.Fatal(err)
	}
	state := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	r.status = state.ExitStatus()
	if state.Signaled() {
		r.signal = state.Signal()
	}
	r.stdout, r.stderr = r.read("stdout"), r.read("stderr")
	return r
}

func (r *run) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// left lists the processes that work in this run's directory: what outlives gctide.
func (r *run) left() []int {
	var pids []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		if cwd, err := os.Readlink("/proc/" + entry.Name() + "/cwd"); err == nil && cwd == r.dir {
			pids = append(pids, pid)
		}
	}
	return pids
}

// killLeft ends what a failed test has left behind.
func (r *run) killLeft() {
	for _, pid := range r.left() {
		status, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		r.t.Logf("still running: %d %q", pid, status)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// gctide runs gctide to its end.
func (r *run) gctide(args ...string) *run {
	r.t.Helper()
	r.start(append([]string{built.gctide}, args...)...)
	return r.wait()
}

// record records a command into run.rec; options may be nil.
func (r *run) record(options []string, command ...string) *run {
	r.t.Helper()
	return r.gctide(recordArgs(options, command)...)
}

func recordArgs(options, command []string) []string {
	args := append([]string{"record", "-o", "run.rec"}, options...)
	return append(append(args, "--"), command...)
}

// again is a new run in the same place by the same user, for looking at what the first one left.
func (r *run) again() *run {
	sub := *newRun(r.t)
	sub.prefix = r.prefix
	return &sub
}

// inspect runs another gctide command over the recording.
func (r *run) inspect(args ...string) *run {
	r.t.Helper()
	return r.again().gctide(append(args, r.path("run.rec"))...)
}

// report reads the recording back as JSON.
func (r *run) report() *report {
	r.t.Helper()
	shown := r.inspect("report", "--format", "json")
	shown.expectStatus(0)
	return decodeReport(r.t, shown.stdout)
}

// unwrapped is the text with single spaces, wherever its lines were broken.
func (r *run) unwrapped() string {
	r.t.Helper()
	return strings.Join(strings.Fields(r.text()), " ")
}

// text reads the recording back as text for people.
func (r *run) text() string {
	r.t.Helper()
	shown := r.inspect("report", "--format", "text")
	shown.expectStatus(0)
	return shown.stdout + shown.stderr
}

// truth decodes the sample's line on stdout.
func (r *run) truth() *truth {
	r.t.Helper()
	var t truth
	line := r.stdout
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	if err := json.Unmarshal([]byte(line), &t); err != nil {
		r.t.Fatalf("no truth on stdout: %v\nstdout: %.500q\nstderr: %.2000s", err, r.stdout, r.stderr)
	}
	return &t
}

func (r *run) expectStatus(want int) {
	r.t.Helper()
	if r.signal != 0 {
		r.t.Fatalf("%v: died of signal %v; stderr:\n%.2000s", r.cmd.Args, r.signal, r.stderr)
	}
	if r.status != want {
		r.t.Fatalf("%v: exit status %d, want %d; stderr:\n%.2000s", r.cmd.Args, r.status, want, r.stderr)
	}
}

// expectMessage looks for words, whatever their case, in what was said on stderr.
func (r *run) expectMessage(words ...string) {
	r.t.Helper()
	expectWords(r.t, r.stderr, words...)
}

func expectWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			t.Errorf("%q is not in:\n%.3000s", word, text)
		}
	}
}

// expectUserStderr demands that want came out in one piece and in order, with nothing around it but
// gctide's own messages.
func expectUserStderr(t *testing.T, stderr, want string) {
	t.Helper()
	at := strings.Index(stderr, want)
	if at < 0 {
		same := commonPrefix([]byte(stderr), []byte(want))
		t.Errorf("stderr is not what was written: %d bytes came out, %d went in, the first %d agree; "+
			"then came %.200q instead of %.200q",
			len(stderr), len(want), same, stderr[same:], want[same:])
		return
	}
	for _, rest := range []string{stderr[:at], stderr[at+len(want):]} {
		for _, line := range strings.Split(rest, "\n") {
			if line != "" && !strings.HasPrefix(line, "gctide: ") {
				t.Errorf("not written by the target, and not marked as gctide's: %.300q", line)
			}
		}
	}
}

// commonPrefix is how many bytes agree, gctide's own lines at the start of a left out.
func commonPrefix(a, b []byte) int {
	for bytes.HasPrefix(a, []byte("gctide: ")) && bytes.IndexByte(a, '\n') >= 0 {
		a = a[bytes.IndexByte(a, '\n')+1:]
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// waitFor polls until the condition holds.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience / 2); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
