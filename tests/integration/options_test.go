package integration

import "testing"

// TestSignalDispositionsAreInherited compares what the target ignores and blocks with what it would have
// without gctide, under nohup and its like.
func TestSignalDispositionsAreInherited(t *testing.T) {
	for name, prefix := range map[string][]string{
		"none":       nil,
		"PIPE HUP":   {"/bin/sh", "-c", `trap "" PIPE HUP; exec "$@"`, "sh"},
		"background": {"/bin/sh", "-c", `trap "" XFSZ INT QUIT; exec "$@"`, "sh"},
		"users":      {"/bin/sh", "-c", `trap "" TERM USR1 USR2 WINCH; exec "$@"`, "sh"},
		"CHLD":       {"env", "--ignore-signal=CHLD"}, // which shells keep for themselves
		"PIPE":       {"env", "--ignore-signal=PIPE"},
	} {
		name, prefix := name, prefix
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			look := []string{"grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"}
			r := newRun(t)
			r.prefix = prefix
			r.start(look...)
			want := r.wait().stdout
			if r.status != 0 {
				t.Skip(r.stderr)
			}
			r.record(nil, look...).expectStatus(0)
			if r.stdout != want {
				t.Errorf("the target has\n%s, without gctide\n%s", r.stdout, want)
			}
		})
	}
}
