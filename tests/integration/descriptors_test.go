package integration

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestRelayHoldsNothingThatWasInherited: whoever reads from a pipe that gctide inherited, under whatever number, must see
// its end when gctide and the target have ended, although the relay may live on for a daemon.
func TestRelayHoldsNothingThatWasInherited(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("other shells cannot open a descriptor above 9: " + err.Error())
	}
	r := newRun(t)
	r.prefix = []string{bash, "-c", `exec 1500</dev/null 7</dev/null; exec "$@"`, "bash"}
	r.start(append([]string{built.gctide}, recordArgs(nil, []string{"/bin/sh", "-c", "echo ready; sleep 1"})...)...)
	waitFor(t, "the target", func() bool { return strings.Contains(r.read("stdout"), "ready") })
	time.Sleep(100 * time.Millisecond) // the relay was started before, and has its name by now
	relay := relayOf(t, r.cmd.Process.Pid)
	var held []os.DirEntry
	for i := 0; i < 40 && len(held) != 3; i++ { // the pipe, the socket and the user's stderr
		time.Sleep(10 * time.Millisecond)
		held, _ = os.ReadDir(fmt.Sprintf("/proc/%d/fd", relay))
	}
	if len(held) != 3 {
		t.Errorf("the relay holds %v", held)
	}
	r.wait().expectStatus(0)
}
