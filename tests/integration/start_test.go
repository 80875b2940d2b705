package integration

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestSigchldIgnored: who starts gctide with SIGCHLD ignored must not keep it from seeing the target's end.
func TestSigchldIgnored(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	// Not sh and trap: dash does not pass an ignored SIGCHLD on.
	r.prefix = []string{"env", "--ignore-signal=CHLD"}
	r.record(nil, "/bin/sh", "-c", "exit 5").expectStatus(5)
}

// TestNoRoomForTheFirstBlock: the file header fits, nothing else does. The target must not be started.
func TestNoRoomForTheFirstBlock(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("no prlimit")
	}
	r := newRun(t)
	r.prefix = []string{"prlimit", "--fsize=40", "--"}
	// The limit holds for the file with our stderr as well: no word but the error.
	r.record([]string{"-q"}, "/bin/sh", "-c", "echo started").expectStatus(125)
	r.expectMessage("run.rec")
	if r.stdout != "" {
		t.Errorf("the target ran: %q", r.stdout)
	}
}

// openTerminal makes a pseudo terminal and returns both ends.
func openTerminal(t *testing.T) (*os.File, *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	var unlock, number int32
	for _, call := range []struct {
		request uintptr
		value   *int32
	}{{syscall.TIOCSPTLCK, &unlock}, {syscall.TIOCGPTN, &number}} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), call.request,
			uintptr(unsafe.Pointer(call.value))); e != 0 {
			t.Skip(e)
		}
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	return master, slave
}

// TestEndOfTheTerminal: the kernel sends SIGHUP to the leader of the session alone, and that is gctide under
// `ssh -t HOST gctide ...`.
func TestEndOfTheTerminal(t *testing.T) {
	t.Parallel()
	// Under nohup the signal is ignored, and children would inherit that; a handler they do not.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	r := newRun(t)
	master, slave := openTerminal(t)
	cmd := exec.Command(built.gctide, "record", "-q", "-o", r.path("run.rec"), "--", "sleep", "30")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	time.Sleep(500 * time.Millisecond)
	begin := time.Now()
	master.Close()
	cmd.Wait()
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("gctide and its target outlived the terminal by %v", took)
	}
	if got := cmd.ProcessState.ExitCode(); got != 128+int(syscall.SIGHUP) {
		t.Errorf("exit status %d", got)
	}
}

// relayOf finds gctide's relay: its child that has its own command line.
func relayOf(t *testing.T, gctide int) int {
	t.Helper()
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", gctide, gctide))
	if err != nil {
		t.Skip(err)
	}
	for _, field := range strings.Fields(string(list)) {
		comm, _ := os.ReadFile("/proc/" + field + "/comm")
		if strings.TrimSpace(string(comm)) == "stderr-relay" {
			pid, _ := strconv.Atoi(field)
			return pid
		}
	}
	t.Fatalf("no relay among %q", list)
	return 0
}

// TestKilledRelayIsReported: nothing can be done any more, but the user must know what is missing.
func TestKilledRelayIsReported(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.start(append([]string{built.gctide}, recordArgs(nil, []string{"sleep", "1"})...)...)
	waitForFile(t, r.path("run.rec"))
	time.Sleep(200 * time.Millisecond)
	if err := syscall.Kill(relayOf(t, r.cmd.Process.Pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.wait().expectStatus(0)
	r.expectMessage("relay was killed")
}
