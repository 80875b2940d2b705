package integration

import (
	"os/exec"
	"testing"
)

// TestSigchldIgnored: who starts gctide with SIGCHLD ignored must not keep it from seeing the target's end.
func TestSigchldIgnored(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	r.prefix = []string{"/bin/sh", "-c", `trap "" CHLD; exec "$@"`, "sh"}
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
	r.record(nil, "/bin/sh", "-c", "echo started").expectStatus(125)
	r.expectMessage("run.rec")
	if r.stdout != "" {
		t.Errorf("the target ran: %q", r.stdout)
	}
}
